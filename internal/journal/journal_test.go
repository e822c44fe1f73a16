// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"strings"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestALongRecordCleansMore: one long record that keeps changing does not outgrow many short ones that stay.
func TestALongRecordCleansMore(t *testing.T) {
	j, o := New(newDisk()), owner{}
	_, err := o.load(t.Context(), j)
	require.NoError(t, err)
	many := owner{}
	for i := range 2000 {
		many[fmt.Sprint("key-", i)] = strings.Repeat("x", 600)
	}
	require.NoError(t, o.commit(t.Context(), j, many))
	longest := 0
	for range 100 {
		require.NoError(t, o.commit(t.Context(), j, owner{"long": strings.Repeat("x", 300_000)}))
		longest = max(longest, j.log.bytes)
	}
	assert.Less(t, longest, 2*j.log.maxLength())
	t.Logf("%d B of records, %d B of segments at most", j.log.live, longest)
}

// TestALargeCommit: a commit whose segments take several pieces of memory comes back whole, also after the next one.
func TestALargeCommit(t *testing.T) {
	d := newDisk()
	j, o := New(d), owner{}
	_, err := o.load(t.Context(), j)
	require.NoError(t, err)
	noise := make([]byte, 1000)
	random := rand.NewChaCha8([32]byte{})
	for round := range 2 {
		large := owner{}
		for i := range 3 * pieceBytes / len(noise) {
			_, _ = random.Read(noise) // never fails
			large[fmt.Sprint(round, "/", i)] = string(noise)
		}
		require.NoError(t, o.commit(t.Context(), j, large))
	}
	loaded := owner{}
	lost, err := loaded.load(t.Context(), New(d))
	require.NoError(t, err)
	assert.Empty(t, lost)
	assert.Equal(t, o, loaded)
}

// TestJournalStaysShort: however often the same records change, disk holds little more than three times the live records, and no
// transaction cleans much more than it writes.
func TestJournalStaysShort(t *testing.T) {
	d := newDisk()
	j, o := New(d), owner{}
	j.log.slack = 64 << 10
	_, err := o.load(t.Context(), j)
	require.NoError(t, err)
	const keys = 1000
	change := func(round, from, to int) {
		next := owner{}
		for i := from; i < to; i++ {
			key, record := realistic(i, round)
			next[key] = record
		}
		require.NoError(t, o.commit(t.Context(), j, next))
	}
	change(0, 0, keys)
	longest := 0
	for round := range 20 {
		for from := 0; from < keys; {
			to := min(from+1+(from*7+round)%40, keys)
			before := j.log.last
			change(round+1, from, to)
			segments := int(j.log.last - before)
			assert.LessOrEqual(t, segments, 2+2*(to-from))
			longest = max(longest, j.log.bytes-3*j.log.live)
			from = to
		}
	}
	assert.Less(t, longest, 2*j.log.slack)
	var onDisk int
	for _, key := range d.segmentKeys() {
		onDisk += len(d.values[key])
	}
	assert.Equal(t, j.log.disk, onDisk)
	assert.Less(t, onDisk, j.log.live, "it is compressed")
	t.Logf("%d B of records, %d B of segments, %d B on disk", j.log.live, j.log.bytes, onDisk)
}

// TestCheck: a check fails if a webhook would fail, and leaves nothing behind that a start would read.
func TestCheck(t *testing.T) {
	d := newDisk()
	j := New(d)
	_, err := owner{}.load(t.Context(), j)
	require.NoError(t, err)
	before := maps.Clone(d.values)
	require.NoError(t, j.Check(t.Context()))
	assert.Equal(t, before, d.values)
	d.fails = true
	require.ErrorIs(t, j.Check(t.Context()), errDisk)
	d.fails = false
	require.NoError(t, j.Check(t.Context()))

	d.values[checkPrefix+"000"] = []byte("of a process that was killed")
	_, err = owner{}.load(t.Context(), New(d))
	require.NoError(t, err)
	assert.Equal(t, before, d.values)
}

// TestKeysAreShared: the journal uses the ledger's strings as keys, and makes none of its own.
func TestKeysAreShared(t *testing.T) {
	d := newDisk()
	o, j := owner{}, New(d)
	_, err := o.load(t.Context(), j)
	require.NoError(t, err)
	require.NoError(t, o.commit(t.Context(), j, owner{"a": "1", "b": "2"}))
	o, j = owner{}, New(d)
	_, err = o.load(t.Context(), j)
	require.NoError(t, err)
	require.Len(t, j.log.segments, 1)
	shared := func() {
		t.Helper()
		for key := range o {
			for known := range j.log.places {
				if known == key {
					assert.Same(t, unsafe.StringData(key), unsafe.StringData(known))
				}
			}
			for _, known := range j.log.segments[len(j.log.segments)-1].keys {
				if known == key {
					assert.Same(t, unsafe.StringData(key), unsafe.StringData(known))
				}
			}
		}
	}
	shared()
	// The ledger has a new entry for the same alias.
	o = owner{strings.Clone("a"): "3", strings.Clone("b"): "4"}
	require.NoError(t, o.commit(t.Context(), j, maps.Clone(o)))
	shared()
}
