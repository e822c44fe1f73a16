// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package pgtest

import (
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Proxy is a network between a client and the server that can fail.
type Proxy struct {
	upstream string
	listener net.Listener

	mu     sync.Mutex
	moved  *sync.Cond
	state  Fault
	closed bool
	asks   bool // the last bytes went to the server
	trips  int
	conns  map[net.Conn]struct{}
	work   sync.WaitGroup
}

// Fault is the way in which a Proxy fails.
type Fault struct {
	// HangToServer and HangToClient hold all bytes in one direction back until the fault ends.
	HangToServer, HangToClient bool
	// Refuse closes new connections at once.
	Refuse bool
	// CarryToServer is how many bytes go to the server before HangToServer begins; 0: it does not begin by itself.
	CarryToServer int
	// Slow is a pause after every 64 KiB to the client.
	Slow time.Duration
}

// NewProxy starts a Proxy in front of an address.
func NewProxy(tb testing.TB, upstream string) *Proxy {
	tb.Helper()
	var lc net.ListenConfig
	listener, err := lc.Listen(tb.Context(), "tcp", "127.0.0.1:0")
	require.NoError(tb, err)
	p := &Proxy{upstream: upstream, listener: listener, conns: map[net.Conn]struct{}{}}
	p.moved = sync.NewCond(&p.mu)
	p.work.Go(p.accept)
	tb.Cleanup(p.close)
	return p
}

// Address returns the address at which the proxy listens.
func (p *Proxy) Address() string { return p.listener.Addr().String() }

// Trips counts, over all connections, how often bytes to the server followed bytes from the server.
func (p *Proxy) Trips() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.trips
}

// Set begins a fault. Fault{} ends the former one.
func (p *Proxy) Set(f Fault) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.state = f
	p.moved.Broadcast()
}

// Cut closes all connections.
func (p *Proxy) Cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for c := range p.conns {
		_ = c.Close()
	}
	p.moved.Broadcast()
}

func (p *Proxy) close() {
	_ = p.listener.Close()
	p.mu.Lock()
	p.closed = true
	p.mu.Unlock()
	p.Cut()
	p.work.Wait()
}

func (p *Proxy) accept() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		p.mu.Lock()
		refuse := p.state.Refuse
		p.mu.Unlock()
		if refuse {
			_ = client.Close()
			continue
		}
		p.work.Go(func() { p.serve(client) })
	}
}

func (p *Proxy) serve(client net.Conn) {
	server, err := net.Dial("tcp", p.upstream) //nolint:noctx // on this machine
	if err != nil {
		_ = client.Close()
		return
	}
	p.keep(client, server)
	defer p.drop(client, server)
	var both sync.WaitGroup
	both.Go(func() { p.copy(server, client, true, func(f Fault) bool { return f.HangToServer }) })
	both.Go(func() { p.copy(client, server, false, func(f Fault) bool { return f.HangToClient }) })
	both.Wait()
}

func (p *Proxy) keep(conns ...net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range conns {
		p.conns[c] = struct{}{}
		if p.closed {
			_ = c.Close()
		}
	}
}

func (p *Proxy) drop(conns ...net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range conns {
		delete(p.conns, c)
		_ = c.Close()
	}
}

// copy moves bytes in one direction unless a fault holds them back. When one direction ends, the other ends, too.
func (p *Proxy) copy(to io.WriteCloser, from io.ReadCloser, asks bool, held func(Fault) bool) {
	defer to.Close()
	defer from.Close()
	buffer := make([]byte, 64<<10)
	for {
		n, err := from.Read(buffer)
		p.mu.Lock()
		if asks && p.state.CarryToServer > 0 {
			p.state.CarryToServer -= n
			p.state.HangToServer = p.state.HangToServer || p.state.CarryToServer <= 0
		}
		for held(p.state) && !p.closed {
			p.moved.Wait()
		}
		if asks && !p.asks {
			p.trips++
		}
		p.asks = asks
		pause := p.state.Slow
		if asks {
			pause = 0
		}
		p.mu.Unlock()
		time.Sleep(pause * time.Duration(n) / time.Duration(len(buffer)))
		if n > 0 {
			if _, err := to.Write(buffer[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}
