// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/extension/xextension/storage"
	"pgregory.net/rapid"
)

// moody is a disk on which a transaction can fail, or fail although it was carried out, or only if it changes something.
type moody struct {
	disk
	fails, lies, refuses bool
}

func (m *moody) Batch(ctx context.Context, ops ...*storage.Operation) error {
	asks := !slices.ContainsFunc(ops, func(op *storage.Operation) bool { return op.Type != storage.Get })
	if m.fails || m.refuses && !asks {
		return errDiskFull
	}
	if err := m.disk.Batch(ctx, ops...); err != nil {
		return err
	}
	if m.lies {
		return errDiskFull
	}
	return nil
}

// TestJournalIsTheEntries: whatever is written, cleaned, refused and killed, disk holds what memory holds, once it is read
// again; what a transaction wrote that seemed to fail may be there if the next one has not begun.
func TestJournalIsTheEntries(t *testing.T) {
	ctx := t.Context()
	rapid.Check(t, func(t *rapid.T) {
		m := &moody{disk: disk{records: map[string][]byte{}}}
		var s *store
		open := func() {
			s = newStore(m)
			s.journal.slack = rapid.SampledFrom([]int{0, 2000, 20_000}).Draw(t, "slack")
			unreadable, err := s.load(ctx)
			require.NoError(t, err)
			require.Empty(t, unreadable)
		}
		open()
		sure := map[string]uint64{}    // version of each entry; 0: there is none
		other := map[string][]uint64{} // versions that disk may have instead
		var last uint64
		version := func(alias string) uint64 {
			if e := s.get(alias); e != nil {
				return e.Version
			}
			return 0
		}
		check := func() {
			for alias, want := range sure {
				require.Equal(t, want, version(alias), alias)
			}
			if s.doubtful == nil {
				clear(other)
			}
			var live, bytes, onDisk int
			for _, e := range s.entries {
				live += e.weight()
			}
			require.Equal(t, live, s.journal.live)
			for _, j := range s.journal.segments {
				value, ok := m.records[segmentKey(j.number)]
				require.True(t, ok || s.doubtful != nil, "what is doubtful may have cleaned it")
				if ok {
					require.Len(t, value, j.disk)
				}
				bytes, onDisk = bytes+j.bytes, onDisk+j.disk
			}
			var keys int
			for key := range m.records {
				if strings.HasPrefix(key, segmentPrefix) {
					keys++
				}
			}
			require.True(t, keys == len(s.journal.segments) || s.doubtful != nil, "%d segments, %d on disk", len(s.journal.segments), keys)
			require.Equal(t, bytes, s.journal.bytes)
			require.Equal(t, onDisk, s.journal.disk)
		}
		alias := rapid.Custom(func(t *rapid.T) string { return fmt.Sprint("alias-", rapid.IntRange(0, 40).Draw(t, "n")) })
		write := func(t *rapid.T) {
			next := map[string]uint64{}
			var mutations []mutation
			for _, a := range rapid.SliceOfNDistinct(alias, 1, 30, rapid.ID).Draw(t, "aliases") {
				last++
				next[a] = last
				if rapid.IntRange(0, 3).Draw(t, "leaves") == 0 {
					next[a] = 0
				}
				mutations = append(mutations, mutation{alias: a, do: func(*Entry, int) (*Entry, bool) {
					if next[a] == 0 {
						return nil, true
					}
					e := &Entry{Alias: a, Version: next[a]}
					e.Written = strings.Repeat("x", rapid.SampledFrom([]int{0, 500, 5000}).Draw(t, "length"))
					return e, true
				}})
			}
			err := s.update(ctx, mutations...)
			switch err {
			case nil:
				maps.Copy(sure, next)
				for a := range next {
					delete(other, a)
				}
			default:
				require.True(t, m.fails || m.lies || m.refuses)
				if m.lies {
					for a, v := range next {
						sure[a] = max(sure[a], 0) // it is known now
						other[a] = append(other[a], v)
					}
				}
			}
		}
		t.Repeat(map[string]func(*rapid.T){
			"":      func(*rapid.T) { check() },
			"write": write,
			"more":  write,
			"fail": func(t *rapid.T) {
				m.fails = true
				write(t)
				m.fails = false
			},
			"fail although it was done": func(t *rapid.T) {
				m.lies = true
				write(t)
				m.lies = false
			},
			"fail although questions are answered": func(t *rapid.T) {
				m.refuses = true
				write(t)
				m.refuses = false
			},
			"change nothing": func(t *rapid.T) {
				a := alias.Draw(t, "alias")
				before := m.writes
				doubtful := s.doubtful != nil
				require.NoError(t, s.update(ctx, mutation{alias: a, do: func(e *Entry, _ int) (*Entry, bool) { return e, false }}))
				require.True(t, doubtful || before == m.writes)
			},
			"be short of room": func(*rapid.T) { s.reserve.short = true },
			"squeeze":          func(*rapid.T) { s.squeeze(ctx) },
			"die": func(*rapid.T) {
				open()
				for alias, want := range sure {
					require.Contains(t, append(other[alias], want), version(alias), alias)
					sure[alias] = version(alias)
				}
				clear(other)
			},
		})
	})
}

