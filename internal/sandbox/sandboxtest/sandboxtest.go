// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

// Package sandboxtest starts a sandbox for a test.
package sandboxtest

import (
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/alert24/otelcol-alert24/internal/sandbox"
)

// Sandbox is a sandbox that listens on a free port of the loopback.
type Sandbox struct {
	*sandbox.Server
	// Address is the base address without the API's path, as http://127.0.0.1:12345.
	Address string
	// Endpoint is the API's base URL for the exporter's setting.
	Endpoint string
	// Key is an API key that the sandbox accepts.
	Key string
}

// newServer returns a sandbox. Without Options.Keys it accepts only DemoKey, with scope write.
func newServer(o sandbox.Options) *sandbox.Server {
	if o.Keys == nil {
		o.Keys = map[string][]string{sandbox.DemoKey: {"write"}}
	}
	return sandbox.New(o)
}

// Open starts a sandbox, and returns what ends it. Without Options.Keys it accepts only Key, with scope write.
func Open(o sandbox.Options) (s *Sandbox, end func()) {
	server := newServer(o)
	listener := httptest.NewServer(server)
	// The listener waits for its requests, and hanging requests end only with the sandbox.
	end = func() { server.Close(); listener.Close() }
	return &Sandbox{Server: server, Address: listener.URL, Endpoint: listener.URL + sandbox.BasePath, Key: sandbox.DemoKey}, end
}

// Start is Open until the test ends.
func Start(tb testing.TB, o sandbox.Options) *Sandbox {
	tb.Helper()
	s, end := Open(o)
	tb.Cleanup(end)
	return s
}

// StartInMemory is Start without a network: the client reaches the sandbox through pipes. It works in a bubble of testing/synctest,
// where delays, late commits and timeouts take no real time.
func StartInMemory(tb testing.TB, o sandbox.Options) (*Sandbox, *http.Client) {
	tb.Helper()
	s := newServer(o)
	pipes := NewPipes()
	server := &http.Server{Handler: s} //nolint:gosec // timeouts protect from strangers, and a pipe has none
	var serving sync.WaitGroup
	serving.Go(func() { _ = server.Serve(pipes) })
	transport := &http.Transport{DialContext: pipes.Dial}
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
