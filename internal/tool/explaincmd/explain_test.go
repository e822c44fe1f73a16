// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package explaincmd

import (
	"bytes"
	"context"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/alert24/otelcol-alert24/internal/status"
	"github.com/alert24/otelcol-alert24/internal/statuspage"
	"github.com/alert24/otelcol-alert24/internal/tool/cli"
)

var now = time.Date(2026, 3, 19, 14, 30, 0, 0, time.Local)

// bridge is a Source with one answer.
type bridge struct {
	statuspage.Source

	asked    status.Subject
	answer   status.Explanation
	overview status.Overview
}

// Overview is that of a healthy bridge, unless the test sets another one.
func (b *bridge) Overview(context.Context) status.Overview {
	if b.overview.Bridge.Started.IsZero() {
		return status.Overview{
			Bridge: status.Bridge{Started: now.Add(-time.Hour)}, API: status.API{State: status.APIAnswers}, Storage: status.Storage{Up: true},
			Webhooks: status.Webhooks{Since: now.Add(-time.Hour), LastAccepted: now},
		}
	}
	return b.overview
}

// Revision and Table are those of a bridge without aliases.
func (b *bridge) Revision(context.Context) string              { return "" }
func (b *bridge) Table(context.Context) (*status.Table, error) { return &status.Table{}, nil }
func (b *bridge) Idle()                                        {}

func (b *bridge) Explain(_ context.Context, s status.Subject) (status.Explanation, error) {
	b.asked = s
	return b.answer, nil
}

// run runs the command against a bridge.
func run(t *testing.T, b *bridge, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	server := httptest.NewServer(statuspage.New(b, statuspage.Options{Now: func() time.Time { return now }}))
	defer server.Close()
	var out, errs bytes.Buffer
	code = cli.Run(t.Context(), "dev", append([]string{"explain", "--status", server.URL}, args...), cli.Streams{In: strings.NewReader(""), Out: &out, Err: &errs}, New())
	return code, out.String(), errs.String()
}

func entry(kind status.Kind, text string) status.Entry {
	return status.Entry{
		Row: status.Row{
			Alias: "HighErrorRate:api-01.prod", Severity: "critical", Title: "High error rate", Firing: 1, Members: 2, Since: now.Add(-time.Minute),
			State:    status.State{Kind: kind, Text: text},
			Incident: status.Incident{State: "open", ID: "id-1", Number: 1042, Link: "https://app.alert24.net/incidents/id-1"},
		},
		Alerts: []status.Alert{{State: "firing", StartsAt: now.Add(-time.Minute), Labels: map[string]string{"instance": "api-01.prod", "alertname": "High\x1b[2JErrorRate"}}},
	}
}

func TestOpenIncident(t *testing.T) {
	b := &bridge{answer: status.Explanation{Entries: []status.Entry{entry(status.Open, "open as #1042")}}}
	code, out, errs := run(t, b, "HighErrorRate:api-01.prod")
	assert.Equal(t, cli.ExitOK, code, errs)
	assert.Equal(t, "HighErrorRate:api-01.prod", b.asked.Alias)
	for _, want := range []string{
		"  State:          open as #1042\n", "  Incident:       #1042, open https://app.alert24.net/incidents/id-1\n", "  Alerts:         1 of 2 firing\n",
		"  Since:          2026-03-19 14:29:00 (1 min 0 s)\n", `instance="api-01.prod"`,
	} {
		assert.Contains(t, out, want)
	}
	assert.NotContains(t, out, "\x1b")
}

func TestCreateThatFails(t *testing.T) {
	e := entry(status.Retrying, "create failed 3 times")
	e.State.NextTry, e.State.Reason, e.Incident, e.PendingSince = now.Add(12*time.Second), "HTTP 503", status.Incident{State: "none"}, now.Add(-30*time.Second)
	e.Next = &status.Next{Call: "create", Why: "it fires", At: now.Add(12 * time.Second)}
	e.Results = []status.Result{{At: now, Call: "create", Result: "unanswered", Reason: "HTTP 503"}}
	e.Content = &status.Content{Title: "High error rate", Description: "one\ntwo", Severity: "critical", Tags: []string{"a", "b"}}
	e.Fields = []status.Field{{Name: "title", State: status.FieldDue}}
	code, out, _ := run(t, &bridge{answer: status.Explanation{Entries: []status.Entry{e}}}, "HighErrorRate:api-01.prod")
	assert.Equal(t, cli.ExitFound, code)
	for _, want := range []string{
		"create failed 3 times, next try in 12 s: HTTP 503\n", "  Incident:       none is known\n", "(30 s)\n", "  Next:           create in 12 s, because it fires\n",
		"    14:30:00 create unanswered: HTTP 503\n", "High error rate (to be written)\n", "one ↵ two\n", "a, b\n",
	} {
		assert.Contains(t, out, want)
	}
}

