// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alert24exporter

import (
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	zapobserver "go.uber.org/zap/zaptest/observer"

	"github.com/alert24/otelcol-alert24/internal/incident"
	"github.com/alert24/otelcol-alert24/internal/protocol"
)

// TestSilencesAreLoggedOnce: a silence is logged once until it ends, separately for each source.
func TestSilencesAreLoggedOnce(t *testing.T) {
	core, logged := zapobserver.New(zapcore.InfoLevel)
	tel := &telemetry{logger: zap.New(core), silences: newBySource[map[string]bool]()}
	until := time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)
	silenced := func(source string, ids ...string) *protocol.Snapshot {
		s := &protocol.Snapshot{Source: source}
		for _, id := range ids {
			s.Silences = append(s.Silences, protocol.Silence{ID: id, Silence: incident.Silence{By: "jane", Until: until}, Keys: make([]protocol.Key, 3)})
		}
		return s
	}
	tel.silenced(silenced("a", "s1"))
	tel.silenced(silenced("a", "s1", "s2"))
	tel.silenced(silenced("b"))
	tel.silenced(silenced("a", "s1", "s2"))
	require.Equal(t, 2, logged.Len())
	assert.Equal(t, map[string]any{"source": "a", "silence": "s1", "created_by": "jane", "until": until, "alerts": int64(3)}, logged.All()[0].ContextMap())
	tel.silenced(silenced("a"))
	tel.silenced(silenced("a", "s1"))
	tel.silenced(silenced("b", "s1"))
	assert.Equal(t, 4, logged.Len())
	for i := range 2 * maxSources {
		tel.silenced(silenced("made up "+strconv.Itoa(i), "s1"))
	}
	assert.Equal(t, maxSources, tel.silences.Len(), "records from elsewhere can name any source")
}
