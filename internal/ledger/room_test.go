// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/alert24/otelcol-alert24/internal/protocol"
)

// tight is a ledger over m with room for so many bytes.
func tight(t *testing.T, m Store, bytes int64) *Ledger {
	t.Helper()
	now := at(0)
	l := New(testConfig(100, func() time.Time { return now }), m)
	require.EqualValues(t, minBytes, l.bytes)
	l.bytes = bytes
	_, err := l.Load(t.Context())
	require.NoError(t, err)
	return l
}

// long is a firing of an alert with a text of n bytes.
func long(alias string, n int) protocol.Event {
	return of(alias, saying(strings.Repeat("x", n), firing("am1", at(0))))
}

// TestUsualAlertsHaveRoom: an alert of 1 KiB needs less than three quarters of what its alias has on average.
func TestUsualAlertsHaveRoom(t *testing.T) {
	const n = 100
	l := New(realConfig(t, n), nil)
	for i := range n {
		apply(t, l, realistic(i, 0))
	}
	used := l.store.usage()
	assert.Less(t, used.bytes, int64(n*aliasBytes*3/4))
	assert.Greater(t, used.bytes, int64(n*aliasBytes/2))
}

// If there is no room, large alerts open their incidents without their text, and later no new alert is accepted. Known alerts and
// resolves are.
func TestAlertsAreBounded(t *testing.T) {
	m := NewMemory()
	l := tight(t, m, 40_000)
	text := func(l *Ledger, alias string) int {
		firing, _ := l.Get(alias).Members.Worst()
		return len(firing[0].Description)
	}
	apply(t, l, long("large", 25_000), long("small", 1000))
	apply(t, l, long("next", 10_000))
	assert.Equal(t, []int{25_000, 0, 1000}, []int{text(l, "large"), text(l, "next"), text(l, "small")})
	assert.Equal(t, contentOf(l, "next"), l.Get("next").Inflight().Content, "the create says what the entry says")
	assert.False(t, l.Full())

	var refused int
	for i := range 20 {
		_, err := l.Apply(t.Context(), []protocol.Event{long(strconv.Itoa(i), 1000), alert(strconv.Itoa(i), long("small", 1000))}, nil)
		if err != nil {
			require.EqualError(t, err, "2 new alerts refused: limits::aliases (100) is reached")
			refused++
		}
	}
	assert.Positive(t, refused)
	assert.True(t, l.Full())
	used := l.store.usage()
	assert.LessOrEqual(t, used.bytes, l.bytes)

	again, err := l.Apply(t.Context(), []protocol.Event{long("next", 10_000), long("new", 1)}, nil)
	require.Error(t, err)
	assert.Equal(t, []protocol.Outcome{protocol.Repeated, protocol.NoRoom}, again)
	assert.Nil(t, l.Get("new"))

	larger := tight(t, m, 1000)
	same := larger.store.usage()
	assert.Equal(t, used, same, "a ledger with more is loaded")
	assert.Equal(t, 25_000, text(larger, "large"))

	assert.Equal(t, []protocol.Outcome{protocol.NeverOpened}, apply(t, l, of("large", resolved("am1", at(0), at(0)))))
	assert.Equal(t, []protocol.Outcome{protocol.Changed, protocol.Fired}, apply(t, l, long("next", 10_000), long("new", 1)))
	assert.Equal(t, 10_000, text(l, "next"), "its text arrives with the next repeat")
}

func TestTheInboxIsAppliedWithoutRoom(t *testing.T) {
	s := &shared{disk: newDisk()}
	l := sharing(t, s, 10, nil)
	l.bytes = 1
	s.leave(1, "fired")
	require.NoError(t, l.Drain(t.Context()))
	assert.True(t, l.Get(theAlias).Firing())
	assert.True(t, l.Full())
}

// Closed entries that take too much expire early, the oldest first.
func TestTheBytesOfClosedEntriesAreBounded(t *testing.T) {
	const most = 4000
	l := tight(t, NewMemory(), 4*most)
	for i := range 100 {
		alias, ev := strconv.Itoa(i), firing("am1", at(0))
		ev.Alert.Fingerprint = strings.Repeat("f", 200)
		end := of(alias, ev)
		end.Firing, end.EndsAt, end.Key = false, at(i), keyOf(alias, "")
		ev = of(alias, ev)
		ev.Key = end.Key
		apply(t, l, ev, end)
		checkUsage(t, l)
		_, packed := l.store.notLive()
		require.LessOrEqual(t, packed, int64(most))
		require.NotNil(t, l.Get(alias), "the newest stays")
	}
	assert.Nil(t, l.Get("0"))
	entries, _ := l.Counts()
	assert.Greater(t, entries, 5)
}

// checkUsage requires that the ledger knows what its entries need.
func checkUsage(t require.TestingT, l *Ledger) {
	var used usage
	var packed int64
	for _, c := range l.store.slots {
		s := c.slot()
		used.add(&s)
	}
	for _, c := range l.store.closed {
		packed += int64(c.Bytes())
	}
	require.Equal(t, used, l.store.usage())
	_, known := l.store.notLive()
	require.Equal(t, packed, known)
}
