// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alert24_test

import (
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/config/configopaque"

	"github.com/alert24/otelcol-alert24/internal/alert24"
	"github.com/alert24/otelcol-alert24/internal/labels"
	"github.com/alert24/otelcol-alert24/internal/sandbox"
	"github.com/alert24/otelcol-alert24/internal/sandbox/fault"
	"github.com/alert24/otelcol-alert24/internal/sandbox/sandboxtest"
	"github.com/alert24/otelcol-alert24/internal/sandbox/store"
)

// The sandbox has wire types of its own, so a field that the client misspells does not arrive.

func client(t *testing.T, sb *sandboxtest.Sandbox, key string, opts ...alert24.Option) *alert24.Client {
	t.Helper()
	hc := &http.Client{Transport: &http.Transport{}, Timeout: 10 * time.Second}
	t.Cleanup(hc.CloseIdleConnections)
	c, err := alert24.New(hc, sb.Endpoint, append(opts, alert24.WithAPIKey(configopaque.String(key)))...)
	require.NoError(t, err)
	return c
}

func write() alert24.Write {
	return alert24.Write{
		Title: "High error rate", Description: "7 %\nof all", Severity: "critical", Alias: "HighErrorRate:api-01", Source: "prometheus",
		ImpactDescription: "users wait", AssignedTo: "user-1", Labels: labels.Set{{Name: "team", Value: "x"}},
		Tags: []string{"team:x"}, AffectedServices: []string{"svc-1"},
	}
}

func TestAnIncidentsLife(t *testing.T) {
	sb := sandboxtest.Start(t, sandbox.Options{})
	c := client(t, sb, sb.Key)

	created, err := c.Create(t.Context(), write())
	require.NoError(t, err)
	assert.True(t, created.Open())
	held := sb.Incidents()
	require.Len(t, held, 1)
	assert.Equal(t, created.ID, held[0].ID)
	assert.EqualValues(t, created.Number, held[0].Number)
	assert.Equal(t, "High error rate|7 %\nof all|critical|HighErrorRate:api-01|prometheus|users wait|user-1",
		strings.Join([]string{
			held[0].Title, held[0].Description, held[0].Severity, held[0].Alias, held[0].Source,
			held[0].ImpactDescription, held[0].AssignedTo,
		}, "|"))
	assert.Equal(t, map[string]string{"team": "x"}, held[0].Labels)
	assert.Equal(t, []string{"team:x"}, held[0].Tags)
	assert.Equal(t, []string{"svc-1"}, held[0].AffectedServices)
	assert.WithinDuration(t, held[0].StartedAt, created.StartedAt, time.Millisecond)

	again, err := c.Create(t.Context(), write())
	require.NoError(t, err)
	assert.Equal(t, created.ID, again.ID)

	updated, err := c.Update(t.Context(), created.ID, alert24.Write{Severity: "low"})
	require.NoError(t, err)
	assert.Equal(t, "low", updated.Severity)
	assert.Equal(t, "High error rate", updated.Title, "what an update leaves out stays")

	end := created.StartedAt.Add(time.Hour).Add(5 * time.Millisecond)
	closed, err := c.Update(t.Context(), created.ID, alert24.Write{Status: "resolved", ResolvedAt: end})
	require.NoError(t, err)
	assert.False(t, closed.Open())
	assert.True(t, end.Equal(closed.ResolvedAt), "%s is not %s", closed.ResolvedAt, end)

	read, err := c.Get(t.Context(), created.ID)
	require.NoError(t, err)
	assert.Equal(t, closed, read)
}

func TestListPages(t *testing.T) {
	sb := sandboxtest.Start(t, sandbox.Options{})
	c := client(t, sb, sb.Key)
	for i := range 5 {
		w := write()
		w.Alias = strconv.Itoa(i)
		_, err := c.Create(t.Context(), w)
		require.NoError(t, err)
	}
	var aliases []int64
	for offset := 0; ; offset += 2 {
		page, err := c.List(t.Context(), alert24.ListOptions{Status: "open", Limit: 2, Offset: offset})
		require.NoError(t, err)
		assert.Equal(t, 5, page.Total)
		assert.WithinDuration(t, time.Now(), page.ServerTime, time.Minute)
		for _, inc := range page.Incidents {
			aliases = append(aliases, inc.Number)
		}
		if !page.HasMore {
			break
		}
	}
	assert.Equal(t, []int64{5, 4, 3, 2, 1}, aliases)

	page, err := c.List(t.Context(), alert24.ListOptions{Status: "resolved"})
	require.NoError(t, err)
	assert.Empty(t, page.Incidents)
}

