// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package sandbox

import (
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestHub(t *testing.T) {
	h := newHub(1)
	s, err := h.subscribe()
	require.NoError(t, err)
	_, err = h.subscribe()
	require.ErrorContains(t, err, "too many pages")

	h.changed("a")
	h.changed("a")
	h.changed("b")
	<-s.wake
	assert.Empty(t, s.wake, "many changes wake once")
	ids, stale := h.take(s)
	assert.ElementsMatch(t, []string{"a", "b"}, ids)
	assert.False(t, stale)

	for n := range maxDirty {
		h.changed(strconv.Itoa(n))
	}
	ids, stale = h.take(s)
	assert.Len(t, ids, maxDirty)
	assert.False(t, stale)
	for n := range maxDirty + 100 {
		h.changed(strconv.Itoa(n))
	}
	ids, stale = h.take(s)
	assert.Empty(t, ids)
	assert.True(t, stale, "too far behind for single changes")

	h.changed("a")
	h.reset()
	ids, stale = h.take(s)
	assert.Empty(t, ids)
	assert.True(t, stale)

	h.unsubscribe(s)
	h.changed("a")
	ids, _ = h.take(s)
	assert.Empty(t, ids)
}
