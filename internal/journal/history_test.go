// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/extension/xextension/storage"
	"pgregory.net/rapid"

	"github.com/alert24/otelcol-alert24/internal/ledger"
)

// moody is a disk on which a transaction can fail, fail although it was carried out, or fail because the disk is full. It can also fail
// only if it changes something.
type moody struct {
	*disk
	now  moods
	next []moods // of the next transactions that change something
}

type moods struct{ fails, lies, refuses, full bool }

func (m *moody) Batch(ctx context.Context, ops ...*storage.Operation) error {
	asks := !slices.ContainsFunc(ops, func(op *storage.Operation) bool { return op.Type != storage.Get })
	if len(m.next) > 0 && !asks {
		m.now, m.next = m.next[0], m.next[1:]
		defer func() { m.now = moods{} }()
	}
	switch {
	case m.now.fails || m.now.refuses && !asks:
		return errDisk
	case m.now.full && !asks:
		return storage.ErrStorageFull
	}
	if err := m.disk.Batch(ctx, ops...); err != nil {
		return err
	}
	if m.now.lies {
		return errDisk
	}
	return nil
}

// history is a journal and the stand-in for the ledger in TestJournalIsTheRecords.
type history struct {
	*moody
	journal *Journal
	memory  owner
	other   map[string][]string // records that disk may have instead
	doubt   []string            // keys of a transaction that seemed to fail and is not yet written over
	undo    bool                // disk has that transaction
	last    int
}

func (h *history) open(ctx context.Context, t *rapid.T) {
	h.journal, h.memory, h.doubt, h.undo = New(h.moody), owner{}, nil, false
	h.journal.log.slack = rapid.SampledFrom([]int{0, 2000, 20_000}).Draw(t, "slack")
	lost, err := h.memory.load(ctx, h.journal)
	require.NoError(t, err)
	require.Empty(t, lost)
}

// commit does what the ledger does: it ends the doubt about the last transaction before it writes.
func (h *history) commit(ctx context.Context, records owner) error {
	if err := h.settle(ctx); err != nil {
		return err
	}
	lies := h.now.lies || slices.ContainsFunc(h.next, func(m moods) bool { return m.lies })
	err := h.memory.commit(ctx, h.journal, records)
	if errors.Is(err, ledger.ErrUncertain) {
		for key, record := range records {
			h.doubt = append(h.doubt, key)
			if lies {
				h.other[key] = append(h.other[key], record)
			}
		}
	}
	return err
}

func (h *history) settle(ctx context.Context) error {
	for len(h.doubt) > 0 {
		if !h.undo {
			there, err := h.journal.Settle(ctx)
			if err != nil {
				return err
			}
			if !there {
				h.doubt = nil
				break
			}
			h.undo = true
		}
		before := owner{}
		for _, key := range h.doubt {
			before[key] = h.memory[key]
		}
		if err := h.memory.commit(ctx, h.journal, before); err != nil {
			return err // that write may be there, too; writing over it again is harmless
		}
		h.doubt, h.undo = nil, false
	}
	clear(h.other)
	return nil
}

// check compares what the journal knows with the disk.
func (h *history) check(t *rapid.T) {
	log := &h.journal.log
	if len(h.doubt) > 0 || h.journal.open != nil {
		return // it does not know until it asks
	}
	require.Len(t, log.places, len(h.memory))
	var live, bytes, onDisk int
	var size int64
	for key, record := range h.memory {
		p := log.places[key]
		require.EqualValues(t, len(record), p.size, key)
		live += p.weight(key)
		size += int64(p.size)
	}
	require.Equal(t, live, log.live)
	require.Equal(t, size, h.journal.Size())
	var keys []string
	for _, s := range log.segments {
		require.Len(t, h.values[segmentKey(s.number)], s.disk)
		bytes, onDisk = bytes+s.bytes, onDisk+s.disk
		keys = append(keys, segmentKey(s.number))
	}
	require.Equal(t, h.segmentKeys(), keys)
	require.Equal(t, bytes, log.bytes)
	require.Equal(t, onDisk, log.disk)
}

// TestJournalIsTheRecords: after any mix of writes, cleaning, refusals and kills, a reader finds the owner's records on disk. A
// transaction that seemed to fail may also be there, until the next one begins.
func TestJournalIsTheRecords(t *testing.T) {
	ctx := t.Context()
	rapid.Check(t, func(t *rapid.T) {
		h := &history{moody: &moody{disk: newDisk()}, other: map[string][]string{}}
		h.open(ctx, t)
		key := rapid.Custom(func(t *rapid.T) string { return fmt.Sprint("key-", rapid.IntRange(0, 40).Draw(t, "n")) })
		write := func(t *rapid.T) {
			next := owner{}
			for _, k := range rapid.SliceOfNDistinct(key, 1, 30, rapid.ID).Draw(t, "keys") {
				h.last++
				if next[k] = ""; rapid.IntRange(0, 3).Draw(t, "leaves") != 0 {
					next[k] = fmt.Sprint(h.last, strings.Repeat("\nx", rapid.SampledFrom([]int{0, 250, 2500}).Draw(t, "length")))
				}
			}
			moody := h.now != (moods{}) || len(h.next) > 0
			if err := h.commit(ctx, next); err != nil {
				require.True(t, moody)
			}
		}
		with := func(mood *bool, do func(*rapid.T)) func(*rapid.T) {
			return func(t *rapid.T) {
				*mood = true
				do(t)
				*mood = false
			}
		}
		mood := rapid.SampledFrom([]moods{{}, {fails: true}, {lies: true}, {full: true}})
		writeMoodily := func(t *rapid.T) {
			h.next = append([]moods{{full: true}}, rapid.SliceOfN(mood, 0, 4).Draw(t, "moods")...)
			write(t)
			h.next = nil
		}
		check := func(*rapid.T) { _ = h.journal.Check(ctx) }
		squeeze := func(*rapid.T) { h.journal.cleanFull(ctx) }
		t.Repeat(map[string]func(*rapid.T){
			"":                                     h.check,
			"write":                                write,
			"more":                                 write,
			"fail":                                 with(&h.now.fails, write),
			"fail although it was done":            with(&h.now.lies, write),
			"fail although questions are answered": with(&h.now.refuses, write),
			"be full":                              with(&h.now.full, write),
			"be full, and then in any mood":        writeMoodily,
			"be short of room":                     func(*rapid.T) { h.journal.reserve.lacksRoom = true },
			"squeeze":                              squeeze,
			"squeeze, which seems to fail":         with(&h.now.lies, squeeze),
			"be asked for room":                    check,
			"be asked for room and lie":            with(&h.now.lies, check),
			"die": func(t *rapid.T) {
				sure := h.memory
				h.open(ctx, t)
				for i := range 41 {
					k := fmt.Sprint("key-", i)
					require.Contains(t, append(h.other[k], sure[k]), h.memory[k], k)
				}
				clear(h.other)
			},
		})
	})
}
