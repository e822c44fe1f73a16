// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package protocol

import (
	"hash/fnv"
	"math"
	"strconv"
	"time"
)

// Policy is the user's part in the decisions. All durations are at least 0.
type Policy struct {
	// SettleTime is how long an unanswered request may still be carried out.
	SettleTime time.Duration
	// Unsettled is how long a call that another process sent before Load may still be on the wire.
	Unsettled time.Duration
	// EchoWindow is how long after a resolve another replica's firing with an older start is suspected to be an
	// echo; EchoHold is how long such a firing waits.
	EchoWindow, EchoHold time.Duration
	// EchoAnySender holds also what comes from the sender of the resolve.
	EchoAnySender bool
	// Punctual: the caller of Apply refuses late events, after which their sender may have sent something newer. Replicas do so. Then
	// events come to Apply in the order in which their senders sent them, and their order of arrival at one receiver does not count.
	Punctual bool
	// Refresh is after what time a repeat verifies the incident; 0 is never.
	Refresh time.Duration
	// ReopenNever leaves an incident that a person closed until the episode ends.
	ReopenNever bool
	// Renew closes an incident whose severity rises to high or critical, so that a new one calls people.
	Renew bool
	// ResolveDelay holds a close back; a new firing cancels it.
	ResolveDelay time.Duration
	// StaleAfter resolves a member that was not heard of for so long; 0 is never.
	StaleAfter time.Duration
	// HeardSince is when this process could first hear of an alert.
	HeardSince time.Time
	// ClosedRetention is how long a closed entry is kept.
	ClosedRetention time.Duration
	// Members is how many members of an alias are kept with all that they say; of those above only key, severity and times.
	Members int
	Backoff Backoff
}

// Backoff between tries of a failing call.
type Backoff struct {
	Initial, Max        time.Duration
	Multiplier          float64
	RandomizationFactor float64 // 0 to 1
	// Slow is the time between two calls of an alias after SlowAfter calls that brought no news; and the most between
	// two tries of a create that the API refused. Hourly is that of a refused update.
	Slow, Hourly time.Duration
	SlowAfter    int32
}

// Fixed parts of the backoff, outside tests.
const (
	Slow      = 6 * time.Minute // ten calls an hour, and room for two that Hurry lets go before their turn
	Hourly    = time.Hour
	SlowAfter = 10
)

// SlowUntil is when an alias that has called often without news may call again; zero for any other.
//
// Of such an alias, twelve calls move LastTry on by eleven times Slow at least, and none begins more than one Slow before LastTry. So
// the thirteenth begins ten times Slow after the first, or later: there are never more than twelve calls in an hour.
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

// delay is deterministic, so that decisions stay pure: the alias spreads the tries, not chance.
func (b Backoff) delay(alias string, attempts int32, most time.Duration) time.Duration {
	d := float64(b.Initial) * math.Pow(max(b.Multiplier, 1), float64(attempts-1))
	d = min(d, float64(most))
	h := fnv.New32a()
	_, _ = h.Write(strconv.AppendInt([]byte(alias), int64(attempts), 10))
	spread := 2*float64(h.Sum32())/math.MaxUint32 - 1
	return time.Duration(d * (1 + b.RandomizationFactor*spread))
}
