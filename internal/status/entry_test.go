// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package status

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/alert24/otelcol-alert24/internal/incident"
	"github.com/alert24/otelcol-alert24/internal/labels"
	"github.com/alert24/otelcol-alert24/internal/protocol"
)

func TestEntryShowsItsAlerts(t *testing.T) {
	l := newLife(t)
	l.fires()
	l.opens()
	e := Read(l.entry.Entry, &Known{Title: "High error rate", Page: "https://app.alert24.net"})
	assert.Equal(t, "critical", e.Severity)
	assert.Equal(t, []Group{IsFiring, IsOpen}, e.Is)
	assert.Equal(t, "https://app.alert24.net/incidents/id-1", e.Incident.Link)
	require.Len(t, e.Alerts, 1)
	assert.Equal(t, "firing", e.Alerts[0].State)
	assert.Equal(t, "api-01.prod", e.Alerts[0].Labels["instance"])
	e.Describe(l.entry.Entry, &incident.Content{Title: "High error rate", Severity: incident.Critical}, &protocol.Content{News: incident.Hashes{incident.FieldTitle: 5, incident.FieldSeverity: 2}})
	assert.Equal(t, []Field{{"title", FieldDue}, {"severity", FieldWritten}}, e.Fields)
	l.policy.ReopenNever = true
	l.entry = l.policy.Missing(l.entry, l.now)
	l.call(protocol.Lookup, &protocol.Answer{Result: protocol.Done, Began: l.now, Found: []protocol.Shown{{ID: "id-1", Seen: true}}})
	e = Read(l.entry.Entry, &Known{})
	assert.Equal(t, []Group{IsFiring, IsDismissed}, e.Is)
	e.Describe(l.entry.Entry, &incident.Content{Title: "High error rate"}, want())
	assert.Empty(t, e.Fields, "none will be written")
}

// A list of Alertmanager's alerts or the passing of time resolves an alert without a resolve.
func TestAnAlertThatEndsWithoutAResolveShowsItsEnd(t *testing.T) {
	l := newLife(t)
	l.policy.StaleAfter = time.Minute
	l.now = start.Add(time.Minute)
	l.fires()
	l.now = start.Add(3 * time.Minute)
	l.entry = l.policy.Tick(l.entry, l.now)
	alert := Read(l.entry.Entry, &Known{}).Alerts[0]
	assert.Equal(t, "resolved", alert.State)
	assert.Equal(t, start, alert.StartsAt)
	assert.Equal(t, start.Add(time.Minute), alert.ResolvedAt)
}

// People read the first alerts. What fires comes first, and of that the worst.
func TestTheWorstAlertsComeFirst(t *testing.T) {
	l := newLife(t)
	for i, severity := range []incident.Severity{incident.Low, incident.Critical, incident.High, incident.Medium} {
		ev := protocol.Event{
			Alias: "a", Key: protocol.Key{byte(i)}, Firing: true, Alert: incident.Pack(&incident.Alert{Severity: severity, StartsAt: start}), Epoch: "e",
		}
		for _, ev.Firing = range []bool{true, severity != incident.Critical} {
			ev.Seq++
			l.entry, _ = l.policy.Apply(l.entry, []protocol.Event{ev}, l.now)
		}
	}
	var order []string
	for _, a := range Read(l.entry.Entry, &Known{}).Alerts {
		order = append(order, a.State+" "+a.Severity)
	}
	assert.Equal(t, []string{"firing high", "firing medium", "firing low", "resolved critical"}, order)
}

func TestAnEntryShowsItsContent(t *testing.T) {
	l := newLife(t)
	l.fires()
	l.opens()
	l.entry.Written.Theirs = protocol.Fields(incident.FieldTitle)
	var e Entry
	e.Describe(l.entry.Entry, &incident.Content{
		Title: "T", Description: "D", Severity: incident.High, Source: "S", Tags: []string{"a"}, AffectedServices: []string{"b"},
		ImpactDescription: "I", AssignedTo: "U", Labels: labels.Set{{Name: "x", Value: "y"}},
	}, &protocol.Content{News: incident.Hashes{incident.FieldTitle: 5, incident.FieldSeverity: 2}})
	assert.Equal(t, &Content{
		Title: "T", Description: "D", Severity: "high", Source: "S", Tags: []string{"a"}, AffectedServices: []string{"b"},
		ImpactDescription: "I", AssignedTo: "U", Labels: map[string]string{"x": "y"},
	}, e.Content)
	assert.Equal(t, []Field{{"title", FieldTheirs}, {"severity", FieldWritten}}, e.Fields)
}
