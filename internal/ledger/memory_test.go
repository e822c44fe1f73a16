// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/alert24/otelcol-alert24/internal/protocol"
)

// A new ledger over the same Memory continues where the former one ended, and reports the size of its records.
func TestMemory(t *testing.T) {
	m := NewMemory()
	now := func() time.Time { return at(0) }
	l := New(testConfig(10, now), m)
	_, err := l.Apply(t.Context(), []protocol.Event{firing("am1", at(0))}, nil)
	require.NoError(t, err)
	record := protocol.AppendPending(protocol.AppendRecord(nil, l.Get(theAlias)), at(0))
	assert.EqualValues(t, len(record), l.Stats().Size)
	require.NoError(t, l.Check(t.Context()))

	l = New(testConfig(10, now), m)
	damage, err := l.Load(t.Context())
	require.NoError(t, err)
	assert.Zero(t, damage)
	assert.True(t, l.Get(theAlias).Firing())

	garbage := []byte("garbage")
	require.NoError(t, m.Commit(t.Context(), []Change{{Key: "b", Record: garbage}, {Key: theAlias}}, false))
	clear(garbage)
	assert.EqualValues(t, len(garbage), m.Size(), "a record that is deleted counts no more")
	damage, err = New(testConfig(10, now), m).Load(t.Context())
	require.NoError(t, err)
	assert.Equal(t, []Unreadable{{Where: "b", Aliases: []string{"b"}}}, damage.Unreadable)
	require.NoError(t, m.Close(t.Context()))
}
