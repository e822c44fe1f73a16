// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package check_test

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/alert24/otelcol-alert24/internal/certtest"
	"github.com/alert24/otelcol-alert24/internal/check"
	"github.com/alert24/otelcol-alert24/internal/sandbox"
	"github.com/alert24/otelcol-alert24/internal/sleep"
)

// TestReach uses real connections.
func TestReach(t *testing.T) {
	dir := t.TempDir()
	authority := certtest.New(t, dir)
	identity := authority.Issue(t, dir, "api") // valid for an hour
	api := sandbox.New(sandbox.Options{})
	secure := httptest.NewUnstartedServer(api)
	secure.TLS = &tls.Config{Certificates: []tls.Certificate{identity.Pair}, MinVersion: tls.VersionTLS12}
	secure.Config.ErrorLog = log.New(io.Discard, "", 0)
	secure.StartTLS()
	plain := httptest.NewServer(api)
	defer func() { api.Close(); secure.Close(); plain.Close() }()
	trusting, strange := authority.Client(), certtest.New(t, t.TempDir()).Client()
	for name, tt := range map[string]struct {
		change           func(*check.Options)
		point, behaviour string
		seen, setting    string // parts
	}{
		"a good certificate": {
			change: func(o *check.Options) { o.Now = func() time.Time { return time.Now().AddDate(0, -1, 0) } },
			point:  "tls", behaviour: "encrypted", seen: "TLS 1.3, certificate until ",
		},
		"one that ends":      {func(*check.Options) {}, "tls", "ends_soon", "TLS 1.3", "must renew the certificate"},
		"an unknown one":     {func(o *check.Options) { o.HTTP = strange }, "reachability", "no_answer", "unknown authority", "tls: give ca_file"},
		"no TLS there":       {func(o *check.Options) { o.Endpoint = "https" + plain.URL[4:] }, "reachability", "no_answer", "", "does not speak TLS"},
		"nobody listens":     {func(o *check.Options) { o.Endpoint = "https://127.0.0.1:1" }, "reachability", "no_answer", "connection refused", "endpoint, or proxy_url"},
		"no such host":       {func(o *check.Options) { o.Endpoint = "https://alert24.invalid" }, "reachability", "no_answer", "", "endpoint: its host has no address"},
		"nothing comes":      {func(o *check.Options) { o.Timeout = time.Nanosecond }, "reachability", "no_answer", "deadline exceeded", "timeout: nothing came in time"},
		"a secret in errors": {func(o *check.Options) { o.Endpoint = "https://ak_live_0123@127.0.0.1:1" }, "reachability", "no_answer", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			o := &check.Options{
				HTTP: trusting, Endpoint: secure.URL + sandbox.BasePath, Key: "ak_x", Timeout: 5 * time.Second, Alias: alias, Severity: "low",
				Confirm: func(context.Context) error { return errors.New("enough") }, Now: time.Now, Sleep: sleep.For,
			}
			tt.change(o)
			report := check.Run(t.Context(), o)
			var found check.Finding
			for _, f := range report.Findings {
				if f.Point == tt.point {
					found = f
				}
			}
			require.Equal(t, tt.behaviour, found.Behaviour, found)
			assert.Contains(t, found.Seen, tt.seen)
			assert.Contains(t, found.Change, tt.setting)
			assert.NotContains(t, found.Seen+found.Change, "ak_live_0123")
		})
	}
}
