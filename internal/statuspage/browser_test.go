// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package statuspage

import (
	"fmt"
	"net/http/httptest"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/alert24/otelcol-alert24/internal/browsertest"
	"github.com/alert24/otelcol-alert24/internal/incident"
	"github.com/alert24/otelcol-alert24/internal/status"
)

const (
	hostile  = `<img src=x onerror="window.hacked = 1"><script>window.hacked = 2</script>`
	longWord = "averyveryverylongwordwithoutanyplacetobreakitthatnobodywouldwritebutsomebodywillsend"
)

var severities = []string{"critical", "high", "medium", "low"}

// row is an open incident without problems.
func row(n int) status.Row {
	return status.Row{
		Alias: fmt.Sprintf("HighErrorRate:api-%05d.prod", n), Severity: severities[n%4], Title: fmt.Sprintf("High error rate on api-%05d.prod", n),
		State: status.State{Kind: status.Open, Text: "open as #" + strconv.Itoa(n)}, Is: []status.Group{status.IsFiring, status.IsOpen},
		Firing: 1, Members: 1, Since: time.Now().Add(-time.Duration(n) * time.Second),
		Incident: status.Incident{State: "open", ID: "id", Number: int64(n), Link: "https://app.alert24.net/incidents/id"},
	}
}

// inTrouble makes everything fail.
func inTrouble(f *fake) {
	now := time.Now()
	f.since = now.Add(-10 * time.Minute)
	f.overview = status.Overview{
		Bridge: status.Bridge{Component: "alert24", Version: "v0.1.0", Started: now.Add(-time.Hour), DryRun: true},
		API: status.API{
			Endpoint: "https://app.alert24.net/api/v1", State: status.APIFails, LastSuccess: now.Add(-10 * time.Minute), LastFailure: now, Calls: 7, Limit: 15,
			LastError: "create incident: HTTP 503 Service Unavailable " + hostile, PausedUntil: now.Add(time.Minute),
		},
		Storage:  status.Storage{Kind: "file", Error: "cannot write the ledger to storage: no space left on device"},
		Webhooks: status.Webhooks{Since: now.Add(-time.Hour), LastRefused: now, Refusal: "401: not authorized, from " + hostile, SenderErrorAt: now, SenderError: "401: not authorized, from " + hostile},
		Replica:  &status.Replica{InboxWebhooks: 12, InboxSetAside: 1},
		Syncs:    []status.Sync{{Source: "http://alertmanager-0:9093/" + hostile, At: now, Alerts: 12}},
		Services: &status.Services{Known: 3, Unknown: []status.UnknownName{{Name: hostile, Count: 4}}},
	}
	f.notices = []status.Notice{
		{Kind: status.Refused, Text: "webhooks are answered 401 " + hostile, From: "10.0.0.1 " + hostile, Count: 1, First: now, Last: now},
		{Kind: status.Ignored, Alias: "Watchdog:x", Text: `incident::severity::ignore has the word "none"`, Count: 12, First: now.Add(-time.Hour), Last: now},
		{Kind: status.HeldEcho, Alias: longWord + longWord, Text: "it may be a late repeat", Until: now.Add(3 * time.Minute), Count: 1, First: now, Last: now},
	}
	f.rows = nil
	for i, s := range []status.State{
		{Kind: status.Retrying, Text: "create failed 3 times", NextTry: now.Add(12 * time.Second), Reason: "create incident: HTTP 503 Service Unavailable " + hostile},
		{Kind: status.Parked, Text: "Alert24 refused the incident", NextTry: now, PausedUntil: now.Add(4 * time.Minute), Reason: "create incident: HTTP 422: assigned_to is not known"},
		{Kind: status.Blocked, Text: "not opened: another tool's open incident 4711 has this alias"},
		{Kind: status.Doubtful, Text: "a create had no answer; the bridge looks for its incident"},
		{Kind: status.Held, Text: "waits", Until: now.Add(5 * time.Minute), Reason: "it may be a late repeat, because http://am-1:9093 resolved it", ReasonAt: now},
	} {
		r := row(i)
		r.State, r.Is, r.Incident = s, []status.Group{status.IsFiring, status.IsPending, status.Group(s.Kind)}, status.Incident{State: "none"}
		f.rows = append(f.rows, r)
	}
	f.rows[2].Alias = hostile
	f.rows[0].Title, f.rows[1].Title, f.rows[1].Alias = hostile, longWord+longWord, longWord+longWord+":"+longWord
	f.entries = map[string]status.Entry{f.rows[0].Alias: {
		Row: f.rows[0], PendingSince: now.Add(-time.Minute), Next: &status.Next{Call: "create", Why: "an alert fires", At: now.Add(12 * time.Second)},
		Content: &status.Content{Title: hostile, Description: hostile + "\n\nRunbook: https://runbooks.example.com", Severity: "critical", Source: "prometheus", Tags: []string{"a:b", longWord + longWord}},
		Fields:  []status.Field{{Name: "title", State: status.FieldDue}, {Name: "tags", State: status.FieldTheirs}},
		Results: []status.Result{{At: now, Call: "create", Result: "not_sent", Change: "retrying", Reason: "create incident: HTTP 503 Service Unavailable " + hostile}},
		Alerts: []status.Alert{{
			State: "firing", Severity: "critical", Name: "HighErrorRate", Labels: map[string]string{"instance": hostile, "job": longWord + longWord},
			Annotations: map[string]string{"summary": hostile}, StartsAt: now.Add(-time.Hour), LastSeen: now,
			Links: []incident.NamedLink{{Name: "Runbook", URL: "https://runbooks.example.com/x"}, {Name: "Bad", URL: "javascript:window.hacked = 3"}},
		}},
	}}
}

