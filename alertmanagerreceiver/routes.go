// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alertmanagerreceiver

import (
	"context"
	"fmt"
	"net/http"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/config/confighttp"
	"go.opentelemetry.io/collector/extension/extensionauth"
	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"github.com/alert24/otelcol-alert24/internal/arrival"
)

// routes returns the paths of the receiver. All paths except readiness require the credentials that a checks; a nil a checks none.
func (h *handler) routes(ready http.HandlerFunc, a *authenticator) http.Handler {
	pattern := h.path
	if pattern == "/" {
		pattern = "/{$}" // only this path
	}
	mux := http.NewServeMux()
	mux.Handle(pattern, h.webhooks(a))
	mux.HandleFunc(readyPath, ready)
	mux.Handle("/", a.protect(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { h.answer(w, r, errPath) })))
	return mux
}

// deliveryKey is the key of a webhook.Delivery in a context.
type deliveryKey struct{}

// webhooks notes how each webhook arrived before it checks credentials, because any check may take time.
func (h *handler) webhooks(a *authenticator) http.Handler {
	next := a.protect(named(h.path, http.HandlerFunc(h.serve)))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx := arrival.Now(r.Context())
		next.ServeHTTP(w, r.WithContext(context.WithValue(ctx, deliveryKey{}, h.arrive(peer(ctx)))))
	})
}

// withoutProbes excludes readiness from the server's spans and metrics.
func withoutProbes(r *http.Request) bool { return r.URL.Path != readyPath }

// authenticator checks credentials as the collector's server does, but not on all paths, because probes have none.
type authenticator struct {
	server     extensionauth.Server
	parameters []string // query parameters that count as headers
	refuse     func(w http.ResponseWriter, r *http.Request, message string, status int)
}

// newAuthenticator returns nil if auth is not configured.
func newAuthenticator(ctx context.Context, c *confighttp.ServerConfig, host component.Host, h *handler) (*authenticator, error) {
	if !c.Auth.HasValue() {
		return nil, nil //nolint:nilnil // nil lets everybody in
	}
	auth := c.Auth.Get()
	server, err := auth.Config.GetServerAuthenticator(ctx, host.GetExtensions())
	if err != nil {
		return nil, fmt.Errorf("auth: %w", err)
	}
	return &authenticator{server: server, parameters: auth.RequestParameters, refuse: h.refuseEarly}, nil
}

func (a *authenticator) protect(next http.Handler) http.Handler {
	if a == nil {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		sources := r.Header
		if query := r.URL.Query(); len(a.parameters) > 0 {
			sources = sources.Clone()
			for _, name := range a.parameters {
				if values, ok := query[name]; ok {
					sources[name] = values
				}
			}
		}
		ctx, err := a.server.Authenticate(r.Context(), sources)
		if err != nil {
			a.refuse(w, r, err.Error(), http.StatusUnauthorized)
			return
		}
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

// named adds the route to the server's span and metrics. The collector's server would read it from the request, but with authentication
// it sees a different copy of the request.
func named(route string, next http.Handler) http.Handler {
	attr := attribute.String("http.route", route)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		span := trace.SpanFromContext(r.Context())
		span.SetName(r.Method + " " + route)
		span.SetAttributes(attr)
		if labeler, ok := otelhttp.LabelerFromContext(r.Context()); ok {
			labeler.Add(attr)
		}
		next.ServeHTTP(w, r)
	})
}

// continueTrace returns the request's context in the trace of its W3C traceparent header. The collector's server reads the header only
// with service::telemetry::traces::propagators, which is rarely set. continueTrace runs after authentication, so that strangers cannot
// choose a trace.
func continueTrace(r *http.Request) context.Context {
	local := r.Context()
	remote := propagation.TraceContext{}.Extract(local, propagation.HeaderCarrier(r.Header))
	if trace.SpanContextFromContext(remote).TraceID() == trace.SpanContextFromContext(local).TraceID() {
		return local
	}
	return remote
}
