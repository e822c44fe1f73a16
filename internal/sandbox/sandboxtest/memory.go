// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package sandboxtest

import (
	"context"
	"net"
	"net/http"
	"sync"
	"testing"

	"github.com/alert24/otelcol-alert24/internal/sandbox"
)

// StartInMemory is Start without a network: the client reaches the sandbox through pipes. It works inside a bubble of
// testing/synctest, where delays, late commits and timeouts then cost no time.
func StartInMemory(tb testing.TB, o sandbox.Options) (*Sandbox, *http.Client) {
	tb.Helper()
	if o.Keys == nil {
		o.Keys = map[string][]string{sandbox.DemoKey: {"write"}}
	}
	s := sandbox.New(o)
	pipes := &pipeListener{accept: make(chan net.Conn), closed: make(chan struct{})}
	server := &http.Server{Handler: s} //nolint:gosec // timeouts protect from strangers, and a pipe has none
	var serving sync.WaitGroup
	serving.Go(func() { _ = server.Serve(pipes) })
	transport := &http.Transport{DialContext: pipes.dial}
	tb.Cleanup(func() {
		s.Close()
		transport.CloseIdleConnections()
		_ = server.Close()
		serving.Wait()
	})
	address := "http://sandbox.invalid"
	return &Sandbox{Server: s, Address: address, Endpoint: address + sandbox.BasePath, Key: sandbox.DemoKey},
		&http.Client{Transport: transport}
}

// pipeListener accepts the far ends of pipes.
type pipeListener struct {
	accept chan net.Conn
	once   sync.Once
	closed chan struct{}
}

func (l *pipeListener) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	near, far := net.Pipe()
	select {
	case l.accept <- far:
		return near, nil
	case <-l.closed:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (l *pipeListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.accept:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *pipeListener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}

func (l *pipeListener) Addr() net.Addr { return pipeAddr{} }

type pipeAddr struct{}

func (pipeAddr) Network() string { return "pipe" }
func (pipeAddr) String() string  { return "pipe" }
