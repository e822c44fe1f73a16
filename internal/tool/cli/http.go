// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"go.opentelemetry.io/collector/config/configtls"
)

// TLS names the files of a connection, from the flags --ca-file, --cert-file and --key-file: the authority's certificates, and a client
// certificate with its key.
type TLS struct{ CA, Cert, Key string }

// Client returns an HTTP client that waits at most patience for an answer.
func (t TLS) Client(ctx context.Context, patience time.Duration) (*http.Client, error) {
	cfg := configtls.NewDefaultClientConfig()
	cfg.CAFile = t.CA
	loaded, err := cfg.LoadTLSConfig(ctx)
	if err != nil {
		return nil, fmt.Errorf("--ca-file needs certificates in PEM: %w", err)
	}
	if t.Cert != "" || t.Key != "" {
		cfg.CertFile, cfg.KeyFile = t.Cert, t.Key
		if loaded, err = cfg.LoadTLSConfig(ctx); err != nil {
			return nil, fmt.Errorf("--cert-file and --key-file need a certificate and its key in PEM: %w", err)
		}
	}
	return &http.Client{
		Timeout:   patience,
		Transport: &http.Transport{Proxy: http.ProxyFromEnvironment, TLSHandshakeTimeout: patience, TLSClientConfig: loaded},
	}, nil
}

// WantsTLS reports whether an answer is that of a Go server with TLS to a request without it.
func WantsTLS(status int, body []byte) bool {
	return status == http.StatusBadRequest && strings.HasPrefix(string(body), "Client sent an HTTP request to an HTTPS server")
}

// CheckURL returns an error if the value of a flag is not the URL of a server.
func CheckURL(flag, value, example string) error {
	if u, err := url.Parse(value); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return Usage("%s must be a URL like %s", flag, example)
	}
	return nil
}

// Secret reads the secret from the file named by a flag; "" if the flag is empty.
func Secret(flag, file string) (string, error) {
	if file == "" {
		return "", nil
	}
	b, err := os.ReadFile(file) //nolint:gosec // the file that the user named
	if err != nil {
		return "", fmt.Errorf("%s: %w", flag, err)
	}
	s, _, _ := strings.Cut(string(b), "\n")
	if s = strings.TrimSpace(s); s == "" {
		return "", fmt.Errorf("%s: %s is empty", flag, file)
	}
	return s, nil
}

// Serve serves until ctx ends or stop is closed. Then running requests may finish within the grace.
func Serve(ctx context.Context, server *http.Server, listener net.Listener, stop <-chan struct{}, grace time.Duration) error {
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	select {
	case err := <-served:
		return err
	case <-ctx.Done():
	case <-stop:
	}
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
	defer cancel()
	if server.Shutdown(end) != nil {
		_ = server.Close()
	}
	if err := <-served; !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
