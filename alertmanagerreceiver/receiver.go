// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alertmanagerreceiver

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componentstatus"
	"go.opentelemetry.io/collector/config/confighttp"
	"go.opentelemetry.io/collector/config/confighttp/xconfighttp"
	"go.opentelemetry.io/collector/config/configoptional"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/receiver"
	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.uber.org/zap"

	"github.com/alert24/otelcol-alert24/internal/problems"
)

// alertmanagerReceiver runs the HTTP server; the handler does the work.
type alertmanagerReceiver struct {
	cfg     *Config
	set     receiver.Settings
	handler *handler
	ready   *readiness

	server   *http.Server
	listener net.Listener
	cancel   context.CancelFunc // ends the contexts of requests in progress
	serving  sync.WaitGroup
	sending  sync.WaitGroup // what sends to the pipeline by itself: the alert about too large webhooks, and the sync
}

func newReceiver(set receiver.Settings, cfg *Config, next consumer.Logs) (*alertmanagerReceiver, error) {
	h, err := newHandler(set, cfg, next)
	if err != nil {
		return nil, err
	}
	return &alertmanagerReceiver{cfg: cfg, set: set, handler: h, ready: &readiness{logger: h.logger}}, nil
}

// Start listens, and serves in the background.
func (r *alertmanagerReceiver) Start(ctx context.Context, host component.Host) error {
	// The first event is an alert, and the second may come hours later: a counter that starts at 1 shows no increase.
	r.handler.telemetry.ReceiverAlertmanagerTruncatedWebhooks.Add(ctx, 0, r.handler.telemetry.own)
	auth, err := newAuthenticator(ctx, &r.cfg.ServerConfig, host, r.handler)
	if err != nil {
		return err
	}
	cfg := r.cfg.ServerConfig
	cfg.Auth = configoptional.None[confighttp.AuthConfig]() // each route checks credentials itself
	server, err := cfg.ToServer(ctx, host.GetExtensions(), r.set.TelemetrySettings, r.handler.routes(r.ready.serve, auth),
		confighttp.WithErrorHandler(r.handler.refuseEarly), xconfighttp.WithOtelHTTPOptions(
			otelhttp.WithFilter(withoutProbes),
			otelhttp.WithServerName(cfg.NetAddr.Endpoint), // else each Host header that a stranger sends becomes a value of an attribute
		))
	if err != nil {
		return err
	}
	if p := r.handler.poller; p != nil {
		client, err := p.cfg.client().ToClient(ctx, host.GetExtensions(), r.set.TelemetrySettings)
		if err != nil {
			return fmt.Errorf("sync: %w", err)
		}
		p.open(client)
	}
	listener, err := r.cfg.ServerConfig.ToListener(ctx)
	if err != nil {
		return fmt.Errorf("endpoint: %w", problems.CannotListen(r.cfg.ServerConfig.NetAddr.Endpoint, err))
	}
	base, cancel := context.WithCancel(context.WithoutCancel(ctx))
	server.BaseContext = func(net.Listener) context.Context { return base }
	server.ErrorLog = serverLog(r.handler.logger)
	r.server, r.listener, r.cancel = server, listener, cancel

	r.warnIfOpen()
	r.set.Logger.Info("Listening for webhooks", zap.Stringer("address", listener.Addr()), zap.String("path", r.cfg.Path))
	r.sending.Go(func() { r.handler.oversize.run(base) })
	r.handler.pauses.Tick(r.handler.now()) // before the first webhook
	r.sending.Go(func() { r.handler.pauses.Watch(base, r.handler.now) })
	if r.handler.poller != nil {
		r.sending.Go(func() { r.handler.poller.run(base) })
	}
	r.serving.Go(func() {
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			componentstatus.ReportStatus(host, componentstatus.NewFatalErrorEvent(err))
		}
	})
	return nil
}

// Shutdown waits for requests in progress, at most for shutdown_timeout: one of them may wait for an exporter that is stopped only
// after this receiver. The senders of interrupted webhooks repeat them.
func (r *alertmanagerReceiver) Shutdown(ctx context.Context) error {
	if r.server == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, r.cfg.ShutdownTimeout)
	defer cancel()
	err := r.server.Shutdown(ctx)
	r.cancel()
	if err != nil {
		r.set.Logger.Warn("Cut off webhooks in progress at shutdown; their senders repeat them", zap.Error(err))
		err = r.server.Close()
	}
	r.serving.Wait()
	sent := make(chan struct{})
	go func() { r.sending.Wait(); close(sent) }()
	select {
	case <-sent:
	case <-ctx.Done(): // the pipeline is stuck
	}
	return err
}

// warnIfOpen warns if anyone on the network can open and close incidents.
func (r *alertmanagerReceiver) warnIfOpen() {
	cfg := &r.cfg.ServerConfig
	mutualTLS := cfg.TLS.HasValue() && cfg.TLS.Get().ClientCAFile != ""
	if cfg.Auth.HasValue() || mutualTLS || r.cfg.HMAC.HasValue() {
		return
	}
	if tcp, ok := r.listener.Addr().(*net.TCPAddr); ok && !tcp.IP.IsLoopback() {
		r.set.Logger.Warn("The endpoint is open to the network and accepts webhooks from anybody; set auth, tls::client_ca_file or hmac",
			zap.Stringer("address", tcp))
	}
}
