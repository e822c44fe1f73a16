// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package reconcile

import (
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"github.com/alert24/otelcol-alert24/internal/alert24"
	"github.com/alert24/otelcol-alert24/internal/incident"
	"github.com/alert24/otelcol-alert24/internal/labels"
	"github.com/alert24/otelcol-alert24/internal/ledger"
	"github.com/alert24/otelcol-alert24/internal/sandbox"
	"github.com/alert24/otelcol-alert24/internal/sandbox/fault"
)

func TestIncidentOpensUpdatesAndCloses(t *testing.T) {
	inWorld(t, options{}, func(w *world) {
		w.fire(alias, incident.High, "first")
		open := w.Open(alias)
		require.Len(t, open, 1)
		assert.Equal(t, "first", open[0].Title)
		assert.Equal(t, "high", open[0].Severity)
		assert.Equal(t, "prometheus", open[0].Source)
		assert.Equal(t, incident.AliasTag(alias), open[0].Tags[0])

		w.fire(alias, incident.High, "second")
		require.Len(t, w.Open(alias), 1)
		assert.Equal(t, open[0].ID, w.Open(alias)[0].ID)
		assert.Equal(t, "second", w.Open(alias)[0].Title)

		w.pass(5 * time.Minute)
		end := time.Now().Add(-30 * time.Second)
		w.resolve(alias, incident.High, end)
		assert.Empty(t, w.Open(alias))
		all := w.Incidents()
		require.Len(t, all, 1)
		assert.WithinDuration(t, end, all[0].ResolvedAt, time.Millisecond)
		assert.Equal(t, []ledger.Lesson{ledger.Opened, ledger.Updated, ledger.ClosedIt}, w.seen.lessons)
	})
}

func TestRepeatsCostNothingUntilRefresh(t *testing.T) {
	inWorld(t, options{}, func(w *world) {
		w.fire(alias, incident.High, "same")
		before := w.requests()
		for range 50 {
			w.pass(time.Minute)
			w.fire(alias, incident.High, "same")
		}
		assert.Equal(t, before, w.requests())

		require.NoError(t, w.PersonResolves(w.Open(alias)[0].ID))
		w.pass(11 * time.Minute)
		w.fire(alias, incident.High, "same")
		assert.Len(t, w.Open(alias), 1, "what a person closed while it fires comes back at the repeat after refresh_interval")
		assert.Equal(t, 2, w.creates())
	})
}

func TestReopenNever(t *testing.T) {
	inWorld(t, options{policy: func(p *ledger.Policy) { p.ReopenNever = true }}, func(w *world) {
		w.fire(alias, incident.High, "same")
		require.NoError(t, w.PersonResolves(w.Open(alias)[0].ID))
		w.pass(2 * time.Hour)
		w.fire(alias, incident.High, "same")
		assert.Empty(t, w.Open(alias))
		w.resolve(alias, incident.High, time.Now())
		w.pass(time.Minute)
		w.fire(alias, incident.High, "again")
		assert.Len(t, w.Open(alias), 1, "the next episode is a new incident")
	})
}

func TestCreateWhoseAnswerIsLost(t *testing.T) {
	for name, f := range map[string]sandbox.Fault{
		"carried out, connection cut":    {Drop: true, Commit: true},
		"not carried out, cut":           {Drop: true},
		"carried out, then 500":          {Status: http.StatusInternalServerError, Commit: true},
		"not carried out, HTML 502":      {Status: http.StatusBadGateway, Body: fault.HTML},
		"carried out late":               {Hang: true, CommitLate: 14 * time.Second},
		"carried out, body cut":          {Body: fault.Cut},
		"carried out, body is HTML":      {Body: fault.HTML},
		"carried out, body is empty":     {Body: fault.Empty},
		"certainly not, 429 with a wait": {Status: http.StatusTooManyRequests, RetryAfter: 30 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, options{}, func(w *world) {
				f.Times, f.Match.Operation = 1, fault.Create
				w.fault(f)
				w.fire(alias, incident.Critical, "fires")
				w.pass(2 * time.Minute)
				require.Len(t, w.Open(alias), 1)
				assert.Equal(t, 1, w.creates(), "one episode, one incident")
				w.resolve(alias, incident.Critical, time.Now())
				w.pass(2 * time.Minute)
				assert.Empty(t, w.Open(alias))
				assert.Equal(t, 1, w.creates())
			})
		})
	}
}

