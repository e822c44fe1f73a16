// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package reconcile

import (
	"context"
	"math"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/alert24/otelcol-alert24/internal/protocol"
)

const (
	// During a pause longer than longPause the gate turns requests away. During a shorter one they wait.
	longPause = time.Second
	// burstSeconds is how many seconds' worth of requests may leave at once.
	burstSeconds = 4
	// writeShare is the share of closes and updates. Few of them wait at the gate, but a replica's must leave soon after their write-ahead,
	// however many lookups pages wait for.
	writeShare = 3
	// noWait is shorter than any intended wait.
	noWait = time.Millisecond
)

type laneKey struct{}

// urgent returns a context whose requests are as urgent at the gate as their alias, which has this lane in the queue or the finder.
func urgent(ctx context.Context, ofAlias lane) context.Context {
	return context.WithValue(ctx, laneKey{}, ofAlias)
}

// laneOfRequest is the lane of a request of the kind, if its alias has the lane ofAlias.
func laneOfRequest(k protocol.Kind, ofAlias lane) lane {
	at := laneOfKind(k)
	if at.isPage() && ofAlias == criticalPage || !at.isPage() && ofAlias.isBeforePage() {
		return ofAlias
	}
	return at
}

func laneOfKind(k protocol.Kind) lane {
	switch k {
	case protocol.Create, protocol.Reopen:
		return otherPage
	case protocol.Close:
		return closing
	case protocol.Update:
		return updating
	default:
		return reading
	}
}

// Gate admits every request to the API. It keeps the user's limits for rate and concurrency, and holds requests back while the API asks
// for a pause. It is safe for concurrent use.
type Gate struct {
	rate   *rate.Limiter
	places int
	waited func(time.Duration)

	mu         sync.Mutex
	pagesUntil time.Time // no page leaves before, and nothing that a page waits for
	until      time.Time // nothing else leaves before
	slowdown   time.Duration
	inside     [numLanes]int
	waiting    lanes[*visitor]
	timer      *time.Timer
}

// visitor is a waiting request.
type visitor struct {
	called chan struct{} // closed when it may leave, or is turned away with err
	err    error
}

// NewGate returns a gate for this many requests per second (0: no limit) and this many concurrent ones. It calls waited with the time
// that each request was held back.
func NewGate(requestsPerSecond float64, concurrent int, waited func(time.Duration)) *Gate {
	limit := rate.Inf
	if requestsPerSecond > 0 {
		limit = rate.Limit(requestsPerSecond)
	}
	burst := max(1, int(math.Ceil(burstSeconds*requestsPerSecond)))
	g := &Gate{rate: rate.NewLimiter(limit, burst), places: max(1, concurrent), waited: waited}
	g.waiting.shares = [numLanes]int{closing: writeShare, updating: writeShare}
	g.timer = time.AfterFunc(time.Hour, g.ring)
	g.timer.Stop()
	return g
}

// Enter waits until a request of the kind may leave. The caller then calls leave once, with the result and the pause that the API asked
// for: 0 for none, negative if the API gave no time. After an error the request must not leave.
func (g *Gate) Enter(ctx context.Context, kind protocol.Kind) (leave func(r protocol.Result, retryAfter time.Duration), err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	began, at := time.Now(), laneOfKind(kind)
	if ofAlias, known := ctx.Value(laneKey{}).(lane); known {
		at = laneOfRequest(kind, ofAlias)
	}
	v := &visitor{called: make(chan struct{})}
	g.mu.Lock()
	t := g.waiting.push(v, at)
	g.admit()
	g.mu.Unlock()
	select {
	case <-v.called:
	case <-ctx.Done():
		g.abandon(t)
		return nil, ctx.Err()
	}
	if d := time.Since(began); d >= noWait {
		g.waited(d)
	}
	if v.err == nil {
		if v.err = permitted(ctx); v.err != nil {
			g.leave(at, protocol.NotSent, 0)
		}
	}
	if v.err != nil {
		return nil, v.err
	}
	var once sync.Once
	return func(r protocol.Result, retryAfter time.Duration) {
		once.Do(func() { g.leave(at, r, retryAfter) })
	}, nil
}

// abandon removes a visitor whose context ended.
func (g *Gate) abandon(t *ticket[*visitor]) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.waiting.remove(t) && t.value.err == nil {
		g.inside[t.lane]--
	}
	g.admit()
}

func (g *Gate) leave(at lane, r protocol.Result, retryAfter time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.inside[at]--
	switch {
	case retryAfter > 0:
		g.pause(retryAfter)
	case retryAfter < 0:
		g.slow()
	case r.Works():
		g.slowdown = 0
	}
	g.admit()
}

// place reports whether one more request of the lane may be under way. If requests hang, one place is left for pages, and one for what
// pages wait for. Reads leave some for closes and updates, and reads before lesser pages leave one more for those before critical pages.
// With fewer than five places, not all of these are left.
func (g *Gate) place(at lane) bool {
	inside := func(which func(lane) bool) (n int) {
		for l := range numLanes {
			if which(l) {
				n += g.inside[l]
			}
		}
		return n
	}
	pages, before := inside(lane.isPage), inside(lane.isBeforePage)
	reads := before + g.inside[reading]
	others := reads + g.inside[closing] + g.inside[updating]
	switch {
	case others+pages >= g.places:
		return false
	case at.isPage():
		return true
	case at == reading && g.inside[reading] >= g.readPlaces(),
		(at == reading || at == beforePage) && reads >= max(g.readPlaces()+1, g.places-3),
		at == beforeCriticalPage && reads >= max(g.readPlaces()+1, g.places-2):
		return false
	case !at.isBeforePage() && g.places > 4 && others-before >= g.places-2:
		return false
	default:
		return others < max(1, g.places-1)
	}
}

// readPlaces is how many reads may be under way at once.
func (g *Gate) readPlaces() int { return max(1, g.places/2) }

func (g *Gate) ring() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.admit()
}

// admit lets the next requests leave, and sets the timer for those after them.
func (g *Gate) admit() {
	now := time.Now()
	g.turnAway(now)
	for g.rate.TokensAt(now) >= 1 {
		t := g.waiting.take(func(at lane) bool { return !now.Before(g.pausedUntil(at)) && g.place(at) })
		if t == nil {
			break
		}
		g.rate.AllowN(now, 1)
		g.inside[t.lane]++
		close(t.value.called)
	}
	g.wind(now)
}

// turnAway rejects requests that would have to wait for a long pause.
func (g *Gate) turnAway(now time.Time) {
	for at := range numLanes {
		until := g.pausedUntil(at)
		for t := g.waiting.front(at); t != nil && until.Sub(now) > longPause; t = g.waiting.front(at) {
			g.waiting.remove(t)
			t.value.err = &PausedError{Until: until}
			close(t.value.called)
		}
	}
}

// wind sets the timer to the next time at which a request may leave just because time has passed.
func (g *Gate) wind(now time.Time) {
	g.timer.Stop()
	var next, token time.Time
	if missing := 1 - g.rate.TokensAt(now); missing > 0 {
		token = now.Add(time.Duration(missing/float64(g.rate.Limit())*float64(time.Second)) + time.Microsecond)
	}
	for at := range numLanes {
		if g.waiting.front(at) == nil {
			continue
		}
		until := protocol.Latest(g.pausedUntil(at), token)
		if until.After(now) && (next.IsZero() || until.Before(next)) {
			next = until
		}
	}
	if !next.IsZero() {
		g.timer.Reset(next.Sub(now))
	}
}
