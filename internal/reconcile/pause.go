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
	// maxPause is the longest pause that the API can cause, and maxPagePause the longest one for creates.
	maxPause     = time.Hour
	maxPagePause = 5 * time.Minute
	// firstSlowdown and maxSlowdown bound the pauses after answers that ask for a pause without a time.
	firstSlowdown = time.Second
	maxSlowdown   = time.Minute
)

// PausedError means that the gate turned a request away because the API asked for a pause. Nothing has left.
type PausedError struct{ Until time.Time }

func (e *PausedError) Error() string {
	return fmt.Sprintf("Alert24 asked for a pause until %s; the request is tried again then", e.Until.UTC().Format(time.TimeOnly))
}

// Asked reports whether a call with this error may have reached the API. A call that the gate kept back shows nothing about the API.
func Asked(err error) bool {
	_, paused := errors.AsType[*PausedError](err)
	return !paused && !errors.Is(err, ErrNotPermitted)
}

// Open reports whether no pause keeps requests of the kind back.
func (g *Gate) Open(kind protocol.Kind) bool { return !time.Now().Before(g.OpensAt(kind)) }

// OpensAt returns the end of the pause for the kind.
func (g *Gate) OpensAt(kind protocol.Kind) time.Time {
	return g.opensAt(laneOfKind(kind))
}

func (g *Gate) opensAt(at lane) time.Time {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.pausedUntil(at)
}

// await returns when no pause keeps the lane back any more, or with ctx's error.
func (g *Gate) await(ctx context.Context, at lane) error {
	for d := time.Until(g.opensAt(at)); d > 0 && sleep.For(ctx, d); {
		d = time.Until(g.opensAt(at)) // the pause may have grown
	}
	return ctx.Err()
}

// deny keeps all requests back for d, because the API did not accept the key.
func (g *Gate) deny(d time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.pause(d)
	g.admit()
}

// slow keeps all requests back after an answer that asks for a pause without a time. The pauses grow until a request succeeds.
func (g *Gate) slow() {
	if time.Now().Before(g.pagesUntil) {
		return // the request left before the pause began
	}
	g.slowdown = min(max(2*g.slowdown, firstSlowdown), maxSlowdown)
	g.pause(g.slowdown)
}

// pause holds requests back for d from now. It does not shorten a longer pause.
func (g *Gate) pause(d time.Duration) {
	now := time.Now()
	g.until = protocol.Latest(g.until, now.Add(min(d, maxPause)))
	g.pagesUntil = protocol.Latest(g.pagesUntil, now.Add(min(d, maxPagePause)))
}

func (g *Gate) pausedUntil(at lane) time.Time {
	if at.isPage() || at.isBeforePage() {
		return g.pagesUntil
	}
	return g.until
}

// ErrNotPermitted means that a call must not leave, because another replica may not know of it.
var ErrNotPermitted = errors.New("the call waited too long after its write-ahead, or this replica no longer leads")

type permitKey struct{}

// permit lets the requests of a call pass the gate only while mayCall accepts its write-ahead.
func permit(ctx context.Context, mayCall func(since time.Time) bool, since time.Time) context.Context {
	if mayCall == nil {
		return ctx
	}
	return context.WithValue(ctx, permitKey{}, func() bool { return mayCall(since) })
}

// permitted is called just before a request leaves the gate.
func permitted(ctx context.Context) error {
	if may, ok := ctx.Value(permitKey{}).(func() bool); ok && !may() {
		return ErrNotPermitted
	}
	return nil
}