// The first create is not answered, the second is, the alert resolves, and then the first is carried out.
func TestCloseWaitsForACreateThatMayStillBeCarriedOut(t *testing.T) {
	inWorld(t, options{}, func(w *world) {
		w.fault(sandbox.Fault{Match: sandbox.Match{Operation: fault.Create}, Hang: true, CommitLate: 14 * time.Second, Times: 1})
		w.fire(alias, incident.Critical, "fires")
		w.pass(12 * time.Second)
		require.Equal(t, 1, w.creates(), "the second try is answered")
		w.resolve(alias, incident.Critical, time.Now())
		require.Len(t, w.Open(alias), 1, "closed now, the late create would make another")
		w.pass(time.Minute)
		assert.Empty(t, w.Open(alias))
		assert.Equal(t, 1, w.creates())
		stats := w.Stats()
		assert.Equal(t, 1, stats.LateCommits, "it did happen")
	})
}

func TestAnswerArrivesAfterAResolveWasApplied(t *testing.T) {
	inWorld(t, options{}, func(w *world) {
		w.fault(sandbox.Fault{Match: sandbox.Match{Operation: fault.Create}, Delay: time.Second})
		w.fire(alias, incident.Critical, "fires")
		end := time.Now()
		w.resolve(alias, incident.Critical, end)
		w.pass(2 * time.Second)
		assert.Empty(t, w.Open(alias))
		require.Len(t, w.Incidents(), 1)
		assert.Equal(t, "resolved", w.Incidents()[0].Status)
	})
}

func TestCloseWhoseAnswerIsLost(t *testing.T) {
	for name, f := range map[string]sandbox.Fault{
		"carried out, cut":     {Drop: true, Commit: true},
		"not carried out, cut": {Drop: true},
		"carried out late":     {Hang: true, CommitLate: 14 * time.Second},
	} {
		for _, again := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, fires again %v", name, again), func(t *testing.T) {
				inWorld(t, options{}, func(w *world) {
					w.fire(alias, incident.Critical, "fires")
					f.Times, f.Match.Operation = 1, fault.Resolve
					w.fault(f)
					w.resolve(alias, incident.Critical, time.Now())
					want := 0
					if again {
						w.fire(alias, incident.Critical, "fires again")
						want = 1
					}
					w.pass(2 * time.Minute)
					require.Len(t, w.Open(alias), want)
					assert.LessOrEqual(t, w.creates(), 1+want)
				})
			})
		}
	}
}

func TestFirstResolveOfTwoClosesNothing(t *testing.T) {
	inWorld(t, options{}, func(w *world) {
		w.fire(alias, incident.High, "warning")
		w.fire(alias, incident.Critical, "critical")
		require.Len(t, w.Open(alias), 1)
		assert.Equal(t, "critical", w.Open(alias)[0].Severity)
		assert.Equal(t, "critical (+1)", w.Open(alias)[0].Title)
		w.resolve(alias, incident.Critical, time.Now())
		require.Len(t, w.Open(alias), 1)
		assert.Equal(t, "high", w.Open(alias)[0].Severity)
		assert.Equal(t, "warning", w.Open(alias)[0].Title)
		w.resolve(alias, incident.High, time.Now())
		assert.Empty(t, w.Open(alias))
	})
}

func TestAfterAnOutageOnlyWhatStillFiresIsOpenedCriticalFirst(t *testing.T) {
	inWorld(t, options{cfg: func(c *Config) { c.Workers = 1 }}, func(w *world) {
		id := w.fault(sandbox.Fault{Status: http.StatusServiceUnavailable, RetryAfter: 30 * time.Second})
		w.fire("trigger", incident.Low, "the request that meets the outage")
		for i := range 20 {
			w.fire(fmt.Sprintf("low-%d", i), incident.Low, "low")
		}
		w.fire("over", incident.Critical, "came and went")
		w.fire("critical", incident.Critical, "burns")
		w.resolve("over", incident.Critical, time.Now())
		w.RemoveFault(id)
		w.pass(2 * time.Minute)
		all := w.Incidents()
		require.Len(t, all, 22)
		aliases := make([]string, 0, len(all))
		for _, i := range all {
			aliases = append(aliases, i.Alias)
		}
		assert.NotContains(t, aliases, "over", "what came and went is not paged")
		// The one worker may have taken one alias before the critical one fired.
		assert.Contains(t, aliases[:2], "critical")
	})
}

