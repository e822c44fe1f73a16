// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package event

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/plog"

	"github.com/alert24/otelcol-alert24/internal/attrs"
)

// The ledger keeps fingerprints and senders even of resolved alerts, so they are short, and still differ.
func TestIdentitiesAreBounded(t *testing.T) {
	long := func(key, end string) (fingerprint, sender string) {
		a := alert()
		a[key] = strings.Repeat("x", 1000) + end
		ev := one(t, a, nil)
		return ev.Alert.Fingerprint, ev.Sender
	}
	_, first := long(attrs.ClientAddress, "1")
	_, second := long(attrs.ClientAddress, "2")
	assert.LessOrEqual(t, len(first), 255)
	assert.NotEqual(t, first, second)
	first, _ = long(attrs.AlertFingerprint, "1")
	second, _ = long(attrs.AlertFingerprint, "2")
	assert.LessOrEqual(t, len(first), 255)
	assert.NotEqual(t, first, second)
}

// Each of these records has one part of its sender that the record before it has not.
func TestSendersAreNotConfused(t *testing.T) {
	ld := plog.NewLogs()
	parts := []struct{ externalURL, client, groupKey string }{
		{"http://a", "10.0.0.1", "g"},
		{"http://b", "10.0.0.1", "g"},
		{"http://b", "10.0.0.2", "g"},
		{"http://b", "10.0.0.2", "h"},
		{"", "10.0.0.2", "h"},
		{"", "10.0.0.2", ""},
	}
	for i, p := range parts {
		a := alert()
		a[attrs.ClientAddress], a[attrs.GroupKey] = p.client, p.groupKey
		record(ld, a)
		if p.externalURL != "" {
			ld.ResourceLogs().At(i).Resource().Attributes().PutStr(attrs.ExternalURL, p.externalURL)
		}
	}
	events, _, bad := Read(ld, words{})
	require.NoError(t, bad.First)
	seen := map[string]int{}
	for i := range events {
		before, known := seen[events[i].Sender]
		assert.False(t, known, "%v and %v", before, i)
		seen[events[i].Sender] = i
	}
}
