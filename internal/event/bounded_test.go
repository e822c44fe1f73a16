// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package event

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

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
