// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alert24_test

import (
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/config/configopaque"

	"github.com/alert24/otelcol-alert24/internal/alert24"
	"github.com/alert24/otelcol-alert24/internal/incident"
	"github.com/alert24/otelcol-alert24/internal/labels"
	"github.com/alert24/otelcol-alert24/internal/protocol"
	"github.com/alert24/otelcol-alert24/internal/reconcile"
	"github.com/alert24/otelcol-alert24/internal/sandbox"
	"github.com/alert24/otelcol-alert24/internal/sandbox/fault"
	"github.com/alert24/otelcol-alert24/internal/sandbox/sandboxtest"
	"github.com/alert24/otelcol-alert24/internal/sandbox/store"
)

var (
	_ reconcile.Manager = (*alert24.Client)(nil)
	_ reconcile.Manager = (*alert24.DryRun)(nil)
	_ alert24.Gate      = (*reconcile.Gate)(nil)
)

// The sandbox has wire types of its own, so a field that the client misspells does not arrive.

func client(t *testing.T, sb *sandboxtest.Sandbox, key string, changes ...func(*alert24.Config)) *alert24.Client {
	t.Helper()
	hc := &http.Client{Transport: &http.Transport{}}
	t.Cleanup(hc.CloseIdleConnections)
	cfg := alert24.Config{APIKey: configopaque.String(key), Source: "prometheus"}
	for _, change := range changes {
		change(&cfg)
	}
	c, err := alert24.New(hc, sb.Endpoint, cfg)
	require.NoError(t, err)
	return c
}

func draft(alias string) alert24.Draft {
	return alert24.Draft{Alias: alias, Content: incident.Content{
		Title: "High error rate", Description: "7 %\nof all\n\nAlias: " + alias, Severity: incident.Critical, Source: "prometheus",
		ImpactDescription: "users wait", AssignedTo: "user-1", Labels: labels.Set{{Name: "team", Value: "x"}},
		Tags: []string{incident.AliasTag(alias), "team:x"}, AffectedServices: []string{"svc-1"},
	}}
}

func TestAnIncidentsLife(t *testing.T) {
	sb := sandboxtest.Start(t, sandbox.Options{})
	c := client(t, sb, sb.Key)
	d := draft("HighErrorRate:api-01")

	created, err := c.Create(t.Context(), d)
	require.NoError(t, err)
	assert.True(t, created.Incident.Seen && created.Incident.Open)
	assert.False(t, created.Met)
	held := sb.Incidents()
	require.Len(t, held, 1)
	assert.Equal(t, created.Incident.ID, held[0].ID)
	assert.EqualValues(t, created.Incident.Number, held[0].Number)
	assert.Equal(t, "High error rate|7 %\nof all\n\nAlias: HighErrorRate:api-01|critical|HighErrorRate:api-01|prometheus|users wait|user-1",
		strings.Join([]string{
			held[0].Title, held[0].Description, held[0].Severity, held[0].Alias, held[0].Source,
			held[0].ImpactDescription, held[0].AssignedTo,
		}, "|"))
	assert.Equal(t, map[string]string{"team": "x"}, held[0].Labels)
	assert.Equal(t, d.Content.Tags, held[0].Tags)
	assert.Equal(t, []string{"svc-1"}, held[0].AffectedServices)
	assert.WithinDuration(t, held[0].StartedAt, created.Incident.StartedAt, time.Millisecond)
	id := created.Incident.ID

	read, err := c.Read(t.Context(), id)
	require.NoError(t, err)
	want := d.Content.Hashes()
	want[incident.FieldLabels] = read.Incident.Fields[incident.FieldLabels] // the API may not show them
	assert.Equal(t, want, read.Incident.Fields, "what is shown is what was sent, field by field")

	low := d
	low.Content.Severity, low.Content.Title = incident.Low, "not in the set"
	updated, err := c.Update(t.Context(), id, low, protocol.Fields(incident.FieldSeverity))
	require.NoError(t, err)
	assert.Equal(t, protocol.Fields(incident.FieldSeverity), updated.Wrote)
	assert.Equal(t, "low High error rate", sb.Incidents()[0].Severity+" "+sb.Incidents()[0].Title)

	end := created.Incident.StartedAt.Add(time.Hour).Add(5 * time.Millisecond)
	closed, err := c.Close(t.Context(), id, end)
	require.NoError(t, err)
	assert.False(t, closed.Incident.Open)
	assert.True(t, end.Equal(sb.Incidents()[0].ResolvedAt))

	reopened, err := c.Reopen(t.Context(), id)
	require.NoError(t, err)
	assert.True(t, reopened.Incident.Open)
	gone, err := c.Read(t.Context(), "no-such-id")
	require.Error(t, err)
	assert.Equal(t, protocol.Gone, gone.Result)
}

