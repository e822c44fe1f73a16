// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// broken is a store that has lost records.
type broken struct {
	*Memory
	loads []Loaded // what it says until the key is committed
	aside []string
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

func TestLoad(t *testing.T) {
	good := appendRecord(nil, whole())
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
			b := &broken{Memory: NewMemory(), loads: c.loads}
			load := func() Damage {
				l := New(testPolicy(), b, 1, func() time.Time { return at(100) })
				damage, err := l.Load(t.Context())
				require.NoError(t, err)
				for _, loaded := range c.loads {
					if loaded.Key == "" {
						continue
					}
					e := l.Get(loaded.Key)
					switch {
					case slices.Contains(c.lost, loaded.Key):
						assert.Equal(t, Unknown, e.Incident.State)
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
					call := l.Peek(alias).Call
					assert.Equal(t, Lookup, call.Kind)
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
	t.Run("a newer schema refuses the start", func(t *testing.T) {
		b := &broken{Memory: NewMemory(), loads: []Loaded{{Key: "c"}, {Key: "a", Record: good}, {Key: "b", Record: []byte(`{"schema":2}`)}}}
		_, err := New(testPolicy(), b, 1, time.Now).Load(t.Context())
		require.ErrorIs(t, err, ErrSchema)
		assert.NotContains(t, err.Error(), "\n")
		assert.Empty(t, b.records, "and touches nothing")
	})
	t.Run("a storage that fails", func(t *testing.T) {
		c := newClient()
		c.full = true
		_, err := New(testPolicy(), c, 1, time.Now).Load(t.Context())
		require.ErrorIs(t, err, errDiskFull)
		damaged := &broken{Memory: NewMemory(), loads: []Loaded{{Key: "a"}}}
		_, err = New(testPolicy(), refusing{damaged}, 1, time.Now).Load(t.Context())
		require.ErrorIs(t, err, errDiskFull, "what is lost cannot be put right")
	})
}

// refusing takes nothing.
type refusing struct{ *broken }

func (refusing) Commit(context.Context, []Change, bool) error { return errDiskFull }

// TestASuspectEntryIsLookedUp: its older record may say that the incident is open, or that it is closed.
func TestASuspectEntryIsLookedUp(t *testing.T) {
	p := testPolicy()
	for name, e := range map[string]*Entry{
		"open":   opened(t, p, at(0)),
		"closed": answerNext(t, p, closing(t, p, at(0)), at(0), accepted("1", false)),
	} {
		t.Run(name, func(t *testing.T) {
			b := &broken{Memory: NewMemory(), loads: []Loaded{{Where: "x"}, {Key: theAlias, Record: appendRecord(nil, e), Suspect: true}}}
			l := New(p, b, 1, func() time.Time { return at(100) })
			_, err := l.Load(t.Context())
			require.NoError(t, err)
			call := l.Peek(theAlias).Call
			assert.Equal(t, Lookup, call.Kind)
			assert.True(t, call.At.IsZero(), "as far back as needed")
		})
	}
}
