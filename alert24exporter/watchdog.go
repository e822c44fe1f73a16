// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alert24exporter

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.uber.org/zap"

	"github.com/alert24/otelcol-alert24/internal/incident"
	"github.com/alert24/otelcol-alert24/internal/ledger"
	"github.com/alert24/otelcol-alert24/internal/protocol"
	"github.com/alert24/otelcol-alert24/internal/status"
	"github.com/alert24/otelcol-alert24/internal/watchdog"
)

// watch runs the watchdogs of one term: it hears them, and passes events to the ledger.
type watch struct {
	*term
	cfg *WatchdogConfig

	mu       sync.Mutex
	watchdog *watchdog.Watch

	holds holds
	wake  chan struct{}
	stop  func()
}

// newWatch restores the sources from the ledger's notes.
func newWatch(t *term, now time.Time) *watch {
	e := t.exporter
	w := &watch{
		term: t, cfg: &e.cfg.Watchdog, wake: make(chan struct{}, 1), holds: holds{some: true, bySource: newBySource[int]()},
		watchdog: watchdog.New(watchdog.Config{
			Rules:        *e.rules.Rules,
			MissingAfter: e.cfg.Watchdog.MissingAfter,
			Severity:     e.renderer.Severity(nil, nil, incident.Critical.String()),
		}, now),
	}
	for name, note := range t.ledger.Notes() {
		if err := w.watchdog.Restore(name, note); err != nil {
			e.set.Logger.Warn("The ledger's note about a watchdog cannot be used; the bridge forgets the watchdog until it is heard again", zap.String("note", name), zap.Error(err))
		}
	}
	return w
}

// start starts the watch until stop is called.
func (w *watch) start() {
	run := []func(context.Context){w.run}
	if h := w.exporter.heartbeat; h != nil && w.cfg.on() {
		run = append(run, func(ctx context.Context) { h.run(ctx, w.beats) })
	}
	w.stop = background(context.Background(), run...)
}

// minPass and maxPass bound the time between two passes.
const (
	minPass = 50 * time.Millisecond
	maxPass = 5 * time.Second
)

func (w *watch) run(ctx context.Context) {
	ticker := time.NewTicker(min(max(w.cfg.MissingAfter/30, minPass), maxPass))
	defer ticker.Stop()
	for {
		if done := w.pass(ctx); done && !w.cfg.on() {
			return // the incidents of a watchdog that was switched off have closed
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		case <-w.wake:
		}
	}
}

// pass makes the ledger match the sources, and reports whether it does. The next pass repeats failed writes.
func (w *watch) pass(ctx context.Context) (done bool) {
	w.mu.Lock()
	events := w.watchdog.Tick(w.ledger, time.Now())
	news, notes := w.watchdog.News(), w.watchdog.Notes()
	w.mu.Unlock()
	for _, n := range news {
		w.exporter.telemetry.watchdogNews(n, w.cfg.MissingAfter)
	}
	err := w.note(ctx, notes)
	if err == nil && len(events) > 0 {
		err = w.take(ctx, events)
	}
	if w.cfg.HoldResolves && w.holds.due(time.Now()) {
		err = errors.Join(err, w.attest(ctx)) // even if there is no room for an incident: a resolve makes room
	}
	if t := w.exporter.telemetry; err != nil && ctx.Err() == nil && !errors.Is(err, ledger.ErrDeposed) {
		t.failures.Error("The ledger cannot be written for a watchdog; it is tried again", zap.Error(err))
	}
	return err == nil && len(events)+len(notes) == 0
}

// note writes the notes one after the other, because there are few.
func (w *watch) note(ctx context.Context, notes map[string][]byte) error {
	stored := make(map[string][]byte, len(notes))
	defer func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.watchdog.Noted(stored)
	}()
	for name, note := range notes {
		if err := w.ledger.Note(ctx, name, note); err != nil {
			return err
		}
		stored[name] = note
	}
	return nil
}