func TestLookupsInTheSandbox(t *testing.T) {
	for name, change := range map[string]func(*sandbox.Switches){
		"aliases are shown":     func(s *sandbox.Switches) { s.AliasInResponses = true },
		"aliases are not shown": func(s *sandbox.Switches) { s.AliasInResponses = false },
		"and tags are refused": func(s *sandbox.Switches) {
			s.AliasInResponses = false
			s.RefusedFields = []string{"tags"}
		},
		"sources are not kept": func(s *sandbox.Switches) { s.RestrictSource = true },
	} {
		t.Run(name, func(t *testing.T) {
			sb := sandboxtest.Start(t, sandbox.Options{})
			require.NoError(t, sb.SetSwitches(func(s *sandbox.Switches) {
				change(s)
				s.NonAtomicCreate = 0
			}))
			c := client(t, sb, sb.Key)
			byAlias := map[string]string{}
			var tags []string
			for i := range 230 {
				alias := "alias-" + strconv.Itoa(i)
				a, err := c.Create(t.Context(), draft(alias))
				require.NoError(t, err)
				byAlias[alias] = a.Incident.ID
				tags = append(tags, incident.AliasTag(alias))
			}
			_, err := c.Close(t.Context(), byAlias["alias-1"], time.Time{})
			require.NoError(t, err)

			c = client(t, sb, sb.Key) // as after a restart, which forgets what the API refuses
			began := time.Now().Add(-time.Minute)
			answers, errs := alert24.FindAll(t, c, []alert24.Question{
				{Alias: "alias-0", Depth: protocol.All, AnyTitle: true},
				{Alias: "alias-1", Depth: protocol.Since, Since: began},
				{Alias: "alias-2", Depth: protocol.Newest, ID: byAlias["alias-2"]},
				{Alias: "none", Depth: protocol.All, Since: began, AnyTitle: true},
			})
			require.NoError(t, errors.Join(errs...))
			for i, open := range []bool{true, false, true} {
				require.Len(t, answers[i].Found, 1)
				assert.Equal(t, byAlias["alias-"+strconv.Itoa(i)], answers[i].Found[0].ID)
				assert.Equal(t, open, answers[i].Found[0].Open)
			}
			assert.Empty(t, answers[3].Found)

			l, err := c.Open(t.Context())
			require.NoError(t, err)
			assert.Len(t, l.IDs, 229)
			var listed []string
			for _, ours := range l.Ours {
				listed = append(listed, ours.Tag)
			}
			assert.ElementsMatch(t, slices.Delete(tags, 1, 2), listed)
		})
	}
}