func TestClassesOfTheSandboxesFaults(t *testing.T) {
	sb := sandboxtest.Start(t, sandbox.Options{Keys: map[string][]string{sandbox.DemoKey: {"write"}, "ak_live_reader": {"read"}}})
	c := client(t, sb, sb.Key)
	_, err := client(t, sb, "ak_live_wrong").Create(t.Context(), write())
	assert.Equal(t, alert24.Denied, alert24.Classify(err))
	_, err = client(t, sb, "ak_live_reader").Create(t.Context(), write())
	assert.Equal(t, alert24.Denied, alert24.Classify(err))
	assert.ErrorContains(t, err, "missing required scope: write")
	_, err = c.Create(t.Context(), alert24.Write{Severity: "high"})
	assert.Equal(t, alert24.Refused, alert24.Classify(err))
	assert.ErrorContains(t, err, "title is required")
	_, err = c.Update(t.Context(), "no-such-id", alert24.Write{Title: "x"})
	assert.Equal(t, alert24.Gone, alert24.Classify(err))
	_, err = c.Get(t.Context(), "no-such-id")
	assert.Equal(t, alert24.Gone, alert24.Classify(err))

	for name, tt := range map[string]struct {
		fault sandbox.Fault
		want  alert24.Class
		after time.Duration
	}{
		"rate limit":              {sandbox.Fault{Status: 429, RetryAfter: 7 * time.Second}, alert24.RateLimited, 7 * time.Second},
		"unavailable":             {sandbox.Fault{Status: 503, RetryAfter: 9 * time.Second}, alert24.Uncertain, 9 * time.Second},
		"HTML of the edge":        {sandbox.Fault{Status: 502, Body: fault.HTML}, alert24.Uncertain, 0},
		"HTML with 200":           {sandbox.Fault{Body: fault.HTML}, alert24.Uncertain, 0},
		"cut":                     {sandbox.Fault{Body: fault.Cut}, alert24.Uncertain, 0},
		"empty":                   {sandbox.Fault{Body: fault.Empty}, alert24.Uncertain, 0},
		"dropped":                 {sandbox.Fault{Drop: true}, alert24.Uncertain, 0},
		"commit, then 500":        {sandbox.Fault{Status: 500, Commit: true}, alert24.Uncertain, 0},
		"404 of the edge":         {sandbox.Fault{Status: 404, Body: fault.HTML}, alert24.Uncertain, 0},
		"a create that is 'gone'": {sandbox.Fault{Status: 404}, alert24.Uncertain, 0},
	} {
		t.Run(name, func(t *testing.T) {
			require.NoError(t, sb.SetFaults([]sandbox.Fault{tt.fault}))
			_, err := c.Create(t.Context(), write())
			var e *alert24.Error
			require.ErrorAs(t, err, &e)
			assert.Equal(t, tt.want, e.Class, "%v", err)
			assert.Equal(t, tt.after, e.RetryAfter)
			assert.NotContains(t, err.Error(), sb.Key)
		})
	}
	sb.ClearFaults()

	require.NoError(t, sb.SetFaults([]sandbox.Fault{{Status: 503, RetryAfter: time.Minute, RetryAfterDate: true}}))
	_, err = c.Create(t.Context(), write())
	var e *alert24.Error
	require.ErrorAs(t, err, &e)
	assert.InDelta(t, time.Minute, e.RetryAfter, float64(time.Second), "dates are whole seconds")
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
			c := client(t, sb, sb.Key, alert24.WithFieldDropped(func(field string, err error) {
				dropped = append(dropped, field)
				assert.ErrorContains(t, err, field)
			}))
			created, err := c.Create(t.Context(), write())
			require.NoError(t, err)
			_, err = c.Update(t.Context(), created.ID, write())
			require.NoError(t, err)
			assert.ElementsMatch(t, tt.want, dropped)
			assert.Len(t, sb.Incidents(), 1)
			assert.Len(t, sb.Requests(), len(tt.want)+2)
		})
	}
}
