// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/alert24/otelcol-alert24/internal/ledger"
)

func TestStatus(t *testing.T) {
	t.Parallel()
	url := server.URL(server.Database(t))
	one, other := open(t, url), open(t, url)
	s, err := one.Status(t.Context())
	require.NoError(t, err)
	require.Equal(t, Status{Renewed: 365 * 24 * time.Hour}, s)

	l := lead(t, one)
	for _, payload := range []string{"1", "22", "333"} {
		put(t, other, "", payload)
	}
	_, ids := read(t, l)
	require.NoError(t, l.CommitInbox(t.Context(), nil, ledger.Consumed{IDs: ids[:1], Aside: map[int64]string{ids[1]: "cannot be decoded"}}))
	for _, db := range []*DB{one, other} {
		s, err := db.Status(t.Context())
		require.NoError(t, err)
		assert.Positive(t, s.InboxAge)
		assert.Less(t, s.InboxAge, time.Minute)
		assert.Less(t, s.Renewed, time.Minute)
		s.InboxAge, s.Renewed = 0, 0
		assert.Equal(t, Status{Leading: true, InboxRows: 1, Aside: 1}, s)
	}
}

func TestSecondsAreBounded(t *testing.T) {
	t.Parallel()
	for in, want := range map[float64]time.Duration{1.5: 1500 * time.Millisecond, -1: 0, math.Inf(1): 365 * 24 * time.Hour, math.Inf(-1): 0} {
		require.Equal(t, want, seconds(in))
	}
}
