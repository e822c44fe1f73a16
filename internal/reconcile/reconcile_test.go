// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package reconcile

import (
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"github.com/alert24/otelcol-alert24/internal/incident"
	"github.com/alert24/otelcol-alert24/internal/protocol"
)

func TestShutdownEndsWhileTheAPIHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, options{fates: always("", "", hangs), cfg: audits(time.Second)})
		for i := range 50 {
			w.fire(fmt.Sprint("alias-", i), incident.High, "fires")
			w.resolve(fmt.Sprint("unknown-", i))
		}
		pass(3 * time.Second)
		began := time.Now()
		w.loop.Shutdown()
		assert.Equal(t, 2*time.Second, time.Since(began))
		var doubts, inflight int
		for _, a := range w.ledger.Aliases() {
			if e := w.ledger.Get(a); e.Incident.State != protocol.Unknown && e.Doubt.Set {
				doubts++
			} else if e.Inflight().Kind != protocol.NoCall {
				inflight++
			}
		}
		assert.Equal(t, 8, doubts, "what was on the wire is in doubt")
		assert.Zero(t, inflight)
		assert.Less(t, w.atOnce(), 9)
		n := len(w.requests("", ""))
		w.loop.Notify(w.t.Context(), alias)
		pass(time.Hour)
		assert.Len(t, w.requests("", ""), n, "nothing goes on")
	})
}

func TestShutdownWithoutAnythingToDoIsQuick(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, options{cfg: audits(time.Minute)})
		w.fire(alias, incident.High, "fires")
		pass(time.Hour)
		began := time.Now()
		w.loop.Shutdown()
		assert.Zero(t, time.Since(began))
		assert.Len(t, w.open(alias), 1)
	})
}

func TestShutdownEndsWhileTheStorageFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, options{})
		w.fire(alias, incident.High, "fires")
		pass(rtt / 2)
		w.ledger.fail(errors.New("disk full"))
		pass(rtt)
		assert.NotEmpty(t, w.seen.now().storage, "the answer could not be stored")
		w.fire("another", incident.High, "fires")
		pass(10 * time.Second)
		began := time.Now()
		w.loop.Shutdown()
		assert.LessOrEqual(t, time.Since(began), time.Second)
		assert.Equal(t, protocol.Create, w.ledger.Get(alias).Inflight().Kind, "the next start knows of it")
	})
}

func TestStartWorksOnWhatTheLedgerHas(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, options{})
		w.loop.Shutdown()
		for i := range 20 {
			w.ledger.apply(firing(fmt.Sprint("low-", i), incident.Low, "fires"))
		}
		w.ledger.apply(firing("worst", incident.Critical, "fires"))
		w.loop = New(w.loop.cfg, w.ledger, w.fakeManager, w.gate, w.seen)
		w.loop.Start()
		pass(time.Second)
		w.loop.Shutdown()
		assert.Len(t, w.requests(opCreate, ""), 21)
	})
}

func TestAfterAnOutageOnlyWhatStillFiresIsOpenedCriticalFirst(t *testing.T) {
	inWorld(t, options{rate: 1, cfg: func(c *Config) { c.Workers = 1 }}, func(w *world) {
		w.loop.gate.deny(30 * time.Second)
		for i := range 20 {
			w.fire(fmt.Sprint("low-", i), incident.Low, "low")
		}
		w.fire("over", incident.Critical, "came and went")
		w.fire("critical", incident.Critical, "burns")
		w.resolve("over")
		pass(2 * time.Minute)
		creates := w.requests(opCreate, "")
		require.Len(t, creates, 21)
		first := []string{creates[0].alias, creates[1].alias} // there are two workers, and they leave at once
		assert.Contains(t, first, "critical")
		assert.Empty(t, w.requests("", "over"), "what came and went is not paged")
	})
}

func TestACallContinuesTheTraceOfItsWebhook(t *testing.T) {
	spans := tracetest.NewInMemoryExporter()
	tracer := sdktrace.NewTracerProvider(sdktrace.WithSyncer(spans)).Tracer("test")
	inWorld(t, options{cfg: func(c *Config) { c.Tracer = tracer }}, func(w *world) {
		var webhooks []trace.SpanContext
		for i := range 3 {
			ctx, span := tracer.Start(w.t.Context(), "webhook")
			// The first call is under way while the others wait.
			w.ledger.apply(firing(alias, incident.High, fmt.Sprint("text ", i)))
			w.loop.Notify(ctx, alias)
			span.End()
			synctest.Wait()
			webhooks = append(webhooks, span.SpanContext())
		}
		pass(time.Minute)
		var calls []tracetest.SpanStub
		for _, s := range spans.GetSpans() {
			if s.Name != "webhook" {
				calls = append(calls, s)
			}
		}
		require.Len(t, calls, 2)
		assert.Equal(t, "alert24 create", calls[0].Name)
		assert.Equal(t, webhooks[0].SpanID(), calls[0].Parent.SpanID())
		assert.Equal(t, "alert24 update", calls[1].Name)
		assert.Equal(t, webhooks[2].TraceID(), calls[1].SpanContext.TraceID())
		require.Len(t, calls[1].Links, 1)
		assert.Equal(t, webhooks[1].SpanID(), calls[1].Links[0].SpanContext.SpanID())
		for _, call := range calls {
			assert.Contains(t, call.Attributes, attribute.String("alert24.incident.id", w.open(alias)[0].ID))
			assert.Contains(t, call.Attributes, attribute.String("alert24.result", "done"))
		}
	})
}
