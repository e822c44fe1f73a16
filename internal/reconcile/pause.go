// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package reconcile

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/alert24/otelcol-alert24/internal/protocol"
	"github.com/alert24/otelcol-alert24/internal/sleep"
)

const (
	// maxPause is the longest that the API can stop us, and maxPagePause that it can stop creates.
	maxPause     = time.Hour
	maxPagePause = 5 * time.Minute
	// firstSlowdown and maxSlowdown bound the pauses after answers that ask for one and do not say how long.
	firstSlowdown = time.Second
	maxSlowdown   = time.Minute
)

// PausedError says that a request was turned away because the API asked for a pause. Nothing of it has left.
type PausedError struct{ Until time.Time }

func (e *PausedError) Error() string {
	return fmt.Sprintf("Alert24 asked for a pause until %s; the request is tried again then", e.Until.UTC().Format(time.TimeOnly))
}

// Asked reports whether a call with this error may have reached the API: what the gate kept back says nothing of the API.
func Asked(err error) bool {
	_, paused := errors.AsType[*PausedError](err)
	return !paused && !errors.Is(err, ErrNotPermitted)
}

// Open reports whether requests of the kind may leave, as far as the API's wishes go.
func (g *Gate) Open(kind protocol.Kind) bool { return !time.Now().Before(g.OpensAt(kind)) }

// OpensAt is when a pause ends for the kind.
func (g *Gate) OpensAt(kind protocol.Kind) time.Time {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.pausedUntil(laneOfKind(kind))
}

// await returns when no pause keeps the kind back, or with ctx's error.
func (g *Gate) await(ctx context.Context, kind protocol.Kind) error {
	for d := time.Until(g.OpensAt(kind)); d > 0 && sleep.For(ctx, d); {
		d = time.Until(g.OpensAt(kind)) // it may have grown
	}
	return ctx.Err()
}

// Deny keeps all requests back for d: the API does not know the key.
func (g *Gate) Deny(d time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.pause(d)
	g.admit()
}

// slow keeps all requests back after an answer that asks for a pause and gives no time. The pauses grow until a request succeeds.
func (g *Gate) slow() {
	if time.Now().Before(g.pages) {
		return // an answer to what was on its way when the pause began
	}
	g.slowdown = min(max(2*g.slowdown, firstSlowdown), maxSlowdown)
	g.pause(g.slowdown)
}

// pause holds requests back for d from now. A pause that lasts longer already stays.
func (g *Gate) pause(d time.Duration) {
	now := time.Now()
	g.until = later(g.until, now.Add(min(d, maxPause)))
	g.pages = later(g.pages, now.Add(min(d, maxPagePause)))
}

func (g *Gate) pausedUntil(at lane) time.Time {
	if at == pages {
		return g.pages
	}
	return g.until
}

func later(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}

// ErrNotPermitted says that a call may not leave, because another replica may know nothing of it.
var ErrNotPermitted = errors.New("the call waited too long since it was written ahead, or this replica no longer leads")

type permitKey struct{}

// permit lets the requests of a call pass the gate only while mayCall says so of its write-ahead.
func permit(ctx context.Context, mayCall func(since time.Time) bool, since time.Time) context.Context {
	if mayCall == nil {
		return ctx
	}
	return context.WithValue(ctx, permitKey{}, func() bool { return mayCall(since) })
}

// permitted is asked when a request leaves the gate.
func permitted(ctx context.Context) error {
	if may, ok := ctx.Value(permitKey{}).(func() bool); ok && !may() {
		return ErrNotPermitted
	}
	return nil
}