// hear processes the events of a webhook before they reach the ledger.
func (w *watch) hear(events []protocol.Event, arrived time.Time) {
	if !w.cfg.on() {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.watchdog.Hear(events, arrived) {
		w.passSoon()
	}
}

// list processes a snapshot before it reaches the ledger.
func (w *watch) list(s *protocol.Snapshot) {
	if !w.cfg.on() {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.watchdog.List(s.Listed, s.Asked)
	if w.cfg.HoldResolves {
		w.watchdog.Witness(s)
	}
	w.passSoon()
}

// passSoon makes the next pass run soon.
func (w *watch) passSoon() {
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

func (w *watch) beats() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.watchdog.Beats(time.Now())
}

// maxSilent bounds the silent sources on the page.
const maxSilent = 10

// status returns the state for the page.
func (w *watch) status() *status.Watchdog {
	w.mu.Lock()
	defer w.mu.Unlock()
	c := w.watchdog.Counts()
	s := &status.Watchdog{Heard: c.Heard, Missing: c.Missing, Unwatched: c.Unwatched, NeverHeard: w.watchdog.NeverHeard()}
	for _, source := range w.watchdog.Silent(maxSilent) {
		s.MissingSources = append(s.MissingSources, status.MissingSource{Source: source.Name(), HeardAt: source.HeardAt})
	}
	return s
}

func (w *watch) counts() watchdog.Counts {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.watchdog.Counts()
}

// watchdogNews logs what happened to a source.
func (t *telemetry) watchdogNews(n watchdog.News, missingAfter time.Duration) {
	source := zap.String("source", n.Source.Name())
	switch n.Kind {
	case watchdog.Nothing:
	case watchdog.Watching:
		t.logger.Info("A watchdog is heard; its silence will open an incident", source, zap.Duration("missing_after", missingAfter))
	case watchdog.Slow:
		t.logger.Warn("A watchdog was heard once and not again within watchdog::missing_after, so its silence is not noticed; "+
			"give its route in Alertmanager a repeat_interval below that, or let the receiver sync", source, zap.Duration("missing_after", missingAfter))
	case watchdog.Gone:
		t.logger.Error("A watchdog is silent: an incident opens", source, zap.Time("heard_at", n.Source.HeardAt))
	case watchdog.Back:
		t.logger.Info("A watchdog is heard again: its incident closes", source)
	case watchdog.Forgotten:
		t.logger.Warn("A person closed the incident of a silent watchdog; the bridge forgets the watchdog until it is heard again", source)
	case watchdog.Never:
		t.logger.Warn("No watchdog has been heard since the start; check its route in Alertmanager and watchdog::matchers", zap.Duration("missing_after", missingAfter))
	case watchdog.NoRoom:
		t.logger.Error("There are too many sources of watchdogs, and new ones are not watched; see watchdog::group_by")
	}
}

// watchSources registers the gauges. They exist only while this process has the ledger.
func (t *telemetry) watchSources(term *atomic.Pointer[term]) error {
	gauge := func(observe func(w *watch, o metric.Int64Observer)) metric.Int64Callback {
		return func(_ context.Context, o metric.Int64Observer) error {
			if now := term.Load(); now != nil && now.watch.cfg.on() {
				observe(now.watch, o)
			}
			return nil
		}
	}
	return errors.Join(
		t.builder.RegisterExporterAlert24WatchdogSourcesCallback(gauge(func(w *watch, o metric.Int64Observer) {
			c := w.counts()
			for state, n := range map[string]int{"heard": c.Heard, "missing": c.Missing, "unwatched": c.Unwatched} {
				o.Observe(int64(n), t.attributes(attribute.String("state", state)))
			}
		})),
		t.builder.RegisterExporterAlert24HeldResolvesCallback(gauge(func(w *watch, o metric.Int64Observer) {
			if w.cfg.HoldResolves {
				o.Observe(int64(w.holds.most()), t.own)
			}
		})),
	)
}
