// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alert24_test

import (
	"errors"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/alert24/otelcol-alert24/internal/alert24"
	"github.com/alert24/otelcol-alert24/internal/incident"
	"github.com/alert24/otelcol-alert24/internal/protocol"
	"github.com/alert24/otelcol-alert24/internal/sandbox"
	"github.com/alert24/otelcol-alert24/internal/sandbox/sandboxtest"
)

// readings are APIs that all agree with the documentation.
var readings = map[string]map[string]string{
	"as we think":          {},
	"the hit says nothing": {"deduplicated_in": "absent"},
	"flag in data":         {"deduplicated_in": "data", "alias_hit_status": "201"},
	"flag in meta":         {"deduplicated_in": "meta", "alias_hit_envelope": "incident"},
	"incident in data":     {"envelope": "data_incident", "deduplicated_in": "data"},
	"incident":             {"envelope": "incident"},
	"updates say success":  {"put_answer": "success"},
	"updates say nothing":  {"put_answer": "no_content"},
	"a database's forms":   {"tags_as_text": "json", "sqlite_times": "true"},
	"commas":               {"tags_as_text": "comma"},
	"aliases are shown":    {"alias_in_responses": "true"},
	"bare rows":            {"bare_rows": "true"},
	"no tags at all":       {"refused_fields": "tags"},
	"unreadable times":     {"row_times": "unreadable"},
	"no times":             {"row_times": "null"},
	"mixed times":          {"row_times": "mixed"},
	"by update":            {"row_order": "updated"},
	"the oldest first":     {"row_order": "oldest"},
}

func TestEveryReading(t *testing.T) {
	for name, switches := range readings {
		t.Run(name, func(t *testing.T) {
			// The list was filled an hour ago, so it has several pages.
			now := time.Now().Add(-time.Hour)
			sb := sandboxtest.Start(t, sandbox.Options{Now: func() time.Time { return now }})
			require.NoError(t, sb.SetSwitches(func(s *sandbox.Switches) {
				for name, value := range switches {
					require.NoError(t, s.Set(name, value))
				}
				s.NonAtomicCreate = 0
			}))
			c := client(t, sb, sb.Key, func(c *alert24.Config) { c.Now = func() time.Time { return now } })
			for i := range 210 {
				_, err := c.Create(t.Context(), draft("old-"+strconv.Itoa(i)))
				require.NoError(t, err)
			}
			now = now.Add(time.Hour)
			live(t, c, sb)
			now = now.Add(time.Minute)
			meet(t, c, sb)
		})
	}
}

// live opens two incidents, finds them and closes one.
func live(t *testing.T, c *alert24.Client, sb *sandboxtest.Sandbox) {
	t.Helper()
	a, err := c.Create(t.Context(), draft("A"))
	require.NoError(t, err)
	assert.False(t, a.Met)
	b, err := c.Create(t.Context(), draft("B"))
	require.NoError(t, err)
	d := draft("A")
	d.Content.Severity = incident.Low
	_, err = c.Update(t.Context(), a.Incident.ID, d, protocol.Fields(incident.FieldSeverity))
	require.NoError(t, err)
	closed, err := c.Close(t.Context(), b.Incident.ID, b.Incident.StartedAt.Add(time.Second))
	require.NoError(t, err)
	assert.False(t, closed.Incident.Open)

	read, err := c.Read(t.Context(), a.Incident.ID)
	require.NoError(t, err)
	assert.True(t, read.Incident.Seen && read.Incident.Open)
	assert.Equal(t, incident.HashText("low"), read.Incident.Fields[incident.FieldSeverity])

	title := []uint64{incident.HashText(d.Content.Title)}
	since := a.Incident.StartedAt
	answers, errs := alert24.FindAll(t, c, []alert24.Question{
		{Alias: "A", Depth: protocol.All, Since: since, Titles: title, AnyTitle: true},
		{Alias: "A", Depth: protocol.Since, Since: since, Titles: title},
		{Alias: "B", Depth: protocol.Since, Since: since, Titles: title},
		{Alias: "old-0", Depth: protocol.All, Titles: title},
		{Alias: "none", Depth: protocol.All, Since: since, Titles: title, AnyTitle: true},
	})
	require.NoError(t, errors.Join(errs...))
	for i, want := range [][]string{{a.Incident.ID}, {a.Incident.ID}, {b.Incident.ID}} {
		var found []string
		for _, f := range answers[i].Found {
			found = append(found, f.ID)
		}
		assert.Equal(t, want, found, "question %d", i)
	}
	assert.Len(t, answers[3].Found, 1)
	assert.Empty(t, answers[4].Found)
	l, err := c.Open(t.Context())
	require.NoError(t, err)
	assert.Len(t, l.Ours, 211)
	assert.Len(t, sb.Incidents(), 212)
}

// meet creates incidents that are open already, as a bridge without its ledger would.
func meet(t *testing.T, c *alert24.Client, sb *sandboxtest.Sandbox) {
	t.Helper()
	d := draft("A")
	met, err := c.Create(t.Context(), d)
	require.NoError(t, err)
	assert.True(t, met.Met)
	assert.Len(t, sb.Incidents(), 212)

	other, err := client(t, sb, sb.Key, func(c *alert24.Config) { c.Source = "nagios" }).Create(t.Context(), foreign("C"))
	require.NoError(t, err)
	d = draft("C")
	d.Content.Severity = incident.Low
	met, err = c.Create(t.Context(), d)
	require.Error(t, err)
	assert.Equal(t, protocol.Foreign, met.Result)
	assert.Equal(t, other.Incident.ID, met.Incident.ID)
}

// foreign is a draft of another tool for the alias.
func foreign(alias string) alert24.Draft {
	d := draft(alias)
	d.Content.Source, d.Content.Tags, d.Content.Description = "nagios", []string{"x"}, "of another tool"
	return d
}
