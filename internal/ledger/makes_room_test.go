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

// In a full storage, only writes that help entries to expire may use the reserved space.
func TestWhichWritesMakeRoom(t *testing.T) {
	c, now := newClient(), at(0)
	l := New(testConfig(4, func() time.Time { return now }), c)
	wrote := func(what string, makesRoom ...bool) {
		t.Helper()
		assert.Equal(t, makesRoom, c.room, what)
		c.room = nil
	}
	fires := func(alias string) protocol.Event { return of(alias, firing("am1", at(0))) }
	resolves := func(alias string) protocol.Event { return of(alias, resolved("am1", at(0), at(0))) }

	apply(t, l, fires("a"), fires("b"), fires("c"))
	wrote("firings", false)
	apply(t, l, saying("news", fires("a")), resolves("b"))
	wrote("news and a resolve", false)
	apply(t, l, saying("news", fires("a")), resolves("c"))
	wrote("a repeat, which is not written, and a resolve", true)
	apply(t, l, alert("f1", fires("d")), resolves("d"))
	wrote("a firing and a resolve of one alias", false)

	a := accepted("1", true)
	_, a.Sent = l.Content(l.Get("a"))
	l.Peek("a")
	answer(t, l, "a", protocol.Create, a)
	wrote("the write-ahead of a create and its answer", true, true)
	_, _, err := l.Sync(t.Context(), listing(fires("a")))
	require.NoError(t, err)
	wrote("a list with a firing alert", false)
	_, err = l.Suspect(t.Context(), "a", "2", at(0))
	require.NoError(t, err)
	wrote("a doubt", true)

	c.lies = true
	_, err = l.Apply(t.Context(), []protocol.Event{fires("e")}, nil)
	require.ErrorIs(t, err, errDiskFull)
	apply(t, l, fires("e"))
	wrote("a firing that seemed to fail, what is written over it, and the firing again", false, true, false)

	for _, alias := range []string{"f", "g", "h"} {
		apply(t, l, fires(alias), resolves(alias))
	}
	wrote("closed entries; then the oldest expires", false, false, false, true)
	now = at(3600)
	_, _, err = l.Claim(t.Context(), "h")
	require.NoError(t, err)
	wrote("an entry that expires", true)
}
