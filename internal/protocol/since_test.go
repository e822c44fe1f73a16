// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package protocol

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/alert24/otelcol-alert24/internal/incident"
	"github.com/alert24/otelcol-alert24/internal/labels"
)

func TestPendingSinceIsInTheRecord(t *testing.T) {
	p := testPolicy()
	ev := fires(am1, at(0))
	a := ev.Alert.Unpack()
	a.Labels = labels.New(labels.Label{Name: "pending", Value: "7}"}, labels.Label{Name: "a", Value: `,"pending":7}`})
	ev.Alert = incident.Pack(&a)
	e, _ := applyOne(p, Timed{}, ev, at(0))
	for _, since := range []time.Time{{}, at(0).Local()} {
		record := AppendPending(AppendRecord([]byte("before"), e.Entry), since)[len("before"):]
		assert.Equal(t, since, PendingSince(record))
		var h head
		assert.Equal(t, e.Inflight().Kind == NoCall, h.read(string(record)), "it needs no decoder")
		got, err := Decode(theAlias, record, nil)
		require.NoError(t, err)
		assert.Equal(t, string(AppendRecord(nil, e.Entry)), string(AppendRecord(nil, got)))
	}
	assert.Zero(t, PendingSince([]byte(`{"schema":1,"members":[{"labels":{"a":"b","pending":"1"}}]}`)))
	assert.Zero(t, PendingSince(nil))
}