func TestNextCallWaitsForAPause(t *testing.T) {
	e := entry(status.Opening, "waits to be opened")
	for at, want := range map[time.Time]string{
		now.Add(time.Minute): "create when calls are allowed again at 14:31:00, because it fires\n", {}: "create now, because it fires\n",
	} {
		e.Next = &status.Next{Call: "create", Why: "it fires", PausedUntil: at}
		_, out, _ := run(t, &bridge{answer: status.Explanation{Entries: []status.Entry{e}}}, "a")
		assert.Contains(t, out, "  Next:           "+want)
	}
}

func TestHeldAlertsAreCounted(t *testing.T) {
	e := entry(status.Held, "waits")
	for want, counts := range map[string][2]int{"1 held": {0, 1}, "1 of 2 firing, 1 held": {1, 1}, "1 of 2 firing": {1, 0}} {
		e.Firing, e.Held = counts[0], counts[1]
		_, out, _ := run(t, &bridge{answer: status.Explanation{Entries: []status.Entry{e}}}, "a")
		assert.Contains(t, out, "  Alerts:         "+want+"\n")
	}
}

// Aliases that the answer leaves out may have no incident.
func TestMoreAliasesNeedALook(t *testing.T) {
	e := entry(status.Open, "open as #1042")
	code, out, _ := run(t, &bridge{answer: status.Explanation{Entries: []status.Entry{e}, More: true}}, "--labels", "a=b")
	assert.Equal(t, cli.ExitFound, code)
	assert.Contains(t, out, "There are more aliases with these labels: add labels.\n")
}

func TestTimesOfAlerts(t *testing.T) {
	e := entry(status.Closed, "#1042 is closed")
	e.Alerts = []status.Alert{
		{State: "resolved", StartsAt: now.Add(-2 * time.Minute), ResolvedAt: now.Add(-time.Minute)},
		{State: "resolving", StartsAt: now.Add(-3 * time.Minute), HeldUntil: now.Add(2 * time.Minute)},
		{State: "held", StartsAt: now.Add(-time.Minute), HeldUntil: now.Add(time.Minute), ResolvedAt: now},
	}
	e.Results = []status.Result{{At: now, Call: "lookup", Result: "done", Text: "#1041 was closed by somebody else"}}
	_, out, _ := run(t, &bridge{answer: status.Explanation{Entries: []status.Entry{e}}}, "a")
	assert.Contains(t, out, "  - resolved at 14:29:00, fired since 14:28:00\n")
	assert.Contains(t, out, "  - resolving, fired since 2026-03-19 14:27:00 (3 min 0 s), waits until 14:32:00\n")
	assert.Contains(t, out, "  - held since 2026-03-19 14:29:00 (1 min 0 s), waits until 14:31:00\n")
	assert.Contains(t, out, "    14:30:00 lookup done: #1041 was closed by somebody else\n")
}

func TestTroubleOfTheBridgeComesFirst(t *testing.T) {
	o := (&bridge{}).Overview(t.Context())
	o.API = status.API{State: status.APIRefusesKey, LastError: "HTTP 401", PausedUntil: now.Add(time.Minute), CreatesPausedUntil: now.Add(time.Minute)}
	_, out, _ := run(t, &bridge{overview: o, answer: status.Explanation{Entries: []status.Entry{entry(status.Retrying, "create failed")}}}, "a")
	want := "! Alert24 refuses the API key: HTTP 401; all calls wait until 14:31:00\n" +
		"  Do: after a 402, check the plan of the organization; if a firewall rejects the text of alerts, allow the bridge there; else create a key with the scope write in Alert24, and install it (docs/runbook.md#alert24bridgekeyrefused)\n\nHighErrorRate:"
	assert.True(t, strings.HasPrefix(out, want), out)

	_, out, _ = run(t, &bridge{overview: o, answer: status.Explanation{Entries: []status.Entry{entry(status.Open, "open as #1042")}}}, "a")
	assert.True(t, strings.HasPrefix(out, "HighErrorRate:"), out)
}

func TestDryRunIsSaidFirst(t *testing.T) {
	b := &bridge{overview: (&bridge{}).Overview(t.Context()), answer: status.Explanation{Entries: []status.Entry{entry(status.Open, "open as #1")}}}
	b.overview.Bridge.DryRun = true
	code, stdout, _ := run(t, b, "HighErrorRate:api-01")
	assert.Equal(t, 1, code)
	assert.True(t, strings.HasPrefix(stdout, "! This is a dry run: nothing is sent to Alert24, and nobody is paged.\n"), stdout)
}

