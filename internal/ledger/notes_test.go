// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestNotesSurviveARestart(t *testing.T) {
	m := NewMemory()
	start := func() *Ledger {
		l := New(testConfig(10, time.Now), m)
		damage, err := l.Load(t.Context())
		require.NoError(t, err)
		require.Zero(t, damage)
		return l
	}
	l := start()
	require.Empty(t, l.Notes())
	require.NoError(t, l.Note(t.Context(), "a", []byte("1")))
	require.NoError(t, l.Note(t.Context(), "b", []byte("2")))
	require.NoError(t, l.Note(t.Context(), "a", []byte("3")))
	apply(t, l, firing("am1", at(0)))
	assert.Equal(t, map[string][]byte{"a": []byte("3"), "b": []byte("2")}, l.Notes())
	entries, _ := l.Counts()
	assert.Equal(t, 1, entries, "a note is no entry")

	l = start()
	assert.Equal(t, map[string][]byte{"a": []byte("3"), "b": []byte("2")}, l.Notes())
	require.NotNil(t, l.Get(theAlias))
	require.NoError(t, l.Note(t.Context(), "a", nil))
	assert.Equal(t, map[string][]byte{"b": []byte("2")}, l.Notes())
	l = start()
	assert.Equal(t, map[string][]byte{"b": []byte("2")}, l.Notes())
	assert.Equal(t, []byte("2"), l.store.record(noteMark+"b", nil), "a store that makes room asks for it")
	assert.Empty(t, l.store.record(noteMark+"a", nil))
}

// A store may refuse two changes of one key.
func TestTheLastNoteOfATransactionCounts(t *testing.T) {
	var tx transaction
	tx.note([]Change{{Key: "a", Record: []byte("1")}, {Key: "b", Record: []byte("2")}})
	tx.note([]Change{{Key: "a", Record: []byte("3")}})
	assert.Equal(t, []Change{{Key: "b", Record: []byte("2")}, {Key: "a", Record: []byte("3")}}, tx.notes)
}

// TestANoteThatSeemedToFail: the note is not there, although disk had it.
func TestANoteThatSeemedToFail(t *testing.T) {
	m := &moody{Memory: NewMemory()}
	l := New(testConfig(10, time.Now), m)
	require.NoError(t, l.Note(t.Context(), "a", []byte("1")))
	m.lies = true
	require.Error(t, l.Note(t.Context(), "a", []byte("2")))
	require.Error(t, l.Note(t.Context(), "b", []byte("2")))
	assert.Equal(t, map[string][]byte{"a": []byte("1")}, l.Notes())
	m.lies = false
	apply(t, l, firing("am1", at(0)))
	assert.Equal(t, []byte("1"), m.records[noteMark+"a"])
	assert.NotContains(t, m.records, noteMark+"b")
}

// TestLostNotes: lost notes are forgotten, and reported once.
func TestLostNotes(t *testing.T) {
	b := &broken{Memory: NewMemory(), loads: []Loaded{
		{Key: noteMark + "a", Where: "x"}, {Key: noteMark + "b", Record: []byte("2"), Suspect: true}, {Key: noteMark + "c", Record: []byte("3")},
	}}
	l := New(testConfig(10, time.Now), b)
	damage, err := l.Load(t.Context())
	require.NoError(t, err)
	assert.Zero(t, damage, "no alias is concerned")
	assert.Equal(t, map[string][]byte{"b": []byte("2"), "c": []byte("3")}, l.Notes())
	assert.Equal(t, []string{"x"}, b.aside)
	assert.Equal(t, []byte("2"), b.records[noteMark+"b"], "written anew")
	assert.NotContains(t, b.records, noteMark+"c")
}
