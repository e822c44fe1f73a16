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
	"github.com/alert24/otelcol-alert24/internal/status"
)

const (
	hostile  = `<img src=x onerror="window.hacked = 1"><script>window.hacked = 2</script>`
	longWord = "averyveryverylongwordwithoutanyplacetobreakitthatnobodywouldwritebutsomebodywillsend"
)

var severities = []string{"critical", "high", "medium", "low"}

// row is one that is open and well.
func row(n int) status.Row {
	return status.Row{
		Alias: fmt.Sprintf("HighErrorRate:api-%05d.prod", n), Severity: severities[n%4], Title: fmt.Sprintf("High error rate on api-%05d.prod", n),
		State: status.State{Kind: status.Open, Text: "open as #" + strconv.Itoa(n)}, Is: []status.Group{status.IsFiring, status.IsOpen},
		Firing: 1, Members: 1, Since: time.Now().Add(-time.Duration(n) * time.Second),
		Incident: status.Incident{State: "open", ID: "id", Number: int64(n), Link: "https://app.alert24.net/incidents/id"},
	}
}

// inTrouble is a bridge of which everything is broken.
func inTrouble(f *fake) {
	now := time.Now()
	f.since = now.Add(-10 * time.Minute)
	f.overview = status.Overview{
		Bridge: status.Bridge{Component: "alert24", Version: "v0.1.0", Started: now.Add(-time.Hour), DryRun: true},
		API: status.API{
			Endpoint: "https://app.alert24.net/api/v1", LastSuccess: now.Add(-10 * time.Minute), LastFailure: now, Calls: 7, Limit: 15,
			LastError: "create incident: HTTP 503 Service Unavailable", PausedUntil: now.Add(time.Minute),
		},
		Storage:  status.Storage{Kind: "file", Error: "cannot write the ledger to storage: no space left on device"},
		Replica:  &status.Replica{Inbox: 12, Aside: 1},
		Syncs:    []status.Sync{{Source: "http://alertmanager-0:9093", At: now, Alerts: 12}},
		Services: &status.Services{Known: 3, Unknown: []status.UnknownName{{Name: hostile, Count: 4}}},
	}
	f.notices = []status.Notice{
		{Kind: status.Ignored, Alias: "Watchdog:x", Text: `incident::severity::ignore has the word "none"`, Count: 12, First: now.Add(-time.Hour), Last: now},
		{Kind: status.HeldEcho, Alias: longWord + longWord, Text: "it may be a late repeat", Until: now.Add(3 * time.Minute), Count: 1, First: now, Last: now},
	}
	f.rows = nil
	for i, s := range []status.State{
		{Kind: status.Retrying, Text: "create failed 3 times", NextTry: now.Add(12 * time.Second), Reason: "create incident: HTTP 503 Service Unavailable"},
		{Kind: status.Parked, Text: "Alert24 refused the incident", NextTry: now.Add(4 * time.Minute), Reason: "create incident: HTTP 422: assigned_to is not known"},
		{Kind: status.Blocked, Text: "not opened: another tool's open incident 4711 has this alias"},
		{Kind: status.Doubtful, Text: "a create had no answer; the bridge looks for its incident"},
		{Kind: status.Held, Text: "held as an echo", Until: now.Add(5 * time.Minute)},
	} {
		r := row(i)
		r.State, r.Is, r.Incident = s, []status.Group{status.IsFiring, status.IsPending, status.Group(s.Kind)}, status.Incident{State: "none"}
		f.rows = append(f.rows, r)
	}
	f.rows[0].Title, f.rows[1].Title, f.rows[1].Alias = hostile, longWord+longWord, longWord+longWord+":"+longWord
	f.entries = map[string]status.Entry{f.rows[0].Alias: {
		Row: f.rows[0], PendingSince: now.Add(-time.Minute), Next: &status.Next{At: now.Add(12 * time.Second)},
		Content: &status.Content{Title: hostile, Description: hostile + "\n\nRunbook: https://runbooks.example.com", Severity: "critical", Source: "prometheus", Tags: []string{"a:b", longWord + longWord}},
		Fields:  []status.Field{{Name: "title", State: status.FieldDue}, {Name: "tags", State: status.FieldTheirs}},
		Results: []status.Result{{At: now, Call: "create", Result: "not_sent", Did: "retrying", Reason: "create incident: HTTP 503 Service Unavailable"}},
		Alerts: []status.Alert{{
			State: "firing", Severity: "critical", Name: "HighErrorRate", Labels: map[string]string{"instance": hostile, "job": longWord + longWord},
			Annotations: map[string]string{"summary": hostile}, StartsAt: now.Add(-time.Hour), LastSeen: now,
			Links: []status.Link{{Name: "Runbook", URL: "https://runbooks.example.com/x"}, {Name: "Bad", URL: "javascript:window.hacked = 3"}},
		}},
	}}
}

