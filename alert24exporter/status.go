// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alert24exporter

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componentstatus"
	"go.opentelemetry.io/collector/config/confighttp"
	"go.opentelemetry.io/collector/config/confighttp/xconfighttp"
	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.uber.org/zap"

	"github.com/alert24/otelcol-alert24/internal/problems"
	"github.com/alert24/otelcol-alert24/internal/statuspage"
)

// newStatusConfig returns the default settings of the page, without an endpoint.
func newStatusConfig() confighttp.ServerConfig {
	c := confighttp.NewDefaultServerConfig()
	c.ReadTimeout = 10 * time.Second
	c.MaxRequestBodySize = 1 << 10 // requests have no bodies
	return c
}

// statusServer serves the page and its API.
type statusServer struct {
	server  *http.Server
	address net.Addr
	serving sync.WaitGroup
}

// statusOn reports whether the page is on.
func (c *Config) statusOn() bool {
	s := c.Status.Get()
	return s != nil && s.NetAddr.Endpoint != ""
}

// startStatus serves the page, if it is on.
func (e *alert24Exporter) startStatus(ctx context.Context, host component.Host) error {
	if !e.cfg.statusOn() {
		return nil
	}
	cfg := *e.cfg.Status.Get()
	listener, err := cfg.ToListener(ctx)
	if err != nil {
		return fmt.Errorf("status::endpoint: %w", problems.CannotListen(cfg.NetAddr.Endpoint, err))
	}
	handler := statuspage.New(&statusSource{alert24Exporter: e}, statuspage.Options{
		AnyHost: cfg.Auth.HasValue() || !loopback(listener.Addr()), Now: time.Now,
	})
	server, err := cfg.ToServer(ctx, host.GetExtensions(), e.set.TelemetrySettings, handler,
		confighttp.WithErrorHandler(unauthorized), xconfighttp.WithOtelHTTPOptions(otelhttp.WithFilter(func(*http.Request) bool { return false })))
	if err != nil {
		return errors.Join(fmt.Errorf("status: %w", err), listener.Close())
	}
	if auth := cfg.Auth.Get(); auth != nil && auth.Config.AuthenticatorID.Type().String() == "bearertokenauth" {
		server.Handler = tokenFromPassword(server.Handler)
	}
	server.ErrorLog = log.New(io.Discard, "", 0) // most are failed handshakes of scanners
	mutual := cfg.TLS.HasValue() && cfg.TLS.Get().ClientCAFile != ""
	if !cfg.Auth.HasValue() && !loopback(listener.Addr()) && !mutual {
		e.set.Logger.Warn("The status page is open to the network and shows alerts to anybody; set status::auth, or status::endpoint to localhost",
			zap.Stringer("address", listener.Addr()))
	}
	s := &statusServer{server: server, address: listener.Addr()}
	s.serving.Go(func() {
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			componentstatus.ReportStatus(host, componentstatus.NewRecoverableErrorEvent(err))
		}
	})
	e.status = s
	e.set.Logger.Info("The status page is served", zap.Stringer("address", listener.Addr()))
	return nil
}

// statusGrace is how long a shutdown waits for requests in progress.
const statusGrace = time.Second

// shutdown ends all requests, so that none reads the ledger or the database afterwards.
func (s *statusServer) shutdown(ctx context.Context) error {
	if s == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, statusGrace)
	defer cancel()
	err := s.server.Shutdown(ctx)
	if err != nil {
		err = s.server.Close()
	}
	s.serving.Wait()
	return err
}

func loopback(a net.Addr) bool {
	tcp, ok := a.(*net.TCPAddr)
	return !ok || tcp.IP.IsLoopback() // a Unix socket has its own permissions
}

// unauthorized writes the answer of the server's own layers. It makes a browser ask for a name and a password.
func unauthorized(w http.ResponseWriter, _ *http.Request, _ string, code int) {
	if code == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", `Basic realm="otelcol-alert24"`)
	}
	w.Header().Set("Cache-Control", "no-store")
	http.Error(w, http.StatusText(code), code)
}

// tokenFromPassword lets a browser send a bearer token: people enter it as the password, with any name.
func tokenFromPassword(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if user, password, ok := r.BasicAuth(); ok {
			r.Header.Set("Authorization", "Bearer "+strings.TrimSpace(cmp.Or(password, user)))
		}
		next.ServeHTTP(w, r)
	})
}
