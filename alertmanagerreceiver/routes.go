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

	"github.com/alert24/otelcol-alert24/internal/inprocess"
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
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		if r, ok := a.admit(r.Context(), w, r); ok {
			h.answer(w, r, errPath)
		}
	})
	return mux
}

// webhooks notes how each webhook arrived before it checks credentials, because any check may take time.
func (h *handler) webhooks(a *authenticator) http.HandlerFunc {
	route := attribute.String("http.route", h.path)
	return func(w http.ResponseWriter, r *http.Request) {
		ctx := inprocess.Arrived(r.Context())
		d := h.arrive(peer(ctx))
		if r, ok := a.admit(ctx, w, r); ok {
			nameRoute(r, route)
			h.serve(w, r, &d) //nolint:contextcheck // the request holds it
		}
	}
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

// admit checks the credentials of a request, and answers it if they are not good. Otherwise it returns the request with a context in
// which the caller is known.
func (a *authenticator) admit(ctx context.Context, w http.ResponseWriter, r *http.Request) (*http.Request, bool) {
	if a == nil {
		return r.WithContext(ctx), true
	}
	sources := r.Header
	if len(a.parameters) > 0 {
		query := r.URL.Query()
		sources = sources.Clone()
		for _, name := range a.parameters {
			if values, ok := query[name]; ok {
				sources[name] = values
			}
		}
	}
	ctx, err := a.server.Authenticate(ctx, sources)
	if err != nil {
		a.refuse(w, r, err.Error(), http.StatusUnauthorized)
		return nil, false
	}
	return r.WithContext(ctx), true
}

// nameRoute adds the route to the server's span and metrics. The collector's server would read it from the request, but with authentication
// it sees a different copy of the request.
func nameRoute(r *http.Request, route attribute.KeyValue) {
	if span := trace.SpanFromContext(r.Context()); span.IsRecording() {
		span.SetName(r.Method + " " + route.Value.AsString())
		span.SetAttributes(route)
	}
	if labeler, ok := otelhttp.LabelerFromContext(r.Context()); ok {
		labeler.Add(route)
	}
}

// continueTrace returns the request's context in the trace of its W3C traceparent header. The collector's server reads the header only
// with service::telemetry::traces::propagators, which is rarely set. continueTrace runs after authentication, so that strangers cannot
// choose a trace.
func continueTrace(r *http.Request) context.Context {
	local := r.Context()
	if r.Header.Get("Traceparent") == "" {
		return local
	}
	remote := propagation.TraceContext{}.Extract(local, propagation.HeaderCarrier(r.Header))
	if trace.SpanContextFromContext(remote).TraceID() == trace.SpanContextFromContext(local).TraceID() {
		return local
	}
	return remote
}
