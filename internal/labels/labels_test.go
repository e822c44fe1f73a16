// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package labels

import (
	"testing"

	"github.com/prometheus/common/model"
	"github.com/stretchr/testify/assert"
	"go.uber.org/goleak"
	"pgregory.net/rapid"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m)
}

func TestLookup(t *testing.T) {
	s := New(Label{"job", "api"}, Label{"alertname", "Down"}, Label{"empty", ""})

	assert.Equal(t, Set{{"alertname", "Down"}, {"empty", ""}, {"job", "api"}}, s)
	assert.Equal(t, "Down", s.Get("alertname"))
	assert.Empty(t, s.Get("instance"))
	_, ok := s.Lookup("empty")
	assert.True(t, ok)
	_, ok = s.Lookup("instance")
	assert.False(t, ok)
	_, ok = Set(nil).Lookup("alertname")
	assert.False(t, ok)
}

func TestNewKeepsEachNameOnce(t *testing.T) {
	want := Set{{"a", "1"}, {"b", "2"}}
	assert.Equal(t, want, New(Label{"b", "2"}, Label{"a", "3"}, Label{"a", "1"}))
	assert.Equal(t, want, New(Label{"a", "1"}, Label{"b", "2"}, Label{"a", "3"}), "in whatever order")
}

func TestMapRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := rapid.MapOf(rapid.String(), rapid.String()).Draw(t, "labels")
		s := FromMap(m)
		assert.Equal(t, FromMap(m), s)
		for name, value := range m {
			assert.Equal(t, value, s.Get(name))
		}
	})
}

func TestFingerprintIsThatOfPrometheus(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := rapid.MapOf(rapid.String(), rapid.String()).Draw(t, "labels")
		theirs := make(model.LabelSet, len(m))
		for name, value := range m {
			theirs[model.LabelName(name)] = model.LabelValue(value)
		}
		assert.Equal(t, theirs.Fingerprint().String(), FromMap(m).Fingerprint())
	})
}

// The fingerprints are those that Alertmanager 0.34.2 sent with these labels.
func TestFingerprint(t *testing.T) {
	assert.Equal(t, "c8fda2fa2aa6632a", FromMap(map[string]string{
		"alertname": "HighErrorRate", "instance": "api-01.prod", "job": "api-service", "severity": "critical", "team": "backend",
	}).Fingerprint())
	assert.Equal(t, "14a969f1d6ce1df3", FromMap(map[string]string{
		"alertname": "CertExpiry", "emoji": "🔥", "instance": "münchen-1.example.org:443", "région": "île-de-France",
		"severity": "info", "team": "all",
	}).Fingerprint())
	assert.Equal(t, "cbf29ce484222325", Set(nil).Fingerprint())
}
