// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/alert24/otelcol-alert24/internal/protocol"
)

// broken is a store that has lost records.
type broken struct {
	*Memory
	loads []Loaded // what it reports until the key is committed
	aside []string
	full  bool // it takes only writes that make room
}

func (b *broken) Commit(ctx context.Context, changes []Change, makesRoom bool) error {
	keys := map[string]bool{}
	for _, c := range changes {
		_, bucket := splitKey(c.Key)
		_, note := noteOf(c.Key)
		switch {
		case b.full && !makesRoom:
			return errDiskFull
		case keys[c.Key]:
			return fmt.Errorf("%q comes twice", c.Key)
		case (c.Entry != nil) != (c.Record != nil && bucket < 0 && !note):
			return fmt.Errorf("%q: readers would see %v", c.Key, c.Entry)
		}
		keys[c.Key] = true
	}
	return b.Memory.Commit(ctx, changes, makesRoom)
}

func (b *broken) Load(_ context.Context, each func(Loaded) error, _ func(string, []byte) []byte) error {
	for _, l := range b.loads {
		if record, known := b.records[l.Key]; known {
			l = Loaded{Key: l.Key, Record: record}
		} else if l.Key == "" && len(b.records) > 0 {
			continue
		}
		if err := each(l); errors.Is(err, ErrUnreadable) {
			b.aside = append(b.aside, l.Where)
		} else if err != nil {
			return err
		}
	}
	return nil
}

// whole is the record of an entry whose incident "1" is being updated.
func whole(t *testing.T) []byte {
	t.Helper()
	m := NewMemory()
	l := New(testConfig(1, func() time.Time { return at(2) }), m)
	apply(t, l, firing("am1", at(1)))
	open(t, l, theAlias, "1")
	apply(t, l, saying("something else", firing("am1", at(1))))
	l.Peek(theAlias)
	_, d, err := l.Claim(t.Context(), theAlias)
	require.NoError(t, err)
	require.Equal(t, protocol.Update, d.Call.Kind)
	return m.records[theAlias]
}

func TestLoad(t *testing.T) { //nolint:funlen // one table of cases
	good := whole(t)
	for name, c := range map[string]struct {
		loads  []Loaded
		damage Damage
		lost   []string
	}{
		"nothing is damaged": {loads: []Loaded{{Key: "a", Record: good}, {Key: "b", Record: good}}},
		"an unreadable record": {
			[]Loaded{{Key: "a", Record: good}, {Key: "b", Record: []byte("garbage"), Where: "x"}},
			Damage{Unreadable: []Unreadable{{"x", []string{"b"}}}},
			[]string{"b"},
		},
		"lost records": {
			[]Loaded{{Key: "a", Where: "x"}, {Key: "c", Where: "y"}, {Key: "b", Where: "x"}},
			Damage{Unreadable: []Unreadable{{"x", []string{"a", "b"}}, {"y", []string{"c"}}}},
			[]string{"a", "b", "c"},
		},
		"records of aliases that are not known": {
			[]Loaded{{Where: "x"}, {Key: "a", Record: good, Suspect: true}, {Key: "b", Record: good}},
			Damage{Unreadable: []Unreadable{{Where: "x"}}, Suspect: 1},
			nil,
		},
	} {
		t.Run(name, func(t *testing.T) {
			b := &broken{Memory: NewMemory(), loads: c.loads, full: true}
			load := func() Damage {
				l := New(testConfig(1, func() time.Time { return at(100) }), b)
				damage, err := l.Load(t.Context())
				require.NoError(t, err)
				for _, loaded := range c.loads {
					if loaded.Key == "" {
						continue
					}
					e := l.Get(loaded.Key)
					switch {
					case slices.Contains(c.lost, loaded.Key):
						assert.Equal(t, protocol.Unknown, e.Incident.State)
					case loaded.Suspect:
						assert.Equal(t, "1", e.Incident.ID)
						assert.Empty(t, e.Written, "a newer text may have been written")
						assert.Positive(t, e.Doubt.Creates, "a create may have been sent")
					default:
						assert.Equal(t, "1", e.Incident.ID)
						assert.False(t, e.Doubt.Since.IsZero())
						continue
					}
					assert.True(t, e.Doubt.Set)
					assert.True(t, e.Doubt.Since.IsZero(), "as far back as needed")
				}
				for _, alias := range c.lost {
					e, _ := l.Look(alias)
					assert.Equal(t, at(100), e.Pending)
					call := l.Peek(alias).Call
					assert.Equal(t, protocol.Lookup, call.Kind)
					assert.True(t, call.At.IsZero(), "as far back as needed")
				}
				_, live := l.Counts()
				assert.Equal(t, len(l.Aliases()), live)
				return damage
			}
			assert.Equal(t, c.damage, load())
			for _, u := range c.damage.Unreadable {
				if len(u.Aliases) > 0 {
					assert.Contains(t, b.aside, u.Where)
				}
			}
			assert.Zero(t, load(), "also after the next crash")
		})
	}
	t.Run("however many records are lost", func(t *testing.T) {
		b := &broken{Memory: NewMemory()}
		for i := range 1001 {
			b.loads = append(b.loads, Loaded{Key: fmt.Sprint("alias ", i), Where: "x"})
		}
		_, err := New(testConfig(1, func() time.Time { return at(100) }), b).Load(t.Context())
		require.NoError(t, err)
		assert.Len(t, b.records, 1001)
	})
	t.Run("a newer schema refuses the start", func(t *testing.T) {
		b := &broken{Memory: NewMemory(), loads: []Loaded{{Key: "c"}, {Key: "a", Record: good}, {Key: "b", Record: []byte(`{"schema":2}`)}}}
		_, err := New(testConfig(1, time.Now), b).Load(t.Context())
		require.ErrorIs(t, err, protocol.ErrSchema)
		assert.NotContains(t, err.Error(), "\n")
		assert.Empty(t, b.records, "and touches nothing")
	})
	t.Run("a storage that fails", func(t *testing.T) {
		c := newClient()
		c.full = true
		_, err := New(testConfig(1, time.Now), c).Load(t.Context())
		require.ErrorIs(t, err, errDiskFull)
		damaged := &broken{Memory: NewMemory(), loads: []Loaded{{Key: "a"}}}
		_, err = New(testConfig(1, time.Now), refusing{damaged}).Load(t.Context())
		require.ErrorIs(t, err, errDiskFull, "what is lost cannot be put right")
	})
}

