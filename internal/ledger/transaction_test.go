// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"context"
	"fmt"
	"maps"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/alert24/otelcol-alert24/internal/protocol"
)

// A transaction that all callers saw fail did not happen, even if disk had it: an alert that is sent again fires, and a call that is
// claimed again leaves.
func TestATransactionThatSeemedToFail(t *testing.T) {
	m := newDisk()
	now := at(0)
	l := New(testConfig(10, func() time.Time { return now }), &m)
	_, err := l.Load(t.Context())
	require.NoError(t, err)
	// seemsToFail runs do once with a disk that lies, and returns what the next process would find.
	seemsToFail := func(do func() error) *protocol.Entry {
		before := l.Get(theAlias)
		m.lies = true
		require.ErrorIs(t, do(), errDiskFull)
		m.lies = false
		assert.Same(t, before, l.Get(theAlias))
		return m.decode(t)
	}
	apply := func(ev protocol.Event) func() error {
		return func() error {
			_, err := l.Apply(t.Context(), []protocol.Event{ev}, nil)
			return err
		}
	}
	assert.True(t, seemsToFail(apply(firing("am1", at(0)))).Firing())
	outcomes, err := l.Apply(t.Context(), []protocol.Event{firing("am1", at(0))}, nil)
	require.NoError(t, err)
	assert.Equal(t, []protocol.Outcome{protocol.Fired}, outcomes)
	_, d, err := l.Claim(t.Context(), theAlias)
	require.NoError(t, err)
	require.Equal(t, protocol.Create, d.Call.Kind)

	answered := []*protocol.Answered{{Alias: theAlias, Call: d.Call, Answer: protocol.Answer{Result: protocol.Unanswered}}}
	assert.Equal(t, int32(1), seemsToFail(func() error { return l.Learn(t.Context(), answered) }).Doubt.Creates)
	require.NoError(t, l.Learn(t.Context(), answered))
	assert.Equal(t, int32(1), l.Get(theAlias).Doubt.Creates, "it was learnt once")
	now = at(5)
	_, d, err = l.Claim(t.Context(), theAlias)
	require.NoError(t, err)
	require.Equal(t, protocol.Create, d.Call.Kind)
	require.NoError(t, l.Learn(t.Context(), []*protocol.Answered{{Alias: theAlias, Call: d.Call, Answer: accepted("1", true)}}))

	require.NoError(t, apply(resolved("am1", at(0), at(1)))())
	now = at(100)
	var claimed protocol.Decision
	assert.Equal(t, protocol.Close, seemsToFail(func() error {
		_, claimed, err = l.Claim(t.Context(), theAlias)
		return err
	}).Inflight().Kind)
	assert.Equal(t, protocol.Decision{}, claimed)
	_, d, err = l.Claim(t.Context(), theAlias)
	require.NoError(t, err)
	assert.Equal(t, protocol.Close, d.Call.Kind)
}

// moody is a store on which a transaction can fail, with or without being carried out. Settle may fail, too.
type moody struct {
	*Memory
	fails, lies, refuses, there bool
}

func (m *moody) Commit(ctx context.Context, changes []Change, makesRoom bool) error {
	if m.there = false; m.fails || m.refuses {
		return Uncertain(errDiskFull)
	}
	if err := m.Memory.Commit(ctx, changes, makesRoom); err != nil || !m.lies {
		return err
	}
	m.there = true
	return Uncertain(errDiskFull)
}

func (m *moody) Settle(context.Context) (there bool, err error) {
	if m.fails || m.lies {
		return false, errDiskFull
	}
	return m.there, nil
}

// TestStoreIsTheEntries: after any mix of writes, refusals and kills, the store holds what memory holds. Only a transaction that seemed
// to fail may also be there, until the next one begins.
func TestStoreIsTheEntries(t *testing.T) { //nolint:funlen // one random machine: its steps share the state
	ctx := t.Context()
	rapid.Check(t, func(t *rapid.T) {
		m := &moody{Memory: NewMemory()}
		var s *store
		open := func() {
			s = newStore(m, 0)
			damage, err := s.load(ctx)
			require.NoError(t, err)
			require.Zero(t, damage)
		}
		open()
		sure := map[string]uint64{}    // version of each entry; 0: none
		other := map[string][]uint64{} // versions that the store may have instead
		var last uint64
		version := func(alias string) uint64 {
			if e := s.get(alias).entry; e != nil {
				return e.Version
			}
			return 0
		}
		alias := rapid.Custom(func(t *rapid.T) string { return fmt.Sprint("alias-", rapid.IntRange(0, 10).Draw(t, "n")) })
		write := func(t *rapid.T) {
			next := map[string]uint64{}
			var mutations []mutation
			for _, a := range rapid.SliceOfNDistinct(alias, 1, 8, rapid.ID).Draw(t, "aliases") {
				last++
				next[a] = last
				if rapid.IntRange(0, 3).Draw(t, "leaves") == 0 {
					next[a] = 0
				}
				mutations = append(mutations, mutation{alias: a, do: func(slot, usage) (slot, bool) {
					if next[a] == 0 {
						return slot{}, true
					}
					return slot{entry: &protocol.Entry{Alias: a, Version: next[a]}}, true
				}})
			}
			if err := s.update(ctx, mutations...); err == nil {
				maps.Copy(sure, next)
				return
			}
			require.True(t, m.fails || m.lies || m.refuses)
			for a, v := range next {
				sure[a] = max(sure[a], 0) // now it is known
				if m.lies {
					other[a] = append(other[a], v)
				}
			}
		}
		with := func(mood *bool) func(*rapid.T) {
			return func(t *rapid.T) {
				*mood = true
				write(t)
				*mood = false
			}
		}
		t.Repeat(map[string]func(*rapid.T){
			"": func(t *rapid.T) {
				for alias, want := range sure {
					require.Equal(t, want, version(alias), alias)
				}
				if s.doubtful() != nil {
					return
				}
				clear(other)
				entries, _ := s.counts()
				require.Len(t, m.records, entries)
				for alias := range m.records {
					require.Equal(t, string(s.record(alias, nil)), string(m.records[alias]))
				}
			},
			"write":                                write,
			"more":                                 write,
			"fail":                                 with(&m.fails),
			"fail although it was done":            with(&m.lies),
			"fail although questions are answered": with(&m.refuses),
			"die": func(t *rapid.T) {
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
