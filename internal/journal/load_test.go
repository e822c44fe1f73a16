// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/extension/xextension/storage"

	"github.com/alert24/otelcol-alert24/internal/ledger"
	"github.com/alert24/otelcol-alert24/internal/protocol"
)

// found returns what Load reports for each key: its record, or how it is damaged.
func found(t *testing.T, d storage.Client, garbage string) (all owner, j *Journal) {
	t.Helper()
	all = owner{}
	j = New(d)
	err := j.Load(t.Context(), func(l ledger.Loaded) error {
		assert.True(t, strings.HasPrefix(l.Where, segmentPrefix), l.Where)
		assert.NotContains(t, all, l.Key)
		what := string(l.Record)
		if l.Record == nil {
			what = "lost"
		}
		if l.Suspect {
			what += ", suspect"
		}
		all[l.Key] = what
		if garbage != "" && string(l.Record) == garbage {
			return ledger.ErrUnreadable
		}
		return nil
	}, all.current)
	require.NoError(t, err)
	return all, j
}

func TestLoad(t *testing.T) { //nolint:funlen // one table of cases
	one, two, garbage := []byte("1"), []byte("2"), []byte("garbage")
	a, b, ab := []string{"a"}, []string{"b"}, []string{"a", "b"}
	damaged := segmentOf(ab, one, one)
	damaged[len(damaged)-1]++
	for name, s := range map[string]struct {
		segments [][]byte
		found    owner // the empty key stands for a segment with unknown keys
		aside    []int // segments
	}{
		"nothing is damaged":        {[][]byte{segmentOf(a, one), segmentOf(b, two)}, owner{"a": "1", "b": "2"}, nil},
		"an unreadable record":      {[][]byte{segmentOf(ab, one, garbage)}, owner{"a": "1", "b": "garbage"}, []int{1}},
		"a record that is missing":  {[][]byte{segmentOf(ab, one)}, owner{"a": "lost", "b": "lost"}, []int{1}},
		"unreadable records":        {[][]byte{damaged}, owner{"a": "lost", "b": "lost"}, []int{1}},
		"no old record":             {[][]byte{segmentOf(a, garbage), segmentOf(ab, one, one)}, owner{"a": "1", "b": "1"}, nil},
		"no old segment":            {[][]byte{damaged, segmentOf(ab, one, nil)}, owner{"a": "1"}, nil},
		"what is old besides":       {[][]byte{damaged, segmentOf(a, two)}, owner{"a": "2", "b": "lost"}, []int{1}},
		"an unreadable segment":     {[][]byte{segmentOf(a, one), garbage, segmentOf(b, two)}, owner{"": "lost", "a": "1, suspect", "b": "2"}, []int{2}},
		"an unreadable segment, 1":  {[][]byte{garbage, segmentOf(b, two)}, owner{"": "lost", "b": "2"}, []int{1}},
		"what is lost, and suspect": {[][]byte{damaged, garbage, segmentOf(b, two)}, owner{"": "lost", "a": "lost, suspect", "b": "2"}, []int{1, 2}},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDisk()
			for i, s := range s.segments {
				d.values[segmentKey(uint64(i+1))] = s
			}
			d.values["other"] = []byte("not ours")
			all, j := found(t, d, "garbage")
			assert.Equal(t, s.found, all)
			assert.Equal(t, "not ours", string(d.values["other"]))
			for key := range d.values {
				original, ok := strings.CutPrefix(key, asidePrefix)
				if !ok {
					continue
				}
				number, ok, err := segmentNumber(original)
				require.NoError(t, err)
				require.True(t, ok)
				assert.Contains(t, s.aside, int(number))
				assert.Equal(t, s.segments[number-1], d.values[key])
			}
			for _, number := range s.aside {
				assert.Contains(t, d.values, asidePrefix+segmentKey(uint64(number)))
			}

			again, _ := found(t, &disk{values: maps.Clone(d.values)}, "garbage")
			if !strings.Contains(fmt.Sprint(s.found), "suspect") {
				delete(s.found, "") // no record is suspect, so the damaged segment was removed
			}
			assert.Equal(t, s.found, again, "until it is put right")
			// The ledger writes lost and suspect records anew.
			var changes []ledger.Change
			for key, what := range s.found {
				if key != "" && (strings.Contains(what, "lost") || strings.Contains(what, "suspect") || what == "garbage") {
					changes = append(changes, ledger.Change{Key: key, Record: []byte("right")})
					s.found[key] = "right"
				}
			}
			delete(s.found, "")
			require.NoError(t, j.Commit(t.Context(), changes, true))
			right, _ := found(t, d, "")
			assert.Equal(t, s.found, right)
		})
	}
	t.Run("the last record of a key counts, in whatever order the storage lists them", func(t *testing.T) {
		for range 20 {
			d := newDisk()
			d.values[segmentKey(1)] = segmentOf([]string{"a", "b", "c"}, one, two, two)
			d.values[segmentKey(2)] = segmentOf([]string{"b", "a"}, nil, two)
			d.values[segmentKey(0x10)] = segmentOf([]string{"d"}, nil)
			all, j := found(t, d, "")
			assert.Equal(t, owner{"a": "2", "c": "2"}, all)
			assert.EqualValues(t, 0x10, j.log.last)
			assert.True(t, slices.IsSortedFunc(j.log.segments, func(a, b segment) int { return int(a.number) - int(b.number) }))
			assert.EqualValues(t, 2, j.Size())
		}
	})
	t.Run("an error of the ledger ends it, and touches nothing", func(t *testing.T) {
		d := newDisk()
		d.values[segmentKey(1)] = segmentOf(ab, garbage, garbage)
		d.values[segmentKey(2)] = bytes.Clone(garbage)
		before := maps.Clone(d.values)
		err := New(d).Load(t.Context(), func(ledger.Loaded) error { return protocol.ErrSchema }, owner{}.current)
		require.ErrorIs(t, err, protocol.ErrSchema)
		assert.Equal(t, before, d.values)
	})
	for _, key := range []string{"2", "x", "0000000000000000", "000000000000000A"} {
		t.Run("a key that is not the journal's: "+key, func(t *testing.T) {
			d := newDisk()
			d.values[segmentPrefix+key] = segmentOf(a, one)
			_, err := owner{}.load(t.Context(), New(d))
			require.ErrorContains(t, err, segmentPrefix+key)
		})
	}
	t.Run("a storage that cannot list", func(t *testing.T) {
		_, err := owner{}.load(t.Context(), New(storage.NewNopClient()))
		require.ErrorContains(t, err, "file_storage")
	})
	t.Run("a storage that fails", func(t *testing.T) {
		d := newDisk()
		d.fails = true
		_, err := owner{}.load(t.Context(), New(d))
		require.ErrorIs(t, err, errDisk)
	})
}