// scene is the page of a fake bridge in a browser.
type scene struct {
	b      *browsertest.Tab
	f      *fake
	server *httptest.Server
}

// both takes a picture of a desktop window and of a phone window.
func (s *scene) both(name string) {
	for _, width := range []int{1280, 390} {
		s.b.Resize(width, 900)
		s.b.Screenshot(fmt.Sprintf("%s-%d", name, width))
	}
	s.b.Resize(1280, 900)
}

// text returns the text of an element.
func (s *scene) text(id string) string {
	return browsertest.Eval[string](s.b, `document.getElementById('`+id+`').innerText`)
}

func TestPageInABrowser(t *testing.T) {
	f := &fake{overview: status.Overview{
		Bridge: status.Bridge{Component: "alert24", Version: "v0.1.0", Started: time.Now()}, API: status.API{State: status.APIAnswers, Limit: 15}, Storage: status.Storage{Kind: "file", Up: true},
		Webhooks: status.Webhooks{Since: time.Now().Add(-time.Hour)},
	}}
	s := &scene{b: browsertest.Open(t), f: f, server: httptest.NewServer(New(f, Options{Now: time.Now}))}
	defer s.server.Close()
	for _, step := range []struct {
		name string
		test func(*testing.T)
	}{
		{"empty", s.empty},
		{"ten thousand aliases", s.many},
		{"what happens shows without a reload", s.live},
		{"an alert waits until a time that comes", s.held},
		{"one sender of two is refused", s.refused},
		{"in trouble, with hostile text", s.trouble},
		{"a bridge that is away", s.away},
	} {
		if !t.Run(step.name, step.test) {
			return // the steps build on each other
		}
	}
}

func (s *scene) empty(t *testing.T) {
	t.Helper()
	s.b.Visit(s.server.URL, 1280, 900)
	s.b.Until(`!document.getElementById('empty').hidden`)
	assert.Contains(t, s.text("empty"), "No alert is known\n\nno webhook has come since the start at ")
	assert.Contains(t, s.text("trouble"), "Do: check that Alertmanager has a route to the bridge")
	s.b.Fits(390)
	s.both("no_webhook")
	s.f.change(func(f *fake) { f.overview.Webhooks.LastAccepted = time.Now() })
	s.b.Until(`document.getElementById('empty').innerText.includes('All quiet')`)
	s.b.Until(`document.getElementById('trouble').hidden`)
	s.both("empty")
}