func TestPageInABrowser(t *testing.T) {
	b := browsertest.Open(t)
	f := &fake{overview: status.Overview{Bridge: status.Bridge{Component: "alert24", Version: "v0.1.0", Started: time.Now()}, API: status.API{Up: true, Limit: 15}, Storage: status.Storage{Kind: "file", Up: true}}}
	server := httptest.NewServer(New(f, Options{Now: time.Now}))
	defer server.Close()
	both := func(name string) {
		for _, width := range []int{1280, 390} {
			b.Resize(width, 900)
			b.Screenshot(fmt.Sprintf("%s-%d", name, width))
		}
		b.Resize(1280, 900)
	}
	text := func(id string) string {
		return browsertest.Eval[string](b, `document.getElementById('`+id+`').innerText`)
	}

	t.Run("empty", func(t *testing.T) {
		b.Visit(server.URL, 1280, 900)
		b.Until(`!document.getElementById('empty').hidden`)
		assert.Contains(t, text("empty"), "All quiet")
		both("empty")
	})

	t.Run("ten thousand aliases", func(t *testing.T) {
		f.change(func(f *fake) {
			for n := range 10_000 {
				f.rows = append(f.rows, row(n))
			}
		})
		took := b.Until(`document.querySelectorAll('#rows tr').length === 100`)
		assert.Less(t, took, 3000.0)
		assert.Contains(t, text("where"), "1 to 100 of 10,000")
		assert.Equal(t, "(10000) Alert24 bridge", browsertest.Eval[string](b, `document.title`))
		browsertest.Eval[bool](b, `document.getElementById('next').click(), true`)
		b.Until(`document.getElementById('where').innerText.startsWith('101 to 200')`)
		browsertest.Eval[bool](b, `document.querySelector('th[data-sort=title] button').click(), true`)
		b.Until(`document.querySelector('#rows .alias').innerText === 'HighErrorRate:api-00000.prod'`)
		browsertest.Eval[bool](b, `(() => { const i = document.getElementById('filter'); i.value = 'api-00042 CRIT'; i.dispatchEvent(new Event('input')); return true; })()`)
		b.Until(`!document.getElementById('empty').hidden`)
		browsertest.Eval[bool](b, `(() => { const i = document.getElementById('filter'); i.value = 'api-00040 CRIT'; i.dispatchEvent(new Event('input')); return true; })()`)
		b.Until(`document.querySelectorAll('#rows tr').length === 1`)
		b.Visit(browsertest.Eval[string](b, `location.href`), 1280, 900)
		b.Until(`document.querySelectorAll('#rows tr').length === 1`) // the address keeps the view
		b.Visit(server.URL, 1280, 900)
		b.Until(`document.querySelectorAll('#rows tr').length === 100`)
		both("many")
	})

	t.Run("what happens shows within a second, without a reload", func(t *testing.T) {
		browsertest.Eval[int](b, `window.marker = 1`)
		soonest := time.Hour
		for i := range 3 { // one of them on a machine that is busy with other things
			text := fmt.Sprint("update failed ", i)
			f.change(func(f *fake) {
				f.rows[0].State = status.State{Kind: status.Retrying, Text: text}
				f.rows[0].Since = time.Now().Add(time.Hour) // the first row
			})
			took := b.Until(`document.querySelector('#rows .state').innerText === '` + text + `'`)
			soonest = min(soonest, time.Duration(took)*time.Millisecond)
		}
		assert.Less(t, soonest, time.Second)
		assert.Equal(t, 1, browsertest.Eval[int](b, `window.marker`))
	})

	t.Run("in trouble, with hostile text", func(t *testing.T) {
		f.change(inTrouble)
		b.Until(`document.querySelectorAll('#rows tr').length === 5`)
		b.Until(`document.querySelector('#health').innerText.includes('503')`)
		assert.Regexp(t, `create failed 3 times, next try in \d+ s: create incident: HTTP 503`, text("rows"))
		assert.Contains(t, text("health"), "no space left on device")
		assert.Contains(t, text("notices"), "Watchdog:x")
		assert.Contains(t, text("groups"), "blocked")
		both("trouble")
		b.Call("Emulation.setEmulatedMedia", map[string]any{"features": []map[string]string{{"name": "prefers-color-scheme", "value": "dark"}}}, nil)
		both("dark")
		browsertest.Eval[bool](b, `document.querySelector('#rows a.title').focus(), true`)
		b.Press("ArrowDown", 40)
		assert.True(t, browsertest.Eval[bool](b, `document.activeElement === document.querySelectorAll('#rows a.title')[1]`))
		b.Press("ArrowUp", 38)
		b.Press("Enter", 13)
		b.Until(`document.getElementById('entry').open && document.querySelectorAll('.alert-card').length === 1`)
		assert.Contains(t, text("entry-body"), hostile)
		assert.Equal(t, []string{"https://runbooks.example.com/x"}, browsertest.Eval[[]string](b, `[...document.querySelectorAll('.links a')].map((a) => a.href)`))
		both("entry-dark")
		b.Call("Emulation.setEmulatedMedia", map[string]any{"features": []map[string]string{}}, nil)
		both("entry")
		b.Fits(390)
		b.Resize(1280, 900)
		b.Press("Escape", 27)
		b.Until(`!document.getElementById('entry').open && location.hash === ''`)
		assert.True(t, browsertest.Eval[bool](b, `document.activeElement === document.querySelector('#rows a.title')`), "focus returns to the row")
		assert.True(t, browsertest.Eval[bool](b, `window.hacked === undefined && !document.querySelector('img')`))
		for _, width := range []int{320, 390, 720, 721, 1280, 2560} {
			b.Fits(width)
		}
		b.NoProblems()
	})

	t.Run("a bridge that is away", func(t *testing.T) {
		server.CloseClientConnections()
		server.Close()
		b.Until(`document.getElementById('connection').dataset.state === 'lost'`)
		assert.Contains(t, text("connection"), "does not answer")
	})
}
