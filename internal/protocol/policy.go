// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package protocol

import (
	"hash/fnv"
	"math"
	"strconv"
	"time"
)

// Policy has the settings for the decisions. All durations are at least 0.
type Policy struct {
	// SettleTime is how long an unanswered request may still be carried out.
	SettleTime time.Duration
	// Unsettled is how long a call that another process sent before Load may still be on the wire.
	Unsettled time.Duration
	// EchoWindow is how long after a resolve another replica's firing with an older start is suspected to be an
	// echo; EchoHold is how long such a firing waits.
	EchoWindow, EchoHold time.Duration
	// EchoAnySender also holds firings from the sender of the resolve.
	EchoAnySender bool
	// Punctual: the caller of Apply refuses an event so late that its sender may have sent a newer one, as replicas do. Events then reach
	// Apply in the order in which their senders sent them, and their order of arrival at one receiver does not count.
	Punctual bool
	// Refresh is the time after which a repeat verifies the incident; 0: never.
	Refresh time.Duration
	// ReopenNever keeps an incident closed that a person closed, until the episode ends.
	ReopenNever bool
	// Renew closes an incident whose severity rises to high or critical, so that a new one pages people.
	Renew bool
	// ResolveDelay holds a close back; a new firing cancels it.
	ResolveDelay time.Duration
	// StaleAfter is the time after which a member resolves if it was not heard of; 0: never.
	StaleAfter time.Duration
	// HeardSince is when this process could first hear of an alert.
	HeardSince time.Time
	// ClosedRetention is how long a closed entry is kept.
	ClosedRetention time.Duration
	// Members is how many members of an alias keep their text. Further ones keep only key, severity and times.
	Members int
	Backoff Backoff
}

// Backoff between tries of a failing call.
type Backoff struct {
	Initial, Max        time.Duration
	Multiplier          float64
	RandomizationFactor float64 // 0 to 1
	// Slow is the time between two calls of an alias after SlowAfter calls without news, and the maximum between two tries of a refused
	// create. Hourly is the time between two tries of a refused update.
	Slow, Hourly time.Duration
	SlowAfter    int32
}

// Fixed parts of the backoff, outside tests.
const (
	Slow      = 6 * time.Minute // ten calls an hour, and room for two that Hurry lets go before their turn
	Hourly    = time.Hour
	SlowAfter = 10
)

// SlowUntil returns when a slow alias (one that has called often without news) may call again; zero for any other.
//
// Twelve calls of such an alias move LastTry on by at least eleven times Slow, and no call begins more than one Slow before LastTry. So the
// thirteenth begins at least ten times Slow after the first: there are never more than twelve calls in an hour.
func (b *Backoff) SlowUntil(t *Timers) time.Time {
	switch {
	case b.SlowAfter == 0 || t.Tries < b.SlowAfter:
		return time.Time{}
	case t.Hurried:
		return t.LastTry.Add(-b.Slow)
	default:
		return t.LastTry.Add(b.Slow)
	}
}

// delay returns the backoff after some attempts. Its jitter is a hash of the alias and the attempts instead of a random number, so that
// decisions stay pure.
func (b Backoff) delay(alias string, attempts int32, most time.Duration) time.Duration {
	d := float64(b.Initial) * math.Pow(max(b.Multiplier, 1), float64(attempts-1))
	d = min(d, float64(most))
	h := fnv.New32a()
	_, _ = h.Write(strconv.AppendInt([]byte(alias), int64(attempts), 10))
	spread := 2*float64(h.Sum32())/math.MaxUint32 - 1
	return time.Duration(d * (1 + b.RandomizationFactor*spread))
}