// refusing accepts no writes.
type refusing struct{ *broken }

func (refusing) Commit(context.Context, []Change, bool) error { return errDiskFull }

// TestASuspectEntryIsLookedUp: the older record of the entry may show its incident as open or as closed.
func TestASuspectEntryIsLookedUp(t *testing.T) {
	for _, closed := range []bool{false, true} {
		t.Run(fmt.Sprint("closed ", closed), func(t *testing.T) {
			m := NewMemory()
			l := New(testConfig(1, func() time.Time { return at(0) }), m)
			apply(t, l, firing("am1", at(0)))
			open(t, l, theAlias, "1")
			if closed {
				apply(t, l, resolved("am1", at(0), at(0)))
				answer(t, l, theAlias, protocol.Close, accepted("1", false))
			}
			b := &broken{Memory: NewMemory(), loads: []Loaded{{Where: "x"}, {Key: theAlias, Record: m.records[theAlias], Suspect: true}}}
			l = New(testConfig(1, func() time.Time { return at(100) }), b)
			_, err := l.Load(t.Context())
			require.NoError(t, err)
			call := l.Peek(theAlias).Call
			assert.Equal(t, protocol.Lookup, call.Kind)
			assert.True(t, call.At.IsZero(), "as far back as needed")
		})
	}
}

// If the record of an entry with buckets or one of these cannot be decoded, the incident is looked up, and the buckets are removed.
func TestLoadWithADamagedEntryOfBuckets(t *testing.T) {
	for _, key := range []string{theAlias, bucketKey(theAlias, 1)} {
		c, _ := bigDisk(t)
		c.records[key] = c.records[key][:len(c.records[key])-1]
		b := lossy(c, func([]string) {}, nil)
		l := New(testConfig(10, func() time.Time { return at(1) }), b)
		damage, err := l.Load(t.Context())
		require.NoError(t, err)
		assert.Equal(t, Damage{Unreadable: []Unreadable{{Where: "segment", Aliases: []string{theAlias}}}}, damage)
		assert.Equal(t, protocol.Lookup, l.Peek(theAlias).Call.Kind)
		assert.Len(t, b.records, 1)
	}
}