// TestSuspectRecordsStaySuspect: until each was written anew, even if others are written meanwhile and the journal is due for cleaning.
func TestSuspectRecordsStaySuspect(t *testing.T) {
	d := newDisk()
	d.values[segmentKey(1)] = segmentOf([]string{"a", "b", "c"}, []byte("1"), []byte("1"), []byte("1"))
	d.values[segmentKey(2)] = []byte("garbage")
	put := func(j *Journal, o owner, keys ...string) {
		for key, what := range o {
			o[key] = strings.TrimSuffix(what, ", suspect") // the journal asks for the record
		}
		for _, key := range keys {
			o[key] = "2"
			require.NoError(t, j.Commit(t.Context(), []ledger.Change{{Key: key, Record: []byte("2")}}, false))
		}
		j.log.slack = 0
		j.cleanFull(t.Context())
	}
	all, j := found(t, d, "")
	put(j, all, "a", "d", "d", "d", "d", "d", "d")
	all, j = found(t, d, "")
	assert.Equal(t, owner{"": "lost", "a": "2", "b": "1, suspect", "c": "1, suspect", "d": "2"}, all)
	put(j, all, "b")
	all, j = found(t, d, "")
	assert.Equal(t, owner{"": "lost", "a": "2", "b": "2", "c": "1, suspect", "d": "2"}, all)
	put(j, all, "c")
	all, _ = found(t, d, "")
	assert.Equal(t, owner{"a": "2", "b": "2", "c": "2", "d": "2"}, all)
	assert.NotContains(t, d.values, segmentKey(2))
	assert.Equal(t, "garbage", string(d.values[asidePrefix+segmentKey(2)]))
}
