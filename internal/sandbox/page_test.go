// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package sandbox_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/alert24/otelcol-alert24/internal/sandbox"
	"github.com/alert24/otelcol-alert24/internal/sandbox/sandboxtest"
)

const (
	hostileTitle = `<script>window.hacked = 1</script><img src=x onerror="window.hacked = 2">`
	longWord     = "averyveryverylongwordwithoutanyplacetobreakitthatnobodywouldwritebutsomebodywillsend"
)

// fill creates 200 open incidents of every kind that a page must handle, and some closed ones.
func fill(t *testing.T, s *sandboxtest.Sandbox) {
	t.Helper()
	severities := []string{"critical", "high", "medium", "low", "maintenance"}
	titles := []string{
		"High error rate on api-%02d.prod", "Disk of db-%02d is full within four hours", "Certificate of shop-%02d.example.com expires in 3 days",
		"Queue %02d grows faster than it is read", "Backup of volume %02d is older than a day",
	}
	names := []string{"HighErrorRate:api-%02d.prod", "DiskFillsUp:db-%02d", "CertificateExpires:shop-%02d", "QueueGrows:mq-%02d", "BackupTooOld:vol-%02d"}
	post := func(title, alias, severity string) {
		body, err := json.Marshal(map[string]any{
			"title": title, "alias": alias, "severity": severity, "source": "prometheus", "tags": []string{"team:platform", "cluster:eu-1"},
			"labels": map[string]string{"team": "platform", "job": "api-service"},
			"description": "More than 5 % of the requests fail.\n\nRunbook: https://runbooks.example.com/high-error-rate?from=" +
				longWord + longWord,
		})
		require.NoError(t, err)
		require.Equal(t, http.StatusCreated, send(t, s, http.MethodPost, incidents, string(body)).status)
	}
	for n := range 198 {
		kind := n % len(titles)
		post(fmt.Sprintf(titles[kind], n), fmt.Sprintf(names[kind], n), severities[(n*7/3)%len(severities)])
	}
	post(hostileTitle, "hostile", "critical")
	post(longWord+longWord, longWord+longWord+":"+longWord, "critical")
	for n := range 12 {
		id := create(t, s, fmt.Sprintf("Watchdog:old-%02d", n))
		require.NoError(t, s.PersonResolves(id))
	}
}

