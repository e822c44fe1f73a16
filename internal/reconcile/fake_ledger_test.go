// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package reconcile

import (
	"context"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/alert24/otelcol-alert24/internal/incident"
	"github.com/alert24/otelcol-alert24/internal/labels"
	"github.com/alert24/otelcol-alert24/internal/protocol"
)

// fakeLedger keeps entries in memory and uses only the functions of the protocol.
type fakeLedger struct {
	policy *protocol.Policy

	mu      sync.Mutex
	entries map[string]protocol.Timed
	err     error // returned by all writes
	claims  int
}

func newFakeLedger(t *testing.T) *fakeLedger {
	t.Helper()
	return &fakeLedger{
		entries: map[string]protocol.Timed{},
		policy: &protocol.Policy{
			SettleTime: 15 * time.Second, EchoWindow: time.Minute, EchoHold: time.Minute, Refresh: time.Hour,
			ClosedRetention: time.Hour, Members: 100,
			Backoff: protocol.Backoff{
				Initial: time.Second, Max: time.Minute, Multiplier: 1.5, RandomizationFactor: 0.5,
				Slow: protocol.Slow, Hourly: protocol.Hourly, SlowAfter: protocol.SlowAfter,
			},
		},
	}
}

func (l *fakeLedger) apply(ev protocol.Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.entries[ev.Alias], _ = l.policy.Apply(l.entries[ev.Alias], []protocol.Event{ev}, time.Now())
}

// load forgets what is not on disk.
func (l *fakeLedger) load() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for alias, e := range l.entries {
		onDisk, err := protocol.Decode(alias, protocol.AppendRecord(nil, e.Entry), nil)
		if err != nil {
			panic(err)
		}
		l.entries[alias] = l.policy.Load(onDisk, time.Now())
	}
}

func (l *fakeLedger) claimed() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.claims
}

func (l *fakeLedger) fail(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.err = err
}

func (l *fakeLedger) Content(e *protocol.Entry) (incident.Content, protocol.Content) {
	firing, _ := e.Members.Worst()
	worst := firing[0]
	c := incident.Content{
		Title: worst.Annotations.Get("summary"), Description: e.Alias, Severity: worst.Severity, Tags: []string{incident.AliasTag(e.Alias)},
	}
	c.News = c.Hashes()
	want := protocol.Of(&c)
	return c, want
}

func (l *fakeLedger) decide(e protocol.Timed, now time.Time) protocol.Decision {
	d := l.policy.Decide(e, nil, now)
	if d.Render || d.Call.Kind == protocol.Create {
		_, want := l.Content(e.Entry)
		d = l.policy.Decide(e, &want, now)
	}
	return d
}

func (l *fakeLedger) Prepare(alias string) (protocol.Decision, *incident.Content) {
	e, now := l.Timed(alias), time.Now()
	if e.Entry == nil {
		return protocol.Decision{}, nil
	}
	t := l.policy.Tick(e, now)
	if t.Entry == nil {
		return protocol.Decision{Wake: now}, nil
	}
	d := l.decide(t, now)
	if t != e && d.Call.Kind == protocol.NoCall {
		d.Wake = now
	}
	if !t.Firing() {
		return d, nil
	}
	content, _ := l.Content(t.Entry)
	return d, &content
}

func (l *fakeLedger) Claim(ctx context.Context, alias string) (*protocol.Entry, protocol.Decision, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	e, now := l.entries[alias], time.Now()
	switch {
	case ctx.Err() != nil:
		return nil, protocol.Decision{}, ctx.Err()
	case l.err != nil:
		return nil, protocol.Decision{}, l.err
	case e.Entry == nil:
		return nil, protocol.Decision{}, nil
	}
	if e = l.policy.Tick(e, now); e.Entry == nil {
		delete(l.entries, alias)
		return nil, protocol.Decision{}, nil
	}
	d := l.decide(e, now)
	if d.Call.Kind != protocol.NoCall {
		l.claims++
		e = l.policy.Begin(e, d.Call, now)
	}
	if d.Call.Kind != protocol.NoCall && d.Call.Kind != protocol.Lookup {
		d.Call = e.Inflight()
	}
	l.entries[alias] = e
	return e.Entry, d, nil
}

func (l *fakeLedger) Learn(_ context.Context, answers []*protocol.Answered) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err != nil {
		return l.err
	}
	for _, a := range answers {
		e := l.entries[a.Alias]
		if e.Entry == nil {
			continue
		}
		now := time.Now()
		a.Timed, a.Lesson = l.policy.Learn(e, a.Call, a.Answer, now)
		l.entries[a.Alias] = a.Timed
		d := l.decide(a.Timed, now)
		a.Rests, a.Wake = l.policy.Tick(a.Timed, now) == a.Timed && d.Call.Kind == protocol.NoCall && !d.Slow, d.Wake
	}
	return nil
}

func (l *fakeLedger) Get(alias string) *protocol.Entry { return l.Timed(alias).Entry }

func (l *fakeLedger) Timed(alias string) protocol.Timed {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.entries[alias]
}

func (l *fakeLedger) Aliases() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Sorted(maps.Keys(l.entries))
}

func (l *fakeLedger) Hurry(_ context.Context, alias string, since time.Time) (bool, error) {
	return l.change(alias, func(e protocol.Timed) protocol.Timed { return l.policy.Hurry(e, since, time.Now()) })
}

func (l *fakeLedger) Suspect(_ context.Context, alias, id string, created time.Time) (bool, error) {
	return l.change(alias, func(e protocol.Timed) protocol.Timed { return l.policy.Suspect(e, id, created, time.Now()) })
}

func (l *fakeLedger) Missing(_ context.Context, alias string) (bool, error) {
	return l.change(alias, func(e protocol.Timed) protocol.Timed { return l.policy.Missing(e, time.Now()) })
}

func (l *fakeLedger) change(alias string, f func(protocol.Timed) protocol.Timed) (bool, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	e := l.entries[alias]
	if l.err != nil || e.Entry == nil {
		return false, l.err
	}
	l.entries[alias] = f(e)
	return l.entries[alias] != e, nil
}

func (l *fakeLedger) Expected() map[string]string {
	l.mu.Lock()
	defer l.mu.Unlock()
	ids := map[string]string{}
	for alias, e := range l.entries {
		if id := e.OpenID(); id != "" {
			ids[alias] = id
		}
	}
	return ids
}

func firing(alias string, s incident.Severity, summary string) protocol.Event {
	return protocol.Event{Alias: alias, Key: keyOf(alias), Firing: true, Alert: packed(alias, s, summary)}
}

func resolved(alias string) protocol.Event {
	return protocol.Event{Alias: alias, Key: keyOf(alias), Alert: packed(alias, incident.High, "over"), EndsAt: time.Now()}
}

func keyOf(alias string) (k protocol.Key) {
	copy(k[:], alias)
	return k
}

func packed(alias string, s incident.Severity, summary string) incident.Packed {
	return incident.Pack(&incident.Alert{
		Fingerprint: alias, Name: "HighErrorRate", Severity: s,
		Labels:      labels.New(labels.Label{Name: "alertname", Value: "HighErrorRate"}),
		Annotations: labels.New(labels.Label{Name: "summary", Value: summary}),
	})
}