// What everybody was told had failed has not happened, although disk had it: an alert that is sent again fires, and
// what a claim asks for leaves.
func TestATransactionThatSeemedToFail(t *testing.T) {
	m := &moody{disk: disk{records: map[string][]byte{}}}
	now := at(0)
	l := New(testPolicy(), m, 10, func() time.Time { return now })
	_, err := l.Load(t.Context())
	require.NoError(t, err)
	// seemsToFail does it once with a disk that lies, and says what the next process would find.
	seemsToFail := func(do func() error) *Entry {
		before := l.Get(theAlias)
		m.lies = true
		require.ErrorIs(t, do(), errDiskFull)
		m.lies = false
		assert.Same(t, before, l.Get(theAlias))
		e, err := decode(theAlias, m.record())
		require.NoError(t, err)
		return e
	}
	apply := func(ev Event) func() error {
		return func() error {
			_, err := l.Apply(t.Context(), []Event{ev})
			return err
		}
	}
	assert.True(t, seemsToFail(apply(firing("am1", at(0)))).Firing())
	outcomes, err := l.Apply(t.Context(), []Event{firing("am1", at(0))})
	require.NoError(t, err)
	assert.Equal(t, []Outcome{Fired}, outcomes)
	_, d, err := l.Claim(t.Context(), theAlias)
	require.NoError(t, err)
	require.Equal(t, Create, d.Call.Kind)

	answered := []*Answered{{Alias: theAlias, Call: d.Call, Answer: Answer{Verdict: Unanswered}}}
	assert.Equal(t, int32(1), seemsToFail(func() error { return l.Learn(t.Context(), answered) }).Doubt.Creates)
	require.NoError(t, l.Learn(t.Context(), answered))
	assert.Equal(t, int32(1), l.Get(theAlias).Doubt.Creates, "it was learnt once")
	now = at(5)
	_, d, err = l.Claim(t.Context(), theAlias)
	require.NoError(t, err)
	require.Equal(t, Create, d.Call.Kind)
	require.NoError(t, l.Learn(t.Context(), []*Answered{{Alias: theAlias, Call: d.Call, Answer: accepted("1", true)}}))

	require.NoError(t, apply(resolved("am1", at(0), at(1)))())
	now = at(100)
	var claimed Decision
	assert.Equal(t, Close, seemsToFail(func() error {
		_, claimed, err = l.Claim(t.Context(), theAlias)
		return err
	}).Inflight.Kind)
	assert.Equal(t, Decision{}, claimed)
	_, d, err = l.Claim(t.Context(), theAlias)
	require.NoError(t, err)
	assert.Equal(t, Close, d.Call.Kind)
}

// TestALongRecordCleansMore: one long record that changes again and again does not outgrow many short ones that stay.
func TestALongRecordCleansMore(t *testing.T) {
	s := newStore(newClient())
	_, err := s.load(t.Context())
	require.NoError(t, err)
	put := func(alias string, length int) mutation {
		return mutation{alias: alias, do: func(e *Entry, _ int) (*Entry, bool) {
			if e = e.copy(); e == nil {
				e = &Entry{Alias: alias}
			}
			e.Written = strings.Repeat("x", length)
			return e, true
		}}
	}
	var many []mutation
	for i := range 2000 {
		many = append(many, put(fmt.Sprint("alias-", i), 600))
	}
	require.NoError(t, s.update(t.Context(), many...))
	longest := 0
	for range 100 {
		require.NoError(t, s.update(t.Context(), put("long", 300_000)))
		longest = max(longest, s.journal.bytes)
	}
	assert.Less(t, longest, 2*s.journal.most())
	t.Logf("%d B of records, %d B of segments at most", s.journal.live, longest)
}

// TestJournalStaysShort: however often the same aliases change, disk holds little more than three times what counts, and no
// transaction cleans much more than it writes.
func TestJournalStaysShort(t *testing.T) {
	c := newClient()
	l := New(testPolicy(), c, 10_000, func() time.Time { return at(0) })
	l.store.journal.slack = 64 << 10
	_, err := l.Load(t.Context())
	require.NoError(t, err)
	events := make([]Event, 1000)
	change := func(round, from, to int) {
		for i := from; i < to; i++ {
			events[i] = realistic(i)
			events[i].Firing = round%2 == 0
			events[i].EndsAt = at(i + round)
		}
		_, err := l.Apply(t.Context(), events[from:to])
		require.NoError(t, err)
	}
	change(0, 0, len(events))
	longest := 0
	for round := range 20 {
		for from := 0; from < len(events); {
			to := min(from+1+(from*7+round)%40, len(events))
			before := l.store.journal.last
			change(round+1, from, to)
			segments := int(l.store.journal.last - before)
			assert.LessOrEqual(t, segments, 2+2*(to-from))
			longest = max(longest, l.store.journal.bytes-3*l.store.journal.live)
			from = to
		}
	}
	assert.Less(t, longest, 2*l.store.journal.slack)
	var onDisk int
	for key, value := range c.records {
		if strings.HasPrefix(key, segmentPrefix) {
			onDisk += len(value)
		}
	}
	assert.Equal(t, l.store.journal.disk, onDisk)
	assert.Less(t, onDisk, l.store.journal.live, "it is compressed")
	t.Logf("%d B of records, %d B of segments, %d B on disk", l.store.journal.live, l.store.journal.bytes, onDisk)
}