func TestARecordThatIsRefusedHoldsNoOtherBack(t *testing.T) {
	inWorld(t, options{}, func(w *world) {
		w.fault(sandbox.Fault{Match: sandbox.Match{Alias: "poison"}, Status: http.StatusInternalServerError})
		w.fault(sandbox.Fault{Match: sandbox.Match{Alias: "bad"}, Status: http.StatusBadRequest, Message: "title is odd"})
		w.fire("poison", incident.Critical, "always 500")
		w.fire("bad", incident.Critical, "always 400")
		for i := range 20 {
			w.fire(fmt.Sprintf("good-%d", i), incident.Low, "good")
		}
		assert.Len(t, w.Incidents(), 20)
		assert.Contains(t, w.seen.lessons, ledger.ParkedIt)
		n := w.requests()
		w.pass(time.Hour)
		assert.Less(t, w.requests()-n, 200, "a failing alias costs its backoff only")
	})
}

func TestWrongKeyLosesNothingAndHeals(t *testing.T) {
	inWorld(t, options{}, func(w *world) {
		w.SetKeys(map[string][]string{"ak_live_another": {"write"}})
		for i := range 10 {
			w.fire(fmt.Sprint("alias-", i), incident.High, "fires")
		}
		w.pass(10 * time.Minute)
		assert.Empty(t, w.Incidents())
		assert.Less(t, w.requests(), 100)
		w.SetKeys(nil)
		w.pass(2 * time.Minute)
		assert.Len(t, w.Incidents(), 10)
	})
}

func TestLookupWithoutASource(t *testing.T) {
	inWorld(t, options{}, func(w *world) {
		require.NoError(t, w.SetSwitches(func(s *sandbox.Switches) { s.RefusedFields = []string{"source"} }))
		w.fire("first", incident.High, "teaches that source is refused")
		w.fault(sandbox.Fault{Match: sandbox.Match{Operation: fault.Create}, Drop: true, Commit: true})
		w.fire(alias, incident.High, "nobody answers")
		w.ClearFaults()
		w.resolve(alias, incident.High, time.Now())
		w.pass(time.Minute)
		assert.Empty(t, w.Open(alias))
	})
}

func TestUnknownAliasIsLookedUp(t *testing.T) {
	inWorld(t, options{}, func(w *world) {
		w.fire(alias, incident.High, "opened before the disk was lost")
		w.fire("other", incident.High, "another one")
		// A second collector with an empty ledger hears of the resolve only.
		fresh := &world{Sandbox: w.Sandbox, t: w.t, seen: &record{}}
		fresh.ledger = ledger.New(w.policy, nil, 1000, time.Now)
		fresh.loop = New(w.loop.cfg, fresh.ledger, w.loop.api, fresh.seen, time.Now)
		fresh.loop.Start()
		defer fresh.loop.Shutdown()
		fresh.resolve(alias, incident.High, time.Now())
		fresh.resolve("never heard of", incident.High, time.Now())
		fresh.pass(5 * time.Second)
		assert.Empty(t, w.Open(alias))
		assert.Len(t, w.Open("other"), 1, "another's incident is not touched")
		n := w.requests()
		fresh.resolve("never heard of", incident.High, time.Now())
		fresh.pass(time.Minute)
		assert.Equal(t, n, w.requests(), "the empty result is remembered")
	})
}

func TestShutdownEndsWhileTheAPIHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, options{})
		w.fault(sandbox.Fault{Hang: true})
		for i := range 50 {
			w.fire(fmt.Sprint("alias-", i), incident.High, "fires")
		}
		began := time.Now()
		w.loop.Shutdown()
		assert.LessOrEqual(t, time.Since(began), 3*time.Second)
		doubts := 0
		for _, a := range w.ledger.Aliases() {
			if w.ledger.Get(a).Doubt.Set {
				doubts++
			}
		}
		assert.Equal(t, 8, doubts, "what was on the wire is in doubt")
	})
}

