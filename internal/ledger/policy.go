// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"cmp"
	"hash/fnv"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/alert24/otelcol-alert24/internal/incident"
)

// Policy is the user's part in the decisions. All durations are at least 0.
type Policy struct {
	// SettleTime is how long an unanswered request may still be carried out.
	SettleTime time.Duration
	// EchoWindow is how long after a resolve another replica's firing with an older start is suspected to be an
	// echo; EchoHold is how long such a firing waits.
	EchoWindow, EchoHold time.Duration
	// EchoAnySender holds also what comes from the sender of the resolve.
	EchoAnySender bool
	// Refresh is after what time a repeat verifies the incident; 0 is never.
	Refresh time.Duration
	// ReopenNever leaves an incident that a person closed until the episode ends.
	ReopenNever bool
	// ResolveDelay holds a close back; a new firing cancels it.
	ResolveDelay time.Duration
	// StaleAfter resolves a member that was not heard of for so long; 0 is never.
	StaleAfter time.Duration
	// ClosedRetention is how long a closed entry stays.
	ClosedRetention time.Duration
	Backoff         Backoff
	// Render says what an incident with these alerts says; the first is the worst.
	Render func(alias string, firing []incident.Alert, more incident.Context) incident.Content
	// SeverityOnlyRises keeps the incident at the worst severity of the episode.
	SeverityOnlyRises bool
}

// Content is what the incident of a firing entry should say.
func (p *Policy) Content(e *Entry) incident.Content {
	worst, more := incident.Worst(e.firing())
	c := p.Render(e.Alias, worst, more)
	if p.SeverityOnlyRises {
		c.Severity = max(c.Severity, e.Peak)
	}
	return c
}

// Backoff between tries of a failing call.
type Backoff struct {
	Initial, Max        time.Duration
	Multiplier          float64
	RandomizationFactor float64 // 0 to 1
}

// delay is deterministic, so that decisions stay pure: the alias spreads the tries, not chance.
func (b Backoff) delay(alias string, attempts int32) time.Duration {
	d := float64(b.Initial) * math.Pow(max(b.Multiplier, 1), float64(attempts-1))
	d = min(d, float64(b.Max))
	h := fnv.New32a()
	_, _ = h.Write(strconv.AppendInt([]byte(alias), int64(attempts), 10))
	spread := 2*float64(h.Sum32())/math.MaxUint32 - 1
	return time.Duration(d * (1 + b.RandomizationFactor*spread))
}

func worstFirst(a, b incident.Alert) int {
	return cmp.Or(
		cmp.Compare(b.Severity, a.Severity),
		a.StartsAt.Compare(b.StartsAt),
		strings.Compare(a.Fingerprint, b.Fingerprint),
	)
}