func (s *scene) many(t *testing.T) {
	t.Helper()
	s.f.change(func(f *fake) {
		for n := range 10_000 {
			f.rows = append(f.rows, row(n))
		}
	})
	s.b.Until(`document.querySelectorAll('#rows tr').length === 100`)
	assert.Contains(t, s.text("where"), "1 to 100 of 10,000")
	assert.Equal(t, "(10000) Alert24 bridge", browsertest.Eval[string](s.b, `document.title`))
	browsertest.Eval[bool](s.b, `document.getElementById('next').click(), true`)
	s.b.Until(`document.getElementById('where').innerText.startsWith('101 to 200')`)
	browsertest.Eval[bool](s.b, `document.querySelector('th[data-sort=title] button').click(), true`)
	s.b.Until(`document.querySelector('#rows .alias').innerText === 'HighErrorRate:api-00000.prod'`)
	browsertest.Eval[bool](s.b, `(() => { const i = document.getElementById('filter'); i.value = 'api-00042 CRIT'; i.dispatchEvent(new Event('input')); return true; })()`)
	s.b.Until(`!document.getElementById('empty').hidden`)
	browsertest.Eval[bool](s.b, `(() => { const i = document.getElementById('filter'); i.value = 'api-00040 CRIT'; i.dispatchEvent(new Event('input')); return true; })()`)
	s.b.Until(`document.querySelectorAll('#rows tr').length === 1`)
	s.b.Visit(browsertest.Eval[string](s.b, `location.href`), 1280, 900)
	s.b.Until(`document.querySelectorAll('#rows tr').length === 1`) // the address keeps the view
	s.b.Visit(s.server.URL, 1280, 900)
	s.b.Until(`document.querySelectorAll('#rows tr').length === 100`)
	s.both("many")
}

func (s *scene) live(t *testing.T) {
	t.Helper()
	browsertest.Eval[int](s.b, `window.marker = 1`)
	s.f.change(func(f *fake) {
		f.rows[0].State = status.State{Kind: status.Retrying, Text: "update failed"}
		f.rows[0].Since = time.Now().Add(time.Hour) // it becomes the first row
	})
	s.b.Until(`document.querySelector('#rows .state').innerText === 'update failed'`)
	assert.Equal(t, 1, browsertest.Eval[int](s.b, `window.marker`))
}

// waiting selects the cards of alerts that show the end of a wait.
const waiting = `[...document.querySelectorAll('.alert-card')].filter((c) => c.innerText.includes('waits until')).map((c) => c.querySelector('b').innerText)`

func (s *scene) held(t *testing.T) {
	t.Helper()
	now := time.Now()
	s.f.change(func(f *fake) {
		f.entries = map[string]status.Entry{"held": {Row: row(0), Results: []status.Result{}, Alerts: []status.Alert{
			{State: "held", Name: "long", HeldUntil: now.Add(time.Hour)},
			{State: "held", Name: "short", HeldUntil: now.Add(2 * time.Second)},
			{State: "held", Name: "over", HeldUntil: now.Add(-time.Minute)},
		}}}
	})
	browsertest.Eval[string](s.b, `location.hash = '#alias=held'`)
	s.b.Until(`document.querySelectorAll('.alert-card').length === 3`)
	assert.NotContains(t, browsertest.Eval[[]string](s.b, waiting), "over")
	s.b.Until(waiting + `.join() === 'long'`)
	s.b.Press("Escape", 27)
	s.b.Until(`!document.getElementById('entry').open && location.hash === ''`)
}

