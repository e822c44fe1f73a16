// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

// Package ledger keeps what every alias should look like in Alert24 and what is known of it, durably: all entries of
// package protocol with their timers in memory, under one writer, and the records of the entries in a [Store]. Webhooks that wait share a
// transaction. It renders what incidents should say, outside of its locks. Start reading with Ledger.Apply and Ledger.Claim.
package ledger

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/alert24/otelcol-alert24/internal/incident"
	"github.com/alert24/otelcol-alert24/internal/protocol"
)

// Config of a ledger.
type Config struct {
	Policy *protocol.Policy
	// Render says what an incident with these alerts says; the first is the worst.
	Render func(alias string, firing []incident.Alert, more incident.Context) incident.Content
	// SeverityOnlyRises keeps the incident at the worst severity of the episode.
	SeverityOnlyRises bool
	// Aliases bounds the live entries, and the closed ones.
	Aliases int
	// Armed bounds the creates that are written ahead with the alerts that need them; 0 is no bound. More than can leave at once would
	// only be rendered twice: those that wait are written ahead when they leave.
	Armed int
	// Now is the clock.
	Now func() time.Time

	// Fresh is how long an armed create may wait for its request before it is written ahead anew; 0 is forever.
	Fresh time.Duration
	// Unpack makes events of a row of the inbox, and Unpacked hears what they did. It must not wait for the ledger.
	Unpack   func(r Row) ([]protocol.Event, error)
	Unpacked func(events []protocol.Event, outcomes []protocol.Outcome)
}

// Ledger is safe for concurrent use.
type Ledger struct {
	cfg    Config
	policy *protocol.Policy
	store  *store
	now    func() time.Time

	silences silences
}

// FullError says how many events need a new entry that the ledger has no room for. The others were applied.
type FullError struct {
	Refused, Max int
}

func (e *FullError) Error() string {
	return fmt.Sprintf("%d alerts with new aliases refused: there are limits::aliases (%d) live aliases", e.Refused, e.Max)
}

// New returns a ledger over disk; nil keeps everything in memory only.
func New(cfg Config, disk Store) *Ledger {
	l := &Ledger{cfg: cfg, policy: cfg.Policy, store: newStore(disk), now: cfg.Now}
	l.store.inbox.unpack = l.unpack
	return l
}

// Check returns why the storage would not take alerts with new aliases now, nil if it would. It waits for its turn no
// longer than ctx.
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

// Counts returns the number of entries, and of those that are not over.
func (l *Ledger) Counts() (entries, live int) { return l.store.counts() }
