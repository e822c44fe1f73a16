// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/alert24/otelcol-alert24/internal/protocol"
)

// many returns firings of n alerts of the alias.
func many(n int) []protocol.Event {
	events := make([]protocol.Event, n)
	for i := range events {
		events[i] = alert(fmt.Sprint("f", i), firing("am1", at(0)))
	}
	return events
}

// bigDisk holds an entry with 100 alerts in several buckets. Its incident "1" is open.
func bigDisk(t *testing.T) (*client, *Ledger) {
	t.Helper()
	c := newClient()
	l := New(testConfig(10, func() time.Time { return at(0) }), c)
	apply(t, l, many(100)...)
	open(t, l, theAlias, "1")
	require.Len(t, c.records, 1+l.Get(theAlias).Buckets())
	require.Greater(t, len(c.records), 3)
	return c, l
}

// A change of one alert of many writes only its bucket.
func TestAChangeWritesOneBucket(t *testing.T) {
	c, l := bigDisk(t)
	c.batches = nil
	apply(t, l, saying("new", many(1)[0]))
	require.Len(t, c.batches, 1)
	assert.Len(t, c.batches[0], 2)
	assert.Equal(t, theAlias, c.batches[0][0])
	c.batches = nil
	apply(t, l, many(1000)...)
	assert.Len(t, c.batches[0], 1+l.Get(theAlias).Buckets(), "more buckets: each alert may lie elsewhere")
	sameOnDisk(t, l, c.Memory)
}

// sameOnDisk requires that the store holds exactly what memory holds.
func sameOnDisk(t require.TestingT, l *Ledger, m *Memory) {
	records := 0
	for _, alias := range l.Aliases() {
		s := l.store.get(alias)
		records += 1 + s.entry.Buckets()
		for i := -1; i < s.entry.Buckets(); i++ {
			key := s.entry.Alias
			if i >= 0 {
				key = bucketKey(key, i)
			}
			require.Contains(t, m.records, key)
			require.Equal(t, string(l.store.record(key, nil)), string(m.records[key]), "%q", key)
		}
	}
	require.Len(t, m.records, records)
}

// A write that seemed to fail but was carried out is written over. Its extra buckets are removed.
func TestAnEntryThatSeemedToGrowIsWrittenOver(t *testing.T) {
	c := newClient()
	l := New(testConfig(10, func() time.Time { return at(0) }), c)
	apply(t, l, many(20)...)
	before := l.Get(theAlias)
	for _, known := range []bool{true, false} {
		alias := theAlias
		if !known {
			alias = "new"
		}
		events := many(200)
		for i := range events {
			events[i] = of(alias, events[i])
		}
		c.lies = true
		_, err := l.Apply(t.Context(), events, nil)
		require.ErrorIs(t, err, errDiskFull)
		require.Same(t, before, l.Get(theAlias))
		require.Greater(t, len(c.records), 8, "the store has it")
		apply(t, l, of("other", firing("am1", at(0))))
		sameOnDisk(t, l, c.Memory)
	}
}

func TestAnEntryThatExpiresLeavesNoBucket(t *testing.T) {
	for _, restarted := range []bool{false, true} {
		now := at(0)
		m := NewMemory()
		l := New(testConfig(10, func() time.Time { return now }), m)
		events := many(40)
		apply(t, l, events...)
		for i := range events {
			events[i].Firing, events[i].EndsAt = false, at(0)
		}
		apply(t, l, events...)
		if restarted {
			l = New(testConfig(10, func() time.Time { return now }), m)
			_, err := l.Load(t.Context())
			require.NoError(t, err)
		}
		now = at(3600)
		_, _, err := l.Claim(t.Context(), theAlias)
		require.NoError(t, err)
		assert.Empty(t, l.Aliases())
		assert.Empty(t, m.records, "restarted %t", restarted)
	}
}

