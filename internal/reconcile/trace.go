// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package reconcile

import (
	"context"
	"sync"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/alert24/otelcol-alert24/internal/protocol"
)

// maxLinks bounds the webhooks to which one call's span links.
const maxLinks = 16

// origins remembers for each alias the spans of the webhooks behind its next call. It forgets them with that call, or when the alias
// needs none. So it holds at most the aliases that wait.
type origins struct {
	mu    sync.Mutex
	spans map[string][]trace.SpanContext
}

func (o *origins) add(sc trace.SpanContext, aliases []string) {
	if !sc.IsSampled() {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, a := range aliases {
		if len(o.spans[a]) < maxLinks {
			o.spans[a] = append(o.spans[a], sc)
		}
	}
}

func (o *origins) take(alias string) []trace.SpanContext {
	o.mu.Lock()
	defer o.mu.Unlock()
	spans := o.spans[alias]
	delete(o.spans, alias)
	return spans
}

// startSpan continues the trace of the latest webhook behind the call, and links to the others.
func (r *Reconciler) startSpan(ctx context.Context, alias string, c protocol.Call) (context.Context, trace.Span) {
	pushes := r.origins.take(alias)
	var links []trace.Link
	if n := len(pushes); n > 0 {
		ctx = trace.ContextWithRemoteSpanContext(ctx, pushes[n-1])
		for _, sc := range pushes[:n-1] {
			links = append(links, trace.Link{SpanContext: sc})
		}
	}
	ctx, span := r.cfg.Tracer.Start(ctx, "alert24 "+c.Kind.String(), trace.WithLinks(links...), trace.WithAttributes(
		attribute.String("alert24.alias", alias),
	))
	setIncident(span, c.ID)
	return ctx, span
}

func setIncident(span trace.Span, id string) {
	if id != "" {
		span.SetAttributes(attribute.String("alert24.incident.id", id))
	}
}

func endSpan(span trace.Span, a protocol.Answer, err error) {
	setIncident(span, a.Incident.ID)
	span.SetAttributes(attribute.String("alert24.result", a.Result.String()))
	if err != nil {
		span.SetAttributes(attribute.String("error.type", a.Result.String()))
		span.SetStatus(codes.Error, err.Error())
	}
	span.End()
}