func TestPageInABrowser(t *testing.T) { //nolint:funlen // one story: each step needs the one before
	b := openTab(t)
	s := sandboxtest.Start(t, sandbox.Options{Switches: sandbox.Merging})
	b.visit(s.Address, 1280, 800)
	b.until(`!document.getElementById('quiet').hidden`)
	assert.Equal(t, []string{s.Endpoint, s.Key}, eval[[]string](b, `[...document.querySelectorAll('#quiet code')].map((e) => e.textContent)`))
	b.screenshot("empty")
	fill(t, s)
	b.visit(s.Address, 1280, 800)
	b.until(`document.querySelectorAll('#open .incident').length === 200`)
	eval[int](b, `window.marker = 1`) // gone after a reload

	t.Run("open ones first, worst first, each with what it is about", func(t *testing.T) {
		order := eval[[]string](b, `[...document.querySelectorAll('#open .severity')].map((e) => e.textContent)`)
		rank := map[string]int{"critical": 0, "high": 1, "medium": 2, "low": 3, "maintenance": 4}
		for n := range order[1:] {
			require.LessOrEqual(t, rank[order[n]], rank[order[n+1]])
		}
		assert.True(t, eval[bool](b, `!!(document.querySelector('#open').compareDocumentPosition(document.querySelector('#closed')) & 4)`))
		row := eval[string](b, `[...document.querySelectorAll('#open summary')].at(-1).innerText.replaceAll('\n', ' | ')`)
		assert.Regexp(t, `^maintenance \| .+ \| \w+:[\w.-]+ \| open \| \d\d:\d\d:\d\d \| \d`, row)
		assert.Equal(t, 12, eval[int](b, `document.querySelectorAll('#closed .incident').length`))
		assert.Contains(t, eval[string](b, `document.body.innerText`), "keeps its state in memory")
	})

	t.Run("markup in a title is text", func(t *testing.T) {
		assert.Equal(t, 1, eval[int](b, `[...document.querySelectorAll('.title')].filter((e) => e.textContent === `+quote(hostileTitle)+`).length`))
		assert.Zero(t, eval[int](b, `document.querySelectorAll('#open script, #open img').length`))
		assert.True(t, eval[bool](b, `window.hacked === undefined`))
	})

	t.Run("no sideways scrolling, opened or not", func(*testing.T) {
		eval[bool](b, `document.querySelectorAll('#open .incident').forEach((e, n) => { if (n < 5) e.open = true; }), true`)
		b.until(`document.querySelectorAll('.history').length === 5`)
		for _, width := range []int{320, 375, 720, 721, 1280, 2560} {
			b.fits(width)
		}
		b.screenshot("wide-open")
		b.resize(375, 812)
		b.screenshot("phone-open")
		eval[bool](b, `document.querySelectorAll('details[open]').forEach((e) => { e.open = false; }), true`)
		b.screenshot("phone")
		b.resize(1280, 800)
		b.screenshot("wide")
		b.call("Emulation.setEmulatedMedia", map[string]any{"features": []map[string]string{{"name": "prefers-color-scheme", "value": "dark"}}}, nil)
		b.screenshot("wide-dark")
	})

	t.Run("what happens shows without a reload", func(t *testing.T) {
		id := create(t, s, "Fresh:one")
		row := `document.querySelector('#open .incident[data-id="` + id + `"]')`
		b.until(row)
		b.until(`document.title.startsWith('(201)')`)
		send(t, s, http.MethodPut, incidents+"/"+id, `{"title":"Another title","severity":"critical"}`)
		b.until(row + `.querySelector('.title').textContent === 'Another title'`)
		assert.Zero(t, eval[int](b, `[...document.querySelectorAll('#open .incident')].indexOf(`+row+`)`), "newest of the worst comes first")
		send(t, s, http.MethodPut, incidents+"/"+id, `{"status":"resolved"}`)
		b.until(`document.querySelector('#closed .incident').dataset.id === '` + id + `'`)
		require.NoError(t, s.PersonDeletes(id))
		b.until(`!document.querySelector('[data-id="` + id + `"]')`)
		assert.Equal(t, 1, eval[int](b, `window.marker`))
	})

	t.Run("keyboard: an incident opens to its history and follows what happens", func(t *testing.T) {
		id := create(t, s, "Keyboard:one")
		row := `document.querySelector('.incident[data-id="` + id + `"]')`
		b.until(row)
		eval[bool](b, row+`.querySelector('summary').focus(), true`)
		b.press("Enter", 13)
		b.until(row + `.querySelectorAll('.history li').length === 1`)
		send(t, s, http.MethodPost, incidents, `{"title":"Worse","alias":"Keyboard:one","severity":"critical"}`)
		b.until(row + `.querySelectorAll('.history li').length === 2`)
		assert.Contains(t, eval[string](b, row+`.querySelector('.history').innerText`), "severity medium → critical")
		assert.True(t, eval[bool](b, `document.activeElement === `+row+`.querySelector('summary')`), "focus stays when the row moves")
		b.press("Tab", 9)
		assert.True(t, eval[bool](b, `document.activeElement === `+row+`.querySelector('button')`), "the next stop is its button")
		b.press("Enter", 13)
		b.until(`document.querySelector('#closed '+'[data-id="` + id + `"]')?.querySelector('.history')?.innerText.includes('resolved by a person')`)
		assert.Empty(t, s.Open("Keyboard:one"))
	})

	t.Run("a person acknowledges, assigns and edits", func(t *testing.T) {
		id := create(t, s, "Person:one")
		row := `document.querySelector('.incident[data-id="` + id + `"]')`
		b.until(row)
		eval[bool](b, row+`.querySelector('summary').click(), true`)
		b.until(row + `.querySelectorAll('.history li').length === 1`)
		press := func(text string) {
			t.Helper()
			eval[bool](b, `[...`+row+`.querySelectorAll('button')].find((e) => e.textContent === '`+text+`').click(), true`)
		}
		press("Acknowledge")
		b.until(row + `.querySelector('.status').textContent === 'acknowledged'`)
		b.until(`[...` + row + `.querySelectorAll('button')].find((e) => e.textContent === 'Acknowledge').hidden`)

		press("Edit or assign")
		eval[bool](b, `(() => { const [title, assigned] = `+row+`.querySelectorAll('form input'); title.value = 'A person was here'; assigned.value = 'user-7';
			`+row+`.querySelector('select').value = 'high'; return true; })()`)
		send(t, s, http.MethodPut, incidents+"/"+id, `{"description":"Meanwhile something happens."}`)
		b.until(row + `.querySelectorAll('.history li').length === 3`)
		assert.Equal(t, "A person was here", eval[string](b, row+`.querySelector('form input').value`), "what is typed stays")
		b.fits(320)
		b.resize(1280, 800)
		eval[bool](b, row+`.scrollIntoView(), true`)
		b.screenshot("edit")
		press("Save")
		b.until(row + `.querySelector('form').hidden`)
		b.until(row + `.querySelector('.title').textContent === 'A person was here'`)
		held := s.Open("Person:one")[0]
		assert.Equal(t, []string{"high", "user-7", "acknowledged", "Meanwhile something happens."}, []string{held.Severity, held.AssignedTo, held.Status, held.Description})

		press("Edit or assign")
		eval[bool](b, row+`.querySelector('form input').value = ' ', true`)
		press("Save")
		b.until(row + `.querySelector('.problem').textContent === 'That failed: title is required'`)
		press("Cancel")
		assert.True(t, eval[bool](b, row+`.querySelector('form').hidden`))
	})

	t.Run("filter", func(t *testing.T) {
		eval[bool](b, `(() => { const f = document.getElementById('filter'); f.value = 'diskfills'; f.dispatchEvent(new Event('input')); return true; })()`)
		shown := eval[[]string](b, `[...document.querySelectorAll('#open .alias')].map((e) => e.textContent)`)
		assert.Len(t, shown, 40)
		for _, alias := range shown {
			assert.Contains(t, alias, "DiskFillsUp")
		}
		eval[bool](b, `(() => { const f = document.getElementById('filter'); f.value = 'nothing has this'; f.dispatchEvent(new Event('input')); return true; })()`)
		assert.Equal(t, "None of them matches the filter.", eval[string](b, `document.getElementById('open-more').innerText`))
	})
	b.noProblems()
}

