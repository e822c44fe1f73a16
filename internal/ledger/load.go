// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/alert24/otelcol-alert24/internal/protocol"
)

// Unreadable is a part of the storage that could not be read. The store keeps it aside.
type Unreadable struct {
	// Where the store had it.
	Where string
	// Aliases whose records are lost; empty if they are unknown. Their incidents, if any, will be looked up.
	Aliases []string
}

// Damage is everything that Load could not read.
type Damage struct {
	Unreadable []Unreadable
	// Suspect counts the aliases whose latest record may be lost. Their incidents will be looked up.
	Suspect int
}

// Load reads the entries from storage.
func (l *Ledger) Load(ctx context.Context) (Damage, error) {
	now := l.now()
	l.policy.HeardSince = now
	damage, err := l.store.load(ctx)
	if err != nil {
		return Damage{}, err
	}
	for alias, c := range l.store.slots {
		s := c.slot()
		n := l.policy.Load(s.entry, now)
		if s.since.After(now) {
			s.since = now // the wall clock may have been set back
		}
		s.stale = !n.Members.Same(&s.entry.Members)
		s.set(n)
		s.mark(now, false)
		l.store.keep(alias, nil, s)
	}
	return damage, nil
}

// load reads all records.
func (s *store) load(ctx context.Context) (Damage, error) {
	if s.disk == nil {
		return Damage{}, nil
	}
	r := newLoading(s)
	if err := s.disk.Load(ctx, r.take, s.record); err != nil {
		return Damage{}, fmt.Errorf("cannot read the ledger from storage: %w", err)
	}
	if err := r.join(); err != nil {
		return Damage{}, fmt.Errorf("cannot read the ledger from storage: %w", err)
	}
	return r.damage, r.repair(ctx)
}

// loading puts records into memory.
type loading struct {
	*store
	damage   Damage
	buckets  map[string][]byte // records of buckets, by key
	lost     map[string]string // places of lost buckets, by key
	split    map[string]Loaded // records of entries with buckets, by alias
	suspects map[string]bool   // those whose newer record may be lost
	repairs  []string          // keys whose record must be written again
}

func newLoading(s *store) *loading {
	return &loading{store: s, buckets: map[string][]byte{}, split: map[string]Loaded{}, lost: map[string]string{}, suspects: map[string]bool{}}
}

func (r *loading) take(l Loaded) error {
	if l.Key == "" {
		r.damage.Unreadable = append(r.damage.Unreadable, Unreadable{Where: l.Where})
		return nil
	}
	if name, ok := noteOf(l.Key); ok {
		r.takeNote(name, l)
		if l.Record == nil {
			return ErrUnreadable
		}
		return nil
	}
	alias, bucket := splitKey(l.Key)
	if l.Suspect {
		r.suspects[alias] = true
	}
	switch {
	case bucket >= 0 && l.Record == nil:
		r.lost[l.Key] = l.Where
		return ErrUnreadable
	case bucket >= 0:
		r.buckets[l.Key] = bytes.Clone(l.Record)
		return nil
	}
	var split bool
	e, err := protocol.Decode(alias, l.Record, func(int) []byte { split = true; return nil })
	if split {
		l.Record = bytes.Clone(l.Record)
		r.split[alias] = l
		return nil
	}
	return r.put(e, err, alias, l)
}

// put puts an entry into memory, or a substitute if its record cannot be read.
func (r *loading) put(e *protocol.Entry, err error, alias string, l Loaded) error {
	switch {
	case errors.Is(err, protocol.ErrSchema):
		return err
	case err != nil:
		e, err = protocol.Lost(alias), ErrUnreadable
		r.unreadable(alias, l.Where)
		r.repairs = append(r.repairs, alias)
	case r.suspects[alias]:
		e = protocol.Uncertain(e)
		r.damage.Suspect++
		r.repairs = append(r.repairs, alias)
	}
	r.keepEntry(e, l)
	return err
}

// keepEntry keeps an entry with the other facts of its record.
func (r *loading) keepEntry(e *protocol.Entry, l Loaded) {
	s := slot{entry: e, since: protocol.PendingSince(l.Record)}
	r.slots[e.Alias] = s.store()
}

// join completes the entries that have buckets. If a bucket is lost, its alerts are forgotten until they are sent again. The entry is
// then in doubt, because a call for these alerts may have been carried out.
func (r *loading) join() error {
	for alias, l := range r.split {
		where, lost := "", false
		e, err := protocol.Decode(alias, l.Record, func(i int) []byte {
			key := bucketKey(alias, i)
			b, there := r.buckets[key]
			if !there {
				where, lost = cmp.Or(r.lost[key], l.Where), true
				return protocol.NoMembers()
			}
			return b
		})
		for i := 0; err == nil && i < e.Buckets(); i++ {
			delete(r.buckets, bucketKey(alias, i))
			delete(r.lost, bucketKey(alias, i))
		}
		if err == nil && lost {
			r.unreadable(alias, where)
			r.repairs = append(r.repairs, alias)
			r.keepEntry(protocol.Uncertain(e), l)
			continue
		}
		if err := r.put(e, err, alias, l); err != nil && !errors.Is(err, ErrUnreadable) {
			return err
		}
	}
	// The remaining buckets belong to no entry: it is lost, or has no such bucket.
	r.repairs = slices.AppendSeq(r.repairs, maps.Keys(r.buckets))
	r.repairs = slices.AppendSeq(r.repairs, maps.Keys(r.lost))
	return nil
}

func (r *loading) unreadable(alias, where string) {
	all := &r.damage.Unreadable
	i := slices.IndexFunc(*all, func(u Unreadable) bool { return u.Where == where })
	if i < 0 {
		i = len(*all)
		*all = append(*all, Unreadable{Where: where})
	}
	(*all)[i].Aliases = append((*all)[i].Aliases, alias)
}

// repair writes the reported records again: otherwise the store would report them at each start.
func (r *loading) repair(ctx context.Context) error {
	const together = 1000
	for keys := range slices.Chunk(r.repairs, together) {
		var changes []Change
		for _, key := range keys {
			e := r.slots[key].entry
			changes = append(changes, Change{Key: key, Record: r.record(key, nil), Entry: e})
			for i := range e.Buckets() {
				changes = append(changes, Change{Key: bucketKey(key, i), Record: protocol.AppendBucket(nil, e, i)})
			}
		}
		if err := r.disk.Commit(ctx, changes, true); err != nil {
			return unwritten(err)
		}
	}
	return nil
}

// record appends the record that memory holds for a key, or nothing.
func (s *store) record(key string, b []byte) []byte {
	if name, ok := noteOf(key); ok {
		return append(b, s.note(name)...)
	}
	alias, bucket := splitKey(key)
	current := s.get(alias)
	e := current.entry
	switch {
	case e == nil || bucket >= e.Buckets():
		return b
	case bucket >= 0:
		return protocol.AppendBucket(b, e, bucket)
	default:
		return protocol.AppendPending(protocol.AppendRecord(b, e), current.since)
	}
}
