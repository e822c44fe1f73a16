// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"bytes"
	"context"
	"maps"
	"slices"
	"strings"
)

// noteMark begins the key of a note. Aliases have no control characters.
const noteMark = "\x1e"

// Notes returns what Note has kept, by name. The ledger does not know what is in a note.
func (l *Ledger) Notes() map[string][]byte {
	l.store.mu.RLock()
	defer l.store.mu.RUnlock()
	return maps.Clone(l.store.notes)
}

// Note keeps a few bytes under a name, durably; nil removes them.
func (l *Ledger) Note(ctx context.Context, name string, note []byte) error {
	return l.store.enqueue(ctx, &write{
		notes: []Change{{Key: noteMark + name, Record: bytes.Clone(note)}},
	})
}

// note takes notes into the transaction. Of one name the last counts.
func (t *transaction) note(notes []Change) {
	for _, n := range notes {
		t.notes = slices.DeleteFunc(t.notes, func(former Change) bool { return former.Key == n.Key })
		t.notes = append(t.notes, n)
	}
}

// noteOf returns the name of the note that a key is of.
func noteOf(key string) (name string, ok bool) { return strings.CutPrefix(key, noteMark) }

// keepNote puts a note into memory. The caller holds mu.
func (s *store) keepNote(c Change) {
	name, _ := noteOf(c.Key)
	if c.Record == nil {
		delete(s.notes, name)
	} else {
		s.notes[name] = c.Record
	}
}

// note returns the bytes of a note, nil if there is none.
func (s *store) note(name string) []byte {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.notes[name]
}

// takeNote reads a note. One that is lost is forgotten, and one whose newer form may be lost is kept.
func (r *loading) takeNote(name string, l Loaded) {
	if l.Record != nil {
		r.notes[name] = bytes.Clone(l.Record)
	}
	if l.Record == nil || l.Suspect {
		r.repairs = append(r.repairs, l.Key)
	}
}