func (s *scene) refused(t *testing.T) {
	t.Helper()
	card := func(tone, headline string) {
		t.Helper()
		s.b.Until(`[...document.querySelectorAll('#health .card')].some((c) => c.innerText.includes('` + headline + `') && c.dataset.tone === '` + tone + `' && c.innerText.startsWith('Webhooks'))`)
	}
	card("good", "Accepted.")
	now := time.Now()
	s.f.change(func(f *fake) {
		w := &f.overview.Webhooks
		w.LastAccepted, w.LastRefused, w.Refusal = now, now.Add(-time.Minute), "401: not authorized, from 10.0.0.1"
		w.SenderErrorAt, w.SenderError = w.LastRefused, w.Refusal
	})
	card("poor", "Accepted, but not from every sender.")
	s.f.change(func(f *fake) { f.overview.Webhooks.SenderErrorAt = now.Add(-time.Hour) })
	card("good", "Accepted.")
}

func (s *scene) trouble(t *testing.T) {
	t.Helper()
	s.f.change(inTrouble)
	s.b.Until(`document.querySelectorAll('#rows tr').length === 5`)
	s.b.Until(`document.querySelector('#health').innerText.includes('503')`)
	assert.Regexp(t, `create failed 3 times, next try in \d+ s: create incident: HTTP 503`, s.text("rows"))
	assert.Regexp(t, `refused the incident, next try when calls are allowed again at \d+:\d+`, s.text("rows"))
	assert.Contains(t, s.text("health"), "no space left on device")
	assert.Contains(t, s.text("notices"), "Watchdog:x")
	assert.Contains(t, s.text("notices"), "webhooks are answered 401 "+hostile+", from 10.0.0.1")
	assert.Contains(t, s.text("health"), "The last one was refused.")
	assert.Contains(t, s.text("groups"), "blocked")
	assert.Regexp(t, `the storage cannot be written: cannot write .*\s+Do: free space`, s.text("trouble"))
	assert.Regexp(t, `webhooks are refused, the last one at \d+:\d\d:\d\d: 401`, s.text("trouble"))
	s.both("trouble")
	s.b.Call("Emulation.setEmulatedMedia", map[string]any{"features": []map[string]string{{"name": "prefers-color-scheme", "value": "dark"}}}, nil)
	s.both("dark")
	browsertest.Eval[bool](s.b, `document.querySelector('#rows a.title').focus(), true`)
	s.b.Press("ArrowDown", 40)
	assert.True(t, browsertest.Eval[bool](s.b, `document.activeElement === document.querySelectorAll('#rows a.title')[1]`))
	s.b.Press("ArrowUp", 38)
	s.b.Press("Enter", 13)
	s.b.Until(`document.getElementById('entry').open && document.querySelectorAll('.alert-card').length === 1`)
	assert.Contains(t, s.text("entry-body"), hostile)
	assert.Contains(t, s.text("entry-body"), "the storage cannot be written: cannot write")
	assert.Equal(t, []string{"https://runbooks.example.com/x"}, browsertest.Eval[[]string](s.b, `[...document.querySelectorAll('.links a')].map((a) => a.href)`))
	s.both("entry-dark")
	s.b.Call("Emulation.setEmulatedMedia", map[string]any{"features": []map[string]string{}}, nil)
	s.both("entry")
	s.b.Fits(390)
	s.b.Resize(1280, 900)
	s.b.Press("Escape", 27)
	s.b.Until(`!document.getElementById('entry').open && location.hash === ''`)
	assert.True(t, browsertest.Eval[bool](s.b, `document.activeElement === document.querySelector('#rows a.title')`), "focus returns to the row")
	assert.True(t, browsertest.Eval[bool](s.b, `window.hacked === undefined && !document.querySelector('img')`))
	for _, width := range []int{320, 390, 720, 721, 1280, 2560} {
		s.b.Fits(width)
	}
	s.b.NoProblems()
}

func (s *scene) away(t *testing.T) {
	t.Helper()
	s.server.CloseClientConnections()
	s.server.Close()
	s.b.Until(`document.getElementById('connection').dataset.state === 'lost'`)
	assert.Contains(t, s.text("connection"), "does not answer")
}
