// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// Unreadable says what of the storage could not be read. It is kept aside there.
type Unreadable struct {
	// Where it was.
	Where string
	// Aliases whose records are lost. Nothing is known of them but that there may be incidents, which will be looked up. If
	// there are none, the aliases are not known.
	Aliases []string
}

// Damage is what Load could not read.
type Damage struct {
	Unreadable []Unreadable
	// Suspect counts the aliases whose newer record may be lost. Their incidents will be looked up.
	Suspect int
}

// Load reads the entries from storage.
func (l *Ledger) Load(ctx context.Context) (Damage, error) {
	damage, err := l.store.load(ctx)
	if err != nil {
		return Damage{}, err
	}
	now := l.now()
	for alias, e := range l.store.entries {
		n := l.policy.Load(e, now)
		if !n.unsure() {
			n.mark(now)
		}
		l.store.entries[alias] = n
	}
	for _, e := range l.store.entries {
		l.store.live += e.live()
	}
	return damage, nil
}

// load reads all records.
func (s *store) load(ctx context.Context) (Damage, error) {
	if s.disk == nil {
		return Damage{}, nil
	}
	r := loading{store: s}
	if err := s.disk.Load(ctx, r.take, s.record); err != nil {
		return Damage{}, fmt.Errorf("cannot read the ledger from storage: %w", err)
	}
	return r.damage, r.repair(ctx)
}

// loading takes records into memory.
type loading struct {
	*store
	damage  Damage
	repairs []string // aliases whose record must be written anew
}

func (r *loading) take(l Loaded) error {
	if l.Key == "" {
		r.damage.Unreadable = append(r.damage.Unreadable, Unreadable{Where: l.Where})
		return nil
	}
	e, err := decode(l.Key, l.Record)
	switch {
	case errors.Is(err, ErrSchema):
		return err
	case err != nil:
		e, err = lost(l.Key), ErrUnreadable
		r.unreadable(l)
	case l.Suspect:
		e.suspect()
		r.damage.Suspect++
	}
	if err != nil || l.Suspect {
		r.repairs = append(r.repairs, l.Key)
	}
	r.entries[l.Key] = e
	return err
}

func (r *loading) unreadable(l Loaded) {
	all := &r.damage.Unreadable
	i := slices.IndexFunc(*all, func(u Unreadable) bool { return u.Where == l.Where && len(u.Aliases) > 0 })
	if i < 0 {
		i = len(*all)
		*all = append(*all, Unreadable{Where: l.Where})
	}
	(*all)[i].Aliases = append((*all)[i].Aliases, l.Key)
}

// lost is the entry of a record that cannot be read: nothing is known but that there may be an incident.
func lost(alias string) *Entry {
	return &Entry{Alias: alias, Incident: Incident{State: Unknown}, Doubt: Doubt{Set: true}}
}

// suspect puts an entry in doubt whose newer record may be lost: whatever may have been sent since then may have been carried
// out, however long ago.
func (e *Entry) suspect() {
	e.Doubt.Set, e.Doubt.Since, e.Written = true, time.Time{}, ""
	e.Doubt.Creates = max(1, e.Doubt.Creates)
}

// repair writes anew what the store reported: until then it reports it at each start.
func (r *loading) repair(ctx context.Context) error {
	const together = 1000
	for aliases := range slices.Chunk(r.repairs, together) {
		changes := make([]Change, 0, len(aliases))
		for _, alias := range aliases {
			changes = append(changes, Change{Key: alias, Record: r.record(alias, nil)})
		}
		if err := r.disk.Commit(ctx, changes, true); err != nil {
			return unwritten(err)
		}
	}
	return nil
}

// record appends the record of an alias as memory has it, or nothing.
func (s *store) record(alias string, b []byte) []byte {
	if e := s.get(alias); e != nil {
		return appendRecord(b, e)
	}
	return b
}