// TestPageReconnects cuts the page's connection. Afterwards the page must show what happened meanwhile.
func TestPageReconnects(t *testing.T) {
	b := openTab(t)
	s := sandbox.New(sandbox.Options{})
	listener := httptest.NewServer(s)
	t.Cleanup(func() { s.Close(); listener.Close() })
	here := &sandboxtest.Sandbox{Server: s, Address: listener.URL, Key: sandbox.DemoKey}
	b.visit(listener.URL, 800, 600)
	kept := create(t, here, "Kept:1")
	b.until(`document.querySelectorAll('#open .incident').length === 1`)
	eval[int](b, `window.marker = 1`)
	listener.CloseClientConnections()
	create(t, here, "New:1")
	require.NoError(t, s.PersonDeletes(kept))
	b.until(`[...document.querySelectorAll('#open .alias')].map((e) => e.textContent).join() === 'New:1'`)
	b.until(`document.getElementById('connection').textContent === 'live'`)
	s.Reset()
	b.until(`!document.getElementById('quiet').hidden && !document.querySelector('.incident')`)
	assert.Equal(t, 1, eval[int](b, `window.marker`))
}

// TestPageMarks checks that the page shows how often an incident occurred and who would be paged.
func TestPageMarks(t *testing.T) {
	b := openTab(t)
	s := sandboxtest.Start(t, sandbox.Options{})
	b.visit(s.Address, 1280, 800)
	const loud = `{"title":"T","alias":"Loud:1","severity":"critical","status":"new","affected_services":["svc"]}`
	for range 3 {
		require.Equal(t, 2, send(t, s, http.MethodPost, incidents, loud).status/100)
	}
	create(t, s, "Quiet:1")
	require.Equal(t, 200, admin(t, s, http.MethodPost, "incidents", `{"title":"T","alias":"Loud:1","severity":"low"}`).status)
	row := `[...document.querySelectorAll('#open .incident')].find((e) => e.innerText.includes('Loud:1') && e.dataset.severity === 'critical')`
	b.until(row + `?.querySelector('.marks').innerText.includes('3 occurrences')`)
	assert.Equal(t, []string{"3 occurrences", "would page: email, SMS, call"},
		eval[[]string](b, `[...`+row+`.querySelectorAll('summary .mark')].map((e) => e.textContent)`))
	b.until(`document.querySelectorAll('#open .incident').length === 3`)
	assert.Equal(t, 2, eval[int](b, `document.querySelectorAll('#open summary .mark').length`), "the others have none")

	eval[bool](b, `document.querySelectorAll('#open .incident').forEach((e) => { e.open = true; }), true`)
	b.until(`document.querySelectorAll('.history').length === 3`)
	history := eval[string](b, row+`.querySelector('.history').innerText`)
	assert.Equal(t, 2, strings.Count(history, "duplicate"))
	assert.Equal(t, 1, strings.Count(history, "would page: email, SMS, call"))
	assert.Equal(t, 3, strings.Count(history, "on the status page"))
	assert.Contains(t, eval[string](b, `document.getElementById('open').innerText`), "created by another tool")
	b.screenshot("marks")
	for _, width := range []int{320, 720, 721} {
		b.fits(width)
	}
	b.resize(375, 812)
	b.screenshot("phone-marks")
	b.noProblems()
}

func quote(s string) string {
	b, err := json.Marshal(s)
	if err != nil {
		panic(err)
	}
	return string(b)
}

func TestPageHeaders(t *testing.T) {
	s := sandboxtest.Start(t, sandbox.Options{})
	r := sendAs(t, s, "", http.MethodGet, "/", "")
	assert.Equal(t, http.StatusOK, r.status)
	assert.True(t, strings.HasPrefix(r.header.Get("Content-Security-Policy"), "default-src 'none'"))
	assert.NotContains(t, r.header.Get("Content-Security-Policy"), "unsafe")
	assert.NotRegexp(t, `(src|href)="(https?:)?//`, r.body, "no assets from outside")
	for _, file := range []string{"app.js", "actions.js", "element.js", "incident.js", "time.js", "style.css", "icon.svg"} {
		asset := sendAs(t, s, "", http.MethodGet, "/"+file, "")
		assert.Equal(t, http.StatusOK, asset.status)
		assert.NotContains(t, asset.body, "innerHTML")
	}
	assert.Equal(t, http.StatusNotFound, sendAs(t, s, "", http.MethodPost, "/v1/incidents", "{}").status, "a wrong base URL")
	assert.Equal(t, http.StatusNotFound, sendAs(t, s, "", http.MethodGet, "/nothing", "").status)
}
