// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

// Package sandboxcmd is the command sandbox: a local Alert24 for tests and demos, with the incidents API, faults on demand, and a
// page that shows the incidents live. It keeps its state in memory and is not a product.
package sandboxcmd

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/alert24/otelcol-alert24/internal/sandbox"
	"github.com/alert24/otelcol-alert24/internal/tool/cli"
)

// Limits of the HTTP server. Deliberately late answers and live pages extend them.
const (
	readTimeout     = 30 * time.Second
	writeTimeout    = 60 * time.Second
	idleTimeout     = 2 * time.Minute
	shutdownTimeout = 5 * time.Second
)

func serve(ctx context.Context, f *flags, stdout, stderr io.Writer) error {
	f.options.Switches = func(sw *sandbox.Switches) { *sw = f.switches }
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", f.listen)
	if err != nil {
		return err
	}
	f.options.AnyHost = !loopback(listener.Addr())
	s := sandbox.New(f.options)
	defer s.Close()
	s.SetServices(f.services...)
	address := "http://" + listener.Addr().String()
	server := &http.Server{
		Handler: s, ReadHeaderTimeout: readTimeout, ReadTimeout: readTimeout, WriteTimeout: writeTimeout, IdleTimeout: idleTimeout,
	}
	server.RegisterOnShutdown(s.Close) // deliberately hanging requests and live pages would delay the shutdown
	announce(f, s, listener.Addr(), address, stdout, stderr)
	return cli.Serve(ctx, server, listener, nil, shutdownTimeout)
}

func announce(f *flags, s *sandbox.Server, addr net.Addr, address string, stdout, stderr io.Writer) {
	_, _ = fmt.Fprintf(stdout, "listening on %s\n", address)
	_, _ = fmt.Fprintf(stdout, "page %s/ api %s%s seed %d\n", address, address, sandbox.BasePath, s.Seed())
	if f.demoKey {
		_, _ = fmt.Fprintf(stdout, "api key %s\n", sandbox.DemoKey)
	}
	if !loopback(addr) {
		_, _ = fmt.Fprintln(stderr, "alert24tool sandbox: others on the network can reach this address, and /_sandbox/ needs no key")
	}
}

func loopback(addr net.Addr) bool {
	tcp, ok := addr.(*net.TCPAddr)
	return !ok || tcp.IP.IsLoopback()
}