func TestResultsOfTheSandboxesFaults(t *testing.T) {
	sb := sandboxtest.Start(t, sandbox.Options{Keys: map[string][]string{sandbox.DemoKey: {"write"}, "ak_live_reader": {"read"}}})
	c := client(t, sb, sb.Key)
	a, err := client(t, sb, "ak_live_wrong").Create(t.Context(), draft("A"))
	require.Error(t, err)
	assert.Equal(t, protocol.Denied, a.Result)
	a, err = client(t, sb, "ak_live_reader").Create(t.Context(), draft("A"))
	assert.Equal(t, protocol.Denied, a.Result)
	require.ErrorContains(t, err, "missing required scope: write")
	untitled := draft("A")
	untitled.Content.Title = ""
	a, err = c.Create(t.Context(), untitled)
	assert.Equal(t, protocol.Refused, a.Result)
	require.ErrorContains(t, err, "title is required")
	a, err = c.Close(t.Context(), "no-such-id", time.Time{})
	require.Error(t, err)
	assert.Equal(t, protocol.Gone, a.Result)

	for name, tt := range map[string]struct {
		fault         sandbox.Fault
		create, close protocol.Result
		after         time.Duration
	}{
		"rate limit":        {sandbox.Fault{Status: 429, RetryAfter: 7 * time.Second}, protocol.NotSent, protocol.NotSent, 7 * time.Second},
		"unavailable":       {sandbox.Fault{Status: 503, RetryAfter: 9 * time.Second}, protocol.Unanswered, protocol.Unanswered, 9 * time.Second},
		"HTML of the edge":  {sandbox.Fault{Status: 502, Body: fault.HTML}, protocol.Unanswered, protocol.Unanswered, 0},
		"400 of the edge":   {sandbox.Fault{Status: 400, Body: fault.HTML}, protocol.Unanswered, protocol.Unanswered, 0},
		"400 of the API":    {sandbox.Fault{Status: 400}, protocol.Refused, protocol.Refused, 0},
		"HTML with 200":     {sandbox.Fault{Body: fault.HTML}, protocol.Unanswered, protocol.Done, 0},
		"cut":               {sandbox.Fault{Body: fault.Cut}, protocol.Unanswered, protocol.Done, 0},
		"empty":             {sandbox.Fault{Body: fault.Empty}, protocol.Unanswered, protocol.Done, 0},
		"dropped":           {sandbox.Fault{Drop: true}, protocol.Unanswered, protocol.Unanswered, 0},
		"commit, then 500":  {sandbox.Fault{Status: 500, Commit: true}, protocol.Unanswered, protocol.Unanswered, 0},
		"404 of the edge":   {sandbox.Fault{Status: 404, Body: fault.HTML}, protocol.Unanswered, protocol.Unanswered, 0},
		"404 of the API":    {sandbox.Fault{Status: 404}, protocol.Unanswered, protocol.Gone, 0},
		"403 of the edge":   {sandbox.Fault{Status: 403, Body: fault.HTML}, protocol.Denied, protocol.Denied, 0},
		"date to come back": {sandbox.Fault{Status: 503, RetryAfter: time.Minute, RetryAfterDate: true}, protocol.Unanswered, protocol.Unanswered, time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			sb.ClearFaults()
			created, err := c.Create(t.Context(), draft("B"))
			require.NoError(t, err)
			require.NoError(t, sb.SetFaults([]sandbox.Fault{tt.fault}))
			a, err := c.Create(t.Context(), draft("A"))
			require.Error(t, err)
			assert.NotContains(t, err.Error(), sb.Key)
			assert.Equal(t, tt.create.String(), a.Result.String())
			assert.InDelta(t, tt.after, a.RetryAfter, float64(time.Second), "dates are whole seconds")
			a, err = c.Close(t.Context(), created.Incident.ID, time.Time{})
			assert.Equal(t, tt.close.String(), a.Result.String(), "%v", err)
			assert.Equal(t, tt.close == protocol.Done, err == nil)
		})
	}
}

func TestAnAPIThatRefusesOptionalFields(t *testing.T) {
	for name, tt := range map[string]struct {
		change func(*sandbox.Switches)
		want   []string
	}{
		"undocumented":    {func(s *sandbox.Switches) { s.UnknownFields = store.Refuse }, []string{"labels"}},
		"source":          {func(s *sandbox.Switches) { s.RestrictSource = true }, []string{"source"}},
		"several of them": {func(s *sandbox.Switches) { s.RefusedFields = []string{"tags", "assigned_to"} }, []string{"assigned_to", "tags"}},
	} {
		t.Run(name, func(t *testing.T) {
			sb := sandboxtest.Start(t, sandbox.Options{})
			require.NoError(t, sb.SetSwitches(tt.change))
			var dropped []string
			c := client(t, sb, sb.Key, func(c *alert24.Config) {
				c.FieldDropped = func(d alert24.Dropped) {
					dropped = append(dropped, d.Field)
					assert.Empty(t, d.Alias)
					assert.ErrorContains(t, d.Err, d.Field)
				}
			})
			created, err := c.Create(t.Context(), draft("A"))
			require.NoError(t, err)
			_, err = c.Update(t.Context(), created.Incident.ID, draft("A"), protocol.Full.Fields())
			require.NoError(t, err)
			assert.ElementsMatch(t, tt.want, dropped)
			assert.Len(t, sb.Incidents(), 1)
			assert.Len(t, sb.Requests(), len(tt.want)+2)
		})
	}
}
