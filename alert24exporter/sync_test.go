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

// TestSilencesAreLoggedOnce: a silence is logged once until it ends, separately for each source, also if a list in between lacks it.
func TestSilencesAreLoggedOnce(t *testing.T) {
	core, logged := zapobserver.New(zapcore.InfoLevel)
	tel := &telemetry{logger: zap.New(core), silences: newBySource[map[string]time.Time]()}
	until := time.Now().Add(time.Hour).Round(0)
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
	assert.Equal(t, 3, logged.Len())
	until = time.Now().Add(-time.Hour)
	tel.silenced(silenced("a", "s3")) // by the clock of Alertmanager, it has not ended
	tel.silenced(silenced("a", "s3"))
	assert.Equal(t, 4, logged.Len())
	tel.silenced(silenced("a"))
	ends, _ := tel.silences.Peek("a")
	assert.Len(t, ends, 2, "one that has ended is forgotten")
	until = time.Now().Add(time.Hour)
	many := make([]string, maxSilences)
	for i := range many {
		many[i] = strconv.Itoa(i)
	}
	tel.silenced(silenced("c", many...))
	tel.silenced(silenced("c", "one more"))
	ends, _ = tel.silences.Peek("c")
	assert.Len(t, ends, 1, "their number is bounded")
	for i := range 2 * maxSources {
		tel.silenced(silenced("made up "+strconv.Itoa(i), "s1"))
	}
	assert.Equal(t, maxSources, tel.silences.Len(), "records from elsewhere can name any source")
}