// lossy is a store that loads its records in the given order, without the lost ones.
func lossy(c *client, order func(keys []string), lost map[string]bool, suspects ...string) *broken {
	b := &broken{Memory: NewMemory()}
	var keys []string
	for key := range c.records {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	order(keys)
	for _, key := range keys {
		l := Loaded{Key: key, Record: c.records[key], Where: "segment", Suspect: slices.Contains(suspects, key)}
		if lost[key] {
			l.Record = nil
		}
		b.loads = append(b.loads, l)
	}
	return b
}

func TestLoadTakesBucketsInAnyOrder(t *testing.T) {
	c, former := bigDisk(t)
	for name, order := range map[string]func([]string){"in order": func([]string) {}, "the other way round": slices.Reverse[[]string]} {
		t.Run(name, func(t *testing.T) {
			b := lossy(c, order, nil)
			l := New(testConfig(10, func() time.Time { return at(1) }), b)
			damage, err := l.Load(t.Context())
			require.NoError(t, err)
			assert.Zero(t, damage)
			e := l.Get(theAlias)
			assert.Equal(t, 100, e.Members.Firing())
			assert.Equal(t, former.Get(theAlias).Buckets(), e.Buckets())
			assert.Empty(t, b.records, "nothing is written anew")
			assert.Equal(t, "1", e.Incident.ID)
		})
	}
}

// If buckets are lost, the rest of the entry is kept, and its incident is looked up.
func TestLoadWithoutBuckets(t *testing.T) {
	c, l := bigDisk(t)
	buckets := l.Get(theAlias).Buckets()
	all := map[string]bool{}
	for i := range buckets {
		all[bucketKey(theAlias, i)] = true
	}
	for name, lost := range map[string]map[string]bool{"one": {bucketKey(theAlias, 1): true}, "all": all} {
		t.Run(name, func(t *testing.T) {
			b := lossy(c, func([]string) {}, lost)
			l := New(testConfig(10, func() time.Time { return at(1) }), b)
			damage, err := l.Load(t.Context())
			require.NoError(t, err)
			assert.Equal(t, Damage{Unreadable: []Unreadable{{Where: "segment", Aliases: []string{theAlias}}}}, damage)
			assert.Contains(t, b.aside, "segment")
			e := l.Get(theAlias)
			assert.Equal(t, "1", e.Incident.ID)
			assert.True(t, e.Doubt.Set)
			assert.True(t, e.Doubt.Since.IsZero(), "as far back as needed")
			assert.Less(t, e.Members.Len(), 100)
			assert.Equal(t, len(lost) == 1, e.Firing())
			assert.Equal(t, protocol.Lookup, l.Peek(theAlias).Call.Kind)
			for key := range lost {
				assert.Contains(t, b.records, key, "written anew")
			}

			l = New(testConfig(10, func() time.Time { return at(1) }), b)
			damage, err = l.Load(t.Context())
			require.NoError(t, err)
			assert.Zero(t, damage, "what is put right is reported once")
			apply(t, l, many(100)...)
			assert.Equal(t, 100, l.Get(theAlias).Members.Firing())
		})
	}
}

// The age of a pending change survives the loss of a bucket.
func TestLoadWithoutABucketKnowsSinceWhenAChangeIsPending(t *testing.T) {
	c := newClient()
	apply(t, New(testConfig(10, func() time.Time { return at(0) }), c), many(100)...)
	b := lossy(c, func([]string) {}, map[string]bool{bucketKey(theAlias, 1): true})
	for _, restarted := range []string{"with the loss", "after the repair"} {
		l := New(testConfig(10, func() time.Time { return at(60) }), b)
		_, err := l.Load(t.Context())
		require.NoError(t, err)
		assert.True(t, l.Stats().Oldest.Equal(at(0)), "%s: %s", restarted, l.Stats().Oldest)
	}
}

// A bucket that may be outdated puts the entry in doubt.
func TestLoadWithASuspectBucket(t *testing.T) {
	c, _ := bigDisk(t)
	b := lossy(c, func([]string) {}, nil, bucketKey(theAlias, 2))
	l := New(testConfig(10, func() time.Time { return at(1) }), b)
	damage, err := l.Load(t.Context())
	require.NoError(t, err)
	assert.Equal(t, Damage{Suspect: 1}, damage)
	assert.True(t, l.Get(theAlias).Doubt.Set)
	assert.Equal(t, 100, l.Get(theAlias).Members.Firing())
	assert.Len(t, b.records, 1+l.Get(theAlias).Buckets(), "all of it is written anew")
}

// Buckets are removed if their entry is lost or has no such buckets.
func TestLoadRemovesStrayBuckets(t *testing.T) {
	c, _ := bigDisk(t)
	delete(c.records, theAlias)
	l := New(testConfig(10, func() time.Time { return at(1) }), c)
	damage, err := l.Load(t.Context())
	require.NoError(t, err)
	assert.Zero(t, damage)
	assert.Empty(t, l.Aliases())
	assert.Empty(t, c.records)
}

// TestStoreIsTheLedger: after any mix of writes, refusals, apparent failures and kills, the store has what the ledger has.
func TestStoreIsTheLedger(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := &moody{Memory: NewMemory()}
		now := at(0)
		var l *Ledger
		open := func(t *rapid.T) {
			l = New(testConfig(10, func() time.Time { return now }), m)
			damage, err := l.Load(t.Context())
			require.NoError(t, err)
			require.Zero(t, damage)
		}
		open(t)
		said := 0
		write := func(t *rapid.T) {
			said++
			now = now.Add(time.Second)
			var events []protocol.Event
			from := rapid.IntRange(0, 60).Draw(t, "from")
			for i := range rapid.IntRange(1, 60).Draw(t, "alerts") {
				ev := saying(strconv.Itoa(said), alert(fmt.Sprint("f", from+i), firing("am1", at(0))))
				ev.Firing = rapid.IntRange(0, 3).Draw(t, "fires") > 0
				events = append(events, of(rapid.SampledFrom([]string{"a", "b"}).Draw(t, "alias"), ev))
			}
			_, err := l.Apply(t.Context(), events, nil)
			require.Equal(t, m.fails || m.lies || m.refuses, err != nil)
			checkUsage(t, l)
		}
		with := func(mood *bool) func(*rapid.T) {
			return func(t *rapid.T) {
				*mood = true
				write(t)
				*mood = false
			}
		}
		summary := func() string {
			var b strings.Builder
			for _, alias := range []string{"a", "b"} {
				if e := l.Get(alias); e != nil {
					fmt.Fprintln(&b, alias, e.Members.Len(), e.Members.Firing(), e.Buckets())
				}
			}
			return b.String()
		}
		t.Repeat(map[string]func(*rapid.T){
			"write":                                write,
			"fail":                                 with(&m.fails),
			"fail although it was done":            with(&m.lies),
			"fail although questions are answered": with(&m.refuses),
			"die": func(t *rapid.T) {
				write(t) // over the transaction in doubt
				if rapid.Bool().Draw(t, "all") {
					said++
					writeAll(t, l, strconv.Itoa(said)) // over what Load changed
					sameOnDisk(t, l, m.Memory)
				}
				before := summary()
				open(t)
				require.Equal(t, before, summary())
			},
		})
	})
}
