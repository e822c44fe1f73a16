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

// After an answer the loop learns whether the alias needs anything, so it need not look again.
func TestAnAliasRestsAfterTheAnswer(t *testing.T) {
	now := at(0)
	start := func() *Ledger {
		now = at(0)
		return New(testConfig(10, func() time.Time { return now }), nil)
	}
	opened := func(t *testing.T, l *Ledger, meanwhile func()) *protocol.Answered {
		t.Helper()
		e, d, err := l.Claim(t.Context(), theAlias)
		require.NoError(t, err)
		_, sent := l.Content(e)
		a := accepted("1", true)
		a.Sent, a.Wrote = sent, protocol.Full.Fields()
		meanwhile()
		answered := &protocol.Answered{Alias: theAlias, Call: d.Call, Answer: a}
		require.NoError(t, l.Learn(t.Context(), []*protocol.Answered{answered}))
		return answered
	}
	t.Run("all is said", func(t *testing.T) {
		l := start()
		apply(t, l, firing("am1", at(0)))
		a := opened(t, l, func() {})
		assert.True(t, a.Rests)
		assert.Equal(t, l.Peek(theAlias).Wake, a.Wake)
	})
	t.Run("until a time", func(t *testing.T) {
		l := start()
		ends := firing("am1", at(0))
		ends.StaleAfter = time.Minute
		apply(t, l, ends)
		a := opened(t, l, func() {})
		assert.True(t, a.Rests)
		assert.Equal(t, at(60), a.Wake)
	})
	t.Run("not if that time is past", func(t *testing.T) {
		l := start()
		ends := firing("am1", at(0))
		ends.StaleAfter = time.Minute
		apply(t, l, ends)
		assert.False(t, opened(t, l, func() { now = at(61) }).Rests)
	})
	t.Run("not if it says something else by now", func(t *testing.T) {
		l := start()
		apply(t, l, saying("first", firing("am1", at(0))))
		a := opened(t, l, func() { apply(t, l, saying("second", firing("am1", at(0)))) })
		assert.False(t, a.Rests)
		assert.Equal(t, protocol.Update.String(), l.Peek(theAlias).Call.Kind.String())
	})
	t.Run("not if it resolved", func(t *testing.T) {
		l := start()
		apply(t, l, firing("am1", at(0)))
		assert.False(t, opened(t, l, func() { apply(t, l, resolved("am1", at(0), at(1))) }).Rests)
	})
	t.Run("not before a retry", func(t *testing.T) {
		l := start()
		apply(t, l, firing("am1", at(0)))
		a := answer(t, l, theAlias, protocol.Create, protocol.Answer{Result: protocol.NotSent})
		assert.True(t, a.Rests)
		assert.Equal(t, l.Peek(theAlias).Wake, a.Wake)
		assert.False(t, a.Wake.IsZero())
	})
}
