// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

// Package ledger keeps the desired state of every alias and what is known of its incident, durably. It holds all entries of package
// protocol with their timers in memory, under one writer, and their records in a [Store]. Webhooks that wait share a transaction.
// Contents of incidents are rendered outside of the locks. Start reading with Ledger.Apply and Ledger.Claim.
package ledger

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/alert24/otelcol-alert24/internal/incident"
	"github.com/alert24/otelcol-alert24/internal/protocol"
	"github.com/alert24/otelcol-alert24/internal/text"
)

// Config configures a ledger.
type Config struct {
	Policy *protocol.Policy
	// Render writes the content of an incident with these alerts; the first alert is the worst.
	Render func(alias string, firing []incident.Alert, more incident.Context) incident.Content
	// SeverityOnlyRises keeps the incident at the worst severity of the episode.
	SeverityOnlyRises bool
	// Aliases bounds the live entries and, separately, the closed ones.
	Aliases int
	// Armed bounds the creates that are written ahead together with their alerts; 0 means no bound. Creates that cannot leave soon would
	// be rendered twice: they are written ahead when they leave.
	Armed int
	// Patience is how long a call or an answer waits for a webhook whose transaction it can share. It leaves the disk to the webhooks.
	Patience time.Duration
	// Now is the clock.
	Now func() time.Time

	// Fresh is how long the write-ahead of an armed create counts before the request leaves; 0 means forever.
	Fresh time.Duration
	// Unpack turns a row of the inbox into events, and Unpacked is told what they did. Unpacked must not wait for the ledger.
	Unpack   func(r Row) ([]protocol.Event, error)
	Unpacked func(events []protocol.Event, outcomes []protocol.Outcome)
}

// Ledger is safe for concurrent use.
type Ledger struct {
	cfg    Config
	policy *protocol.Policy
	store  *store
	now    func() time.Time
	bytes  int64 // for the alerts of entries that are not closed

	silences silences
}

// FullError tells how many events found no room for their new entry or alert. All other events were applied.
type FullError struct {
	Refused, Max int
}

func (e *FullError) Error() string {
	return fmt.Sprintf("%s refused: limits::aliases (%d) is reached", text.Count(e.Refused, "new alert", "new alerts"), e.Max)
}

// New returns a ledger over disk. If disk is nil, everything stays in memory only.
func New(cfg Config, disk Store) *Ledger {
	l := &Ledger{cfg: cfg, policy: cfg.Policy, store: newStore(disk, cfg.Patience), now: cfg.Now, bytes: max(int64(cfg.Aliases)*aliasBytes, minBytes), silences: newSilences()}
	l.store.inbox.unpack = l.unpack
	return l
}

// Check returns why the storage would refuse alerts with new aliases now, or nil. It waits for its turn until ctx ends.
func (l *Ledger) Check(ctx context.Context) error { return l.store.check(ctx) }

// Aliases returns all aliases.
func (l *Ledger) Aliases() []string {
	l.store.mu.RLock()
	defer l.store.mu.RUnlock()
	aliases := make([]string, 0, len(l.store.slots)+len(l.store.closed))
	aliases = slices.AppendSeq(aliases, maps.Keys(l.store.slots))
	return slices.AppendSeq(aliases, maps.Keys(l.store.closed))
}

// Get returns the entry of alias, or nil.
func (l *Ledger) Get(alias string) *protocol.Entry { return l.store.get(alias).entry }

// Timed returns the entry of alias with its timers, or without an entry.
func (l *Ledger) Timed(alias string) protocol.Timed {
	s := l.store.get(alias)
	return s.timed()
}

// Counts returns the number of all entries and of the live ones.
func (l *Ledger) Counts() (entries, live int) { return l.store.counts() }
