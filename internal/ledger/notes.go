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

// noteMark begins the key of a note. Aliases contain no control characters.
const noteMark = "\x1e"

// Notes returns all notes, by name. The ledger does not interpret them.
func (l *Ledger) Notes() map[string][]byte {
	l.store.mu.RLock()
	defer l.store.mu.RUnlock()
	return maps.Clone(l.store.notes)
}

// Note keeps a few bytes under a name, durably. A nil note removes the name.
func (l *Ledger) Note(ctx context.Context, name string, note []byte) error {
	return l.store.enqueue(ctx, &write{
		notes: []Change{{Key: noteMark + name, Record: bytes.Clone(note)}},
	})
}

// note adds notes to the transaction. The last note of a name wins.
func (t *transaction) note(notes []Change) {
	for _, n := range notes {
		t.notes = slices.DeleteFunc(t.notes, func(former Change) bool { return former.Key == n.Key })
		t.notes = append(t.notes, n)
	}
}

// noteOf returns the name of the note with this key.
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

// note returns the bytes of a note, or nil.
func (s *store) note(name string) []byte {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.notes[name]
}

// takeNote reads a note. It drops a lost note, and keeps one whose newer form may be lost.
func (r *loading) takeNote(name string, l Loaded) {
	if l.Record != nil {
		r.notes[name] = bytes.Clone(l.Record)
	}
	if l.Record == nil || l.Suspect {
		r.repairs = append(r.repairs, l.Key)
	}
}