func TestAliasThatIsNotKnown(t *testing.T) {
	o := (&bridge{}).Overview(t.Context())
	_, out, _ := run(t, &bridge{overview: o, answer: status.Explanation{DidYouMean: "DiskFull:db-1"}}, "diskfull:db-1")
	assert.Equal(t, "The bridge knows nothing of diskfull:db-1: not heard of since the start at 13:30:00, or forgotten since its incident closed.\n"+
		"What was ignored or refused before the start is in the log only.\nDid you mean DiskFull:db-1?\n"+
		"Webhooks: last accepted at 14:30:00, none refused since the start at 13:30:00\n", out)
	_, out, _ = run(t, &bridge{overview: o}, "DiskFull:db-1")
	const do = "\nDo: check that Alertmanager routes it to the bridge's receiver, given all labels of the alert; then check that it fires in Alertmanager, and is not silenced, inhibited or cut off by max_alerts (docs/runbook.md#troubleshooting)\n"
	assert.True(t, strings.HasSuffix(out, do), out)
	_, out, _ = run(t, &bridge{overview: o}, "--labels", "alertname=DiskFull,team=db")
	assert.True(t, strings.HasSuffix(out, do+"    amtool --alertmanager.url=http://localhost:9093 config routes test alertname=DiskFull team=db\n"), out)

	o.Replica = &status.Replica{InboxWebhooks: 1}
	_, out, _ = run(t, &bridge{overview: o}, "a")
	assert.True(t, strings.HasPrefix(out, "! no replica leads; 1 accepted webhook waits for the leader\n"), out)
	assert.NotContains(t, out, "amtool")
}

func TestNoIncident(t *testing.T) {
	for name, c := range map[string]struct {
		notices []status.Notice
		want    string
	}{
		"never heard of": {nil, "The bridge knows nothing of a: not heard of"},
		"ignored":        {[]status.Notice{{Kind: status.Ignored, Alias: "a", Text: "its severity is none", Count: 3, First: now.Add(-time.Hour), Last: now}}, "14:30:00 a ignored: its severity is none (3 times since 13:30:00)\n"},
		"unusable":       {[]status.Notice{{Kind: status.Unusable, Text: "alerts cannot be used", From: "10.0.0.1", Count: 1, Last: now}}, "What the bridge could not use lately:\n    14:30:00 unusable: alerts cannot be used, from 10.0.0.1\n"},
		"refused":        {[]status.Notice{{Kind: status.Refused, Text: "401", From: "10.0.0.1", Count: 1, Last: now}}, "refused: 401, from 10.0.0.1\n"},
		"held":           {[]status.Notice{{Kind: status.HeldEcho, Alias: "a", Text: "it may be a late repeat", Until: now.Add(time.Minute), Count: 1, Last: now}}, "a held: it may be a late repeat, until 14:31:00\n"},
	} {
		t.Run(name, func(t *testing.T) {
			code, out, _ := run(t, &bridge{answer: status.Explanation{Notices: c.notices}}, "a")
			assert.Equal(t, cli.ExitFound, code)
			assert.Contains(t, out, c.want)
		})
	}
}

func TestLastWebhooks(t *testing.T) {
	start := now.Add(-time.Hour)
	for want, hooks := range map[string]status.Webhooks{
		"none has come since the start at 13:30:00":                           {Since: start},
		"none accepted since the start at 13:30:00, last refused at 14:30:00": {Since: start, LastRefused: now, Refusal: "401: no"},
		"last accepted at 14:29:59, last refused at 14:30:00":                 {Since: start, LastAccepted: now.Add(-time.Second), LastRefused: now, Refusal: "401: no"},
		"last accepted at 14:30:00, none refused since the start at 13:30:00": {Since: start, LastAccepted: now},
	} {
		o := (&bridge{}).Overview(t.Context())
		o.Webhooks = hooks
		_, out, _ := run(t, &bridge{overview: o}, "a")
		assert.Contains(t, out, "\nWebhooks: "+want+"\n")
	}
}

func TestJSONIsTheAnswer(t *testing.T) {
	b := &bridge{answer: status.Explanation{Entries: []status.Entry{entry(status.Open, "open")}}}
	code, out, _ := run(t, b, "--labels", "a=1,b=\"2,3\"", "-o", "json")
	assert.Equal(t, cli.ExitOK, code)
	assert.Equal(t, map[string]string{"a": "1", "b": "2,3"}, b.asked.Labels)
	var e status.Explanation
	require.NoError(t, json.Unmarshal([]byte(out), &e))
	assert.Equal(t, "HighErrorRate:api-01.prod", e.Entries[0].Alias)
}

func TestLabelsOfTheQuestion(t *testing.T) {
	for given, want := range map[string]map[string]string{
		`a=1, b = 2`:              {"a": "1", "b": "2"},
		`a=1,2,b=3`:               {"a": "1,2", "b": "3"},
		`a=x=y,b=`:                {"a": "x=y", "b": ""},
		`a="1,b=2"`:               {"a": "1,b=2"},
		`a="1,b=2", b="say \"\""`: {"a": "1,b=2", "b": `say ""`},
		`a="1" or "2",b=3`:        {"a": `1" or "2`, "b": "3"},
	} {
		b := &bridge{answer: status.Explanation{Entries: []status.Entry{entry(status.Open, "open")}}}
		run(t, b, "--labels", given)
		assert.Equal(t, want, b.asked.Labels, given)
	}
}

func TestWrongUse(t *testing.T) {
	for want, args := range map[string][]string{
		"give either an alias or --labels": {},
		"give one alias":                   {"a", "b"},
		`"a" is not name=value`:            {"--labels", "a"},
		"--status must be":                 {"--status", "x", "a"},
	} {
		code, _, errs := run(t, &bridge{}, args...)
		assert.Equal(t, cli.ExitCannot, code)
		assert.Contains(t, errs, want)
	}
}