func TestResolveDelay(t *testing.T) {
	inWorld(t, options{policy: func(p *ledger.Policy) { p.ResolveDelay = 5 * time.Minute }}, func(w *world) {
		w.fire(alias, incident.High, "flaps")
		w.resolve(alias, incident.High, time.Now())
		w.pass(4 * time.Minute)
		require.Len(t, w.Open(alias), 1)
		w.fire(alias, incident.High, "flaps")
		w.pass(10 * time.Minute)
		require.Len(t, w.Open(alias), 1, "the firing cancelled the resolve")
		end := time.Now()
		w.resolve(alias, incident.High, end)
		w.pass(6 * time.Minute)
		assert.Empty(t, w.Open(alias))
		assert.WithinDuration(t, end, w.Incidents()[0].ResolvedAt, time.Millisecond)
		assert.Equal(t, 1, w.creates())
	})
}

func TestSeverityOnlyRises(t *testing.T) {
	inWorld(t, options{policy: func(p *ledger.Policy) { p.SeverityOnlyRises = true }}, func(w *world) {
		w.fire(alias, incident.High, "warning")
		w.fire(alias, incident.Critical, "critical")
		w.resolve(alias, incident.Critical, time.Now())
		require.Len(t, w.Open(alias), 1)
		assert.Equal(t, "critical", w.Open(alias)[0].Severity)
		assert.Equal(t, "warning", w.Open(alias)[0].Title)
		w.resolve(alias, incident.High, time.Now())
		w.pass(time.Minute)
		w.fire(alias, incident.High, "another episode")
		require.Len(t, w.Open(alias), 1)
		assert.Equal(t, "high", w.Open(alias)[0].Severity)
	})
}

func TestClosingIsLeftToAPerson(t *testing.T) {
	inWorld(t, options{}, func(w *world) {
		event := func(firing bool) ledger.Event {
			a := alert(alias, incident.High, "fires")
			a.Annotations = append(a.Annotations, labels.Label{Name: "alert24_resolve", Value: "false"})
			a.Annotations.Sort()
			return ledger.Event{Alias: alias, Firing: firing, Alert: incident.Pack(&a), EndsAt: time.Now()}
		}
		w.apply(event(true))
		w.apply(event(false))
		w.pass(30 * time.Minute)
		require.Len(t, w.Open(alias), 1, "the alert is over, its incident is not")
		w.apply(event(true))
		require.Len(t, w.Open(alias), 1)
		assert.Equal(t, 1, w.creates(), "it fires again in the same incident")
		w.apply(event(false))
		require.NoError(t, w.PersonResolves(w.Open(alias)[0].ID))
		w.apply(event(true))
		assert.Len(t, w.Open(alias), 1, "a person closed it in between")
		assert.Equal(t, 2, w.creates())
		w.apply(event(false))
		w.pass(2 * time.Hour)
		entries, _ := w.ledger.Counts()
		assert.Zero(t, entries, "the ledger forgets it")
		assert.Len(t, w.Open(alias), 1)
	})
}

func TestRateLimit(t *testing.T) {
	inWorld(t, options{cfg: func(c *Config) { c.RequestsPerSecond = 2; c.Workers = 1 }}, func(w *world) {
		for i := range 21 {
			w.fire(fmt.Sprint("alias-", i), incident.High, "fires")
		}
		w.pass(5 * time.Second)
		assert.InDelta(t, 11, len(w.Incidents()), 1)
		w.pass(5 * time.Second)
		assert.Len(t, w.Incidents(), 21)
		assert.InDelta(t, 10, w.seen.waited.Seconds(), 1)
	})
}

