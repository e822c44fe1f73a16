// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

// Package sandboxtest starts a sandbox for a test.
package sandboxtest

import (
	"net/http/httptest"
	"testing"

	"github.com/alert24/otelcol-alert24/internal/sandbox"
)

// Sandbox is a sandbox that listens on a free port of the loopback.
type Sandbox struct {
	*sandbox.Server
	// Address is as http://127.0.0.1:12345, without the API's path.
	Address string
	// Endpoint is the API's base URL, as the exporter's setting takes it.
	Endpoint string
	// Key is an API key that it accepts.
	Key string
}

// Start starts a sandbox and ends it with the test. Without Options.Keys it accepts Key, with scope write, and no other.
func Start(tb testing.TB, o sandbox.Options) *Sandbox {
	tb.Helper()
	if o.Keys == nil {
		o.Keys = map[string][]string{sandbox.DemoKey: {"write"}}
	}
	s := sandbox.New(o)
	listener := httptest.NewServer(s)
	// The listener waits for its requests, and those that hang end with the sandbox.
	tb.Cleanup(func() { s.Close(); listener.Close() })
	return &Sandbox{Server: s, Address: listener.URL, Endpoint: listener.URL + sandbox.BasePath, Key: sandbox.DemoKey}
}
