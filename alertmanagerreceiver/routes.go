// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alertmanagerreceiver

import (
	"context"
	"net/http"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
)

// routes returns the paths of the receiver.
func (h *handler) routes() http.Handler {
	pattern := h.path
	if pattern == "/" {
		pattern = "/{$}" // and nothing below it
	}
	mux := http.NewServeMux()
	mux.Handle(pattern, named(h.path, h))
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { h.answer(w, r, errPath) })
	return mux
}

// named gives the route to the server's span and metrics. The collector's server reads it from the request, but sees another
// copy of that with authentication.
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

// continueTrace returns the request's context in the trace of its W3C traceparent header. The collector's server reads the
// header only if service::telemetry::traces::propagators says so, which hardly anybody sets. This happens after
// authentication: strangers choose no trace.
func continueTrace(r *http.Request) context.Context {
	local := r.Context()
	remote := propagation.TraceContext{}.Extract(local, propagation.HeaderCarrier(r.Header))
	if trace.SpanContextFromContext(remote).TraceID() == trace.SpanContextFromContext(local).TraceID() {
		return local
	}
	return remote
}
