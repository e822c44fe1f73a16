// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package event

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"go.opentelemetry.io/collector/pdata/plog"

	"github.com/alert24/otelcol-alert24/internal/attrs"
	"github.com/alert24/otelcol-alert24/internal/protocol"
)

// TestWatchdogs: watchdogs have no incident, and are heard while they fire. Alerts of their source have its witness.
func TestWatchdogs(t *testing.T) {
	of := func(name, status string) protocol.Event {
		a := alert()
		a[attrs.AlertLabelPrefix+"alertname"], a[attrs.AlertLabelPrefix+"cluster"], a[attrs.AlertStatus] = name, "eu", status
		return one(t, a, func(r plog.LogRecord) { r.Attributes().PutInt(attrs.ResolveWait, 5000) })
	}
	ev := of("Watchdog", "firing")
	assert.True(t, ev.Heartbeat)
	assert.True(t, ev.Ignored)
	assert.False(t, ev.Firing)
	assert.EqualValues(t, 7, ev.Witness)
	ev = of("Watchdog", "resolved")
	assert.False(t, ev.Heartbeat)
	assert.True(t, ev.Ignored, "nothing is looked up for it")
	assert.Zero(t, ev.Wait)
	ev = of("Down", "resolved")
	assert.False(t, ev.Ignored)
	assert.EqualValues(t, 7, ev.Witness)
	assert.Equal(t, 5*time.Second, ev.Wait)
	assert.Zero(t, one(t, alert(), nil).Witness)
}