func TestOneListingServesAllThatAreInDoubt(t *testing.T) {
	inWorld(t, options{}, func(w *world) {
		id := w.fault(sandbox.Fault{Match: sandbox.Match{Operation: fault.Create}, Drop: true, Commit: true})
		for i := range 200 {
			w.fire(fmt.Sprint("alias-", i), incident.High, "fires")
		}
		for i := range 200 {
			w.resolve(fmt.Sprint("alias-", i), incident.High, time.Now())
		}
		w.RemoveFault(id)
		w.pass(2 * time.Minute)
		for _, i := range w.Incidents() {
			assert.Equal(t, "resolved", i.Status, i.Alias)
		}
		stats := w.Stats()
		assert.Less(t, stats.Requests["list"], 130, "probes share their listings, whenever they come")
	})
}

func TestAuditRepairsWhatWasCarriedOutAfterSettle(t *testing.T) {
	inWorld(t, options{cfg: func(c *Config) { c.AuditInterval = 10 * time.Minute }}, func(w *world) {
		w.fault(sandbox.Fault{Match: sandbox.Match{Operation: fault.Create}, Hang: true, CommitLate: 5 * time.Minute, Times: 1})
		w.fire(alias, incident.High, "fires")
		w.pass(time.Minute)
		w.resolve(alias, incident.High, time.Now())
		w.pass(7 * time.Minute)
		require.Len(t, w.Open(alias), 1, "the create was carried out long after it was given up")
		w.pass(10 * time.Minute)
		assert.Empty(t, w.Open(alias))
	})
}

func TestAuditLeavesWhatPeopleDidAndCountsOrphans(t *testing.T) {
	inWorld(t, options{cfg: func(c *Config) { c.AuditInterval = time.Minute }}, func(w *world) {
		w.fire(alias, incident.High, "fires")
		id := w.Open(alias)[0].ID
		w.resolve(alias, incident.High, time.Now())
		require.NoError(t, w.PersonReopens(id))
		_, err := w.loop.api.Create(w.t.Context(), alert24.Write{
			Title: "of a ledger that is lost", Source: "prometheus", Alias: "gone", Tags: []string{incident.AliasTag("gone")},
		})
		require.NoError(t, err)
		_, err = w.loop.api.Create(w.t.Context(), alert24.Write{Title: "made by a person"})
		require.NoError(t, err)
		w.pass(10 * time.Minute)
		assert.Len(t, w.Open(alias), 1, "a person opened it again")
		assert.Len(t, w.Open("gone"), 1, "an orphan is never closed")
		assert.Equal(t, 1, w.seen.orphans[len(w.seen.orphans)-1])
		assert.Empty(t, w.seen.storage)
	})
}

func TestCallContinuesTheTraceOfItsPush(t *testing.T) {
	spans := tracetest.NewInMemoryExporter()
	provider := sdktrace.NewTracerProvider(sdktrace.WithSyncer(spans))
	tracer := provider.Tracer("test")
	inWorld(t, options{cfg: func(c *Config) { c.Tracer, c.Workers = tracer, 1 }}, func(w *world) {
		w.fault(sandbox.Fault{Delay: time.Second})
		var pushes []trace.SpanContext
		for i := range 3 {
			ctx, push := tracer.Start(w.t.Context(), "push")
			// The first is on its way while the others wait.
			w.applyFrom(ctx, ledger.Event{Alias: alias, Firing: true, Alert: incident.Pack(new(alert(alias, incident.High, fmt.Sprint("text ", i))))})
			push.End()
			pushes = append(pushes, push.SpanContext())
		}
		w.pass(time.Minute)
		var calls []tracetest.SpanStub
		for _, s := range spans.GetSpans() {
			if s.Name != "push" {
				calls = append(calls, s)
			}
		}
		require.Len(t, calls, 2)
		assert.Equal(t, "alert24 create", calls[0].Name)
		assert.Equal(t, pushes[0].SpanID(), calls[0].Parent.SpanID())
		assert.Equal(t, "alert24 update", calls[1].Name)
		assert.Equal(t, pushes[2].TraceID(), calls[1].SpanContext.TraceID())
		require.Len(t, calls[1].Links, 1)
		assert.Equal(t, pushes[1].SpanID(), calls[1].Links[0].SpanContext.SpanID())
		id := attribute.String("alert24.incident.id", w.Open(alias)[0].ID)
		for _, call := range calls {
			assert.Contains(t, call.Attributes, id)
			assert.Contains(t, call.Attributes, attribute.String("alert24.answer", "accepted"))
		}
	})
}
