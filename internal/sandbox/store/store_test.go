// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package store_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/alert24/otelcol-alert24/internal/sandbox/store"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// world is a store with a clock that moves one second per call.
type world struct {
	t  *testing.T
	s  *store.Store
	sw store.Switches
	at time.Time
}

var start = time.Date(2026, 3, 19, 14, 30, 0, 0, time.UTC)

func newWorld(t *testing.T, limits store.Limits) *world {
	t.Helper()
	n := 0
	newID := func() string { n++; return fmt.Sprintf("id-%d", n) }
	return &world{t: t, s: store.New(limits, newID), sw: store.DefaultSwitches(), at: start}
}

func roomy(t *testing.T) *world {
	t.Helper()
	return newWorld(t, store.Limits{Incidents: 1000, History: 100})
}

func (w *world) now() time.Time {
	w.at = w.at.Add(time.Second)
	return w.at
}

func (w *world) post(body string) (store.Result, error) {
	b := store.Decode([]byte(body))
	p, err := b.ForCreate(&w.sw)
	if err != nil {
		return store.Result{}, err
	}
	return w.s.Post(w.now(), &w.sw, store.Cause{By: store.ByAPI, Request: "req"}, p, w.s.Find(&w.sw, b.Alias()))
}

func (w *world) put(by store.Actor, id, body string) (store.Result, error) {
	p, err := store.Decode([]byte(body)).ForUpdate(&w.sw)
	if err != nil {
		return store.Result{}, err
	}
	return w.s.Put(w.now(), &w.sw, store.Cause{By: by}, id, p)
}

// mustPost creates or updates, and returns the incident.
func (w *world) mustPost(body string) *store.Incident {
	w.t.Helper()
	r, err := w.post(body)
	require.NoError(w.t, err)
	return r.Incident
}

func (w *world) mustPut(by store.Actor, id, body string) *store.Incident {
	w.t.Helper()
	r, err := w.put(by, id, body)
	require.NoError(w.t, err)
	return r.Incident
}

func TestValidation(t *testing.T) { //nolint:funlen // one table of cases
	long := strings.Repeat("ä", 256)
	strict := func(sw *store.Switches) { sw.UnknownFields = store.Refuse }
	refuse := func(sw *store.Switches) { sw.OverLong = store.Refuse }
	for name, c := range map[string]struct {
		switches func(*store.Switches)
		body     string
		message  string // empty: accepted
		status   int    // 400 unless given
	}{
		"all documented fields": {body: `{"title":"T","description":"D","severity":"low","status":"investigating","affected_services":["svc_1"],` +
			`"impact_description":"I","assigned_to":"user-1","tags":["a"],"alias":"A","source":"prometheus"}`, switches: strict},
		"no JSON":                {body: `{`, message: "Invalid JSON in request body"},
		"nothing":                {body: ``, message: "Invalid JSON in request body"},
		"null":                   {body: `null`, message: "Invalid JSON in request body"},
		"an array":               {body: `[]`, message: "Invalid JSON in request body"},
		"a field twice":          {body: `{"title":"T","title":"T"}`, message: "Invalid JSON in request body"},
		"something after it":     {body: `{"title":"T"} {}`, message: "Invalid JSON in request body"},
		"invalid UTF-8":          {body: "{\"title\":\"\xff\"}", message: "Invalid JSON in request body"},
		"no title":               {body: `{}`, message: "title is required"},
		"null title":             {body: `{"title":null}`, message: "title is required"},
		"blank title":            {body: `{"title":" \n"}`, message: "title is required"},
		"title in capitals":      {body: `{"Title":"T"}`, message: "title is required"},
		"title is a number":      {body: `{"title":1}`, message: "title must be a string"},
		"tags is a string":       {body: `{"title":"T","tags":"a"}`, message: "tags must be an array of strings"},
		"tags has a number":      {body: `{"title":"T","tags":[1]}`, message: "tags must be an array of strings"},
		"labels is an array":     {body: `{"title":"T","labels":[]}`, message: "labels must be an object of strings"},
		"services is an object":  {body: `{"title":"T","affected_services":{}}`, message: "affected_services must be an array of strings"},
		"unknown severity":       {body: `{"title":"T","severity":"warning"}`, message: "severity must be one of: critical, high, medium, low, maintenance"},
		"severity in capitals":   {body: `{"title":"T","severity":"High"}`, message: "severity must be one of: critical, high, medium, low, maintenance"},
		"info":                   {body: `{"title":"T","severity":"info"}`, message: "severity must be one of: critical, high, medium, low, maintenance"},
		"info accepted":          {body: `{"title":"T","severity":"info"}`, switches: func(sw *store.Switches) { sw.InfoSeverity = true }},
		"maintenance":            {body: `{"title":"T","severity":"maintenance"}`},
		"unknown status":         {body: `{"title":"T","status":"firing"}`, message: "status must be one of: new, acknowledged, open, investigating, identified, monitoring, resolved, postmortem"},
		"resolved_at is no time": {body: `{"title":"T","resolved_at":"yesterday"}`, message: "resolved_at must be an ISO 8601 time"},
		"resolved_at is number":  {body: `{"title":"T","resolved_at":1}`, message: "resolved_at must be an ISO 8601 time"},
		"title of 255":           {body: `{"title":"` + long[:510] + `"}`},
		"title of 256":           {body: `{"title":"` + long + `"}`, switches: func(sw *store.Switches) { sw.OverLong = store.Error }, message: "An unexpected error occurred", status: 500},
		"title of 256, 400":      {body: `{"title":"` + long + `"}`, switches: refuse, message: "title must be at most 255 characters"},
		"title of 256 accepted":  {body: `{"title":"` + long + `"}`},
		"alias of 256":           {body: `{"title":"T","alias":"` + long + `"}`, switches: refuse, message: "alias must be at most 255 characters"},
		"source of 51":           {body: `{"title":"T","source":"` + long[:102] + `"}`, switches: refuse, message: "source must be at most 50 characters"},
		"unknown field":          {body: `{"title":"T","dedup_key":"a"}`},
		"unknown field, 400":     {body: `{"title":"T","dedup_key":"a"}`, switches: strict, message: "unknown field: dedup_key"},
		"labels, 400":            {body: `{"title":"T","labels":{"a":"b"}}`, switches: strict, message: "unknown field: labels"},
		"refused field": {
			body:     `{"title":"T","labels":{"a":"b"},"tags":["a"]}`,
			switches: func(sw *store.Switches) { sw.RefusedFields = []string{"tags", "source"} }, message: "tags is not allowed",
		},
		"refused field not sent": {body: `{"title":"T"}`, switches: func(sw *store.Switches) { sw.RefusedFields = []string{"tags"} }},
		"source restricted": {
			body: `{"title":"T","source":"prometheus"}`, switches: func(sw *store.Switches) { sw.RestrictSource = true },
			message: "source must be one of: manual, monitoring, api",
		},
		"source restricted, allowed": {body: `{"title":"T","source":"api"}`, switches: func(sw *store.Switches) { sw.RestrictSource = true }},
	} {
		t.Run(name, func(t *testing.T) {
			w := roomy(t)
			if c.switches != nil {
				c.switches(&w.sw)
			}
			require.NoError(t, w.sw.Validate())
			r, err := w.post(c.body)
			if c.message == "" {
				require.NoError(t, err)
				assert.NotNil(t, r.Incident)
				return
			}
			var e *store.APIError
			require.ErrorAs(t, err, &e)
			assert.Equal(t, c.message, e.Message)
			assert.Equal(t, max(400, c.status), e.Status)
			assert.Zero(t, w.s.Count(store.Query{}), "nothing was created")
		})
	}
}

func TestTimes(t *testing.T) {
	before := start.Add(-time.Hour).Format(time.RFC3339)
	for name, c := range map[string]struct {
		switches func(*store.Switches)
		by       store.Actor
		body     string
		want     time.Time // resolved_at
		status   int       // of an error
	}{
		"sent":                   {body: `{"status":"resolved","resolved_at":"2026-04-01T00:00:00.123Z"}`, want: time.Date(2026, 4, 1, 0, 0, 0, 123e6, time.UTC)},
		"not sent":               {body: `{"status":"resolved"}`},
		"set by the server":      {switches: func(s *store.Switches) { s.SetResolvedAt = true }, body: `{"status":"resolved"}`, want: start.Add(2 * time.Second)},
		"by a person":            {by: store.ByPerson, body: `{"status":"resolved"}`, want: start.Add(2 * time.Second)},
		"before the start":       {body: `{"status":"resolved","resolved_at":"` + before + `"}`, status: 400},
		"before the start, 500":  {switches: func(s *store.Switches) { s.ResolvedBeforeStart = store.Error }, body: `{"status":"resolved","resolved_at":"` + before + `"}`, status: 500},
		"before, accepted":       {switches: func(s *store.Switches) { s.ResolvedBeforeStart = store.Accept }, body: `{"status":"resolved","resolved_at":"` + before + `"}`, want: start.Add(-time.Hour)},
		"acknowledged too early": {body: `{"acknowledged_at":"` + before + `"}`, status: 400},
	} {
		t.Run(name, func(t *testing.T) {
			w := roomy(t)
			i := w.mustPost(`{"title":"T"}`)
			if c.switches != nil {
				c.switches(&w.sw)
			}
			if c.by == "" {
				c.by = store.ByAPI
			}
			r, err := w.put(c.by, i.ID, c.body)
			if c.status != 0 {
				var e *store.APIError
				require.ErrorAs(t, err, &e)
				assert.Equal(t, c.status, e.Status)
				now, err := w.s.Get(i.ID)
				require.NoError(t, err)
				assert.Equal(t, i, now, "a refused update changes nothing")
				return
			}
			require.NoError(t, err)
			assert.True(t, c.want.Equal(r.Incident.ResolvedAt), r.Incident.ResolvedAt)
		})
	}
}

func TestPeople(t *testing.T) {
	w := roomy(t)
	i := w.mustPost(`{"title":"T","alias":"a"}`)
	ack := w.mustPut(store.ByPerson, i.ID, `{"status":"acknowledged"}`)
	assert.Equal(t, w.at, ack.AcknowledgedAt)
	w.mustPut(store.ByPerson, i.ID, `{"status":"resolved"}`)
	assert.Empty(t, w.s.OpenOf("a"))
	second := w.mustPost(`{"title":"T","alias":"a"}`)
	again := w.mustPut(store.ByPerson, i.ID, `{"status":"open"}`)
	assert.Zero(t, again.ResolvedAt)
	open := w.s.OpenOf("a")
	require.Len(t, open, 2, "a person can open what has a successor")
	assert.Equal(t, []string{i.ID, second.ID}, []string{open[0].ID, open[1].ID})
	assert.Equal(t, second.ID, w.mustPost(`{"title":"T","alias":"a"}`).ID, "a create meets the newest")

	require.NoError(t, w.s.Delete(second.ID))
	require.Error(t, w.s.Delete(second.ID))
	_, err := w.s.Get(second.ID)
	require.ErrorContains(t, err, "Incident not found")
	_, err = w.put(store.ByAPI, second.ID, `{"status":"resolved"}`)
	require.ErrorContains(t, err, "Incident not found")
	assert.Len(t, w.s.OpenOf("a"), 1)
	assert.Equal(t, 1, w.s.Count(store.Query{}))
	assert.Equal(t, 3, w.mustPost(`{"title":"T"}`).Number, "numbers are not used again")
}

func TestStripMarkup(t *testing.T) {
	w := roomy(t)
	body := `{"title":"a<script>alert(1)</script>b","description":"<iframe src=x>javascript:c onerror=d"}`
	assert.Contains(t, w.mustPost(body).Title, "<script>")
	w.sw.StripMarkup = true
	i := w.mustPost(body)
	assert.Equal(t, "ab", i.Title)
	assert.Equal(t, "c d", i.Description)
}

func TestLimits(t *testing.T) {
	w := newWorld(t, store.Limits{Incidents: 2, History: 3})
	w.sw.AliasHit = store.Merge
	first := w.mustPost(`{"title":"T","alias":"a"}`)
	w.mustPost(`{"title":"T"}`)
	_, err := w.post(`{"title":"T"}`)
	var e *store.APIError
	require.ErrorAs(t, err, &e)
	assert.Equal(t, 507, e.Status)
	assert.Equal(t, "the sandbox holds its limit of 2 incidents: reset it, or raise the limit", e.Message)
	for n := range 5 {
		w.mustPost(fmt.Sprintf(`{"title":"T%d","alias":"a"}`, n))
	}
	full, err := w.s.Full(first.ID)
	require.NoError(t, err)
	require.Len(t, full.History, 3)
	assert.Equal(t, store.Created, full.History[0].Kind)
	assert.Equal(t, "T4", full.History[2].Changes[0].To)
	assert.Equal(t, 3, full.HistoryDropped)
}

func TestList(t *testing.T) {
	w := roomy(t)
	for n := 1; n <= 10; n++ {
		w.mustPost(fmt.Sprintf(`{"title":"T","alias":"a%d","severity":%q}`, n%2, []string{"low", "high"}[n%2])) // two incidents
		w.mustPost(fmt.Sprintf(`{"title":"T%d"}`, n))
	}
	w.mustPut(store.ByAPI, "id-3", `{"status":"resolved"}`)
	require.NoError(t, w.s.Delete("id-4"))
	for name, c := range map[string]struct {
		query   store.Query
		numbers []int
		total   int
	}{
		"newest first":     {store.Query{Limit: 3}, []int{12, 11, 10}, 11},
		"a page":           {store.Query{Limit: 2, Offset: 8}, []int{3, 2}, 11},
		"the last page":    {store.Query{Limit: 5, Offset: 9}, []int{2, 1}, 11},
		"past the end":     {store.Query{Limit: 5, Offset: 20}, nil, 11},
		"by status":        {store.Query{Limit: 5, Status: "resolved"}, []int{3}, 1},
		"by severity":      {store.Query{Limit: 5, Severity: "high"}, []int{1}, 1},
		"by both":          {store.Query{Limit: 5, Severity: "high", Status: "resolved"}, nil, 0},
		"open":             {store.Query{Limit: 1, OnlyOpen: true}, []int{12}, 10},
		"closed":           {store.Query{Limit: 5, OnlyClosed: true}, []int{3}, 1},
		"by alias":         {store.Query{Limit: 5, Alias: "a1"}, []int{1}, 1},
		"by unknown alias": {store.Query{Limit: 5, Alias: "x"}, nil, 0},
	} {
		t.Run(name, func(t *testing.T) {
			page, total := w.s.List(c.query)
			var numbers []int
			for _, i := range page {
				numbers = append(numbers, i.Number)
				assert.Empty(t, i.History)
			}
			assert.Equal(t, c.numbers, numbers)
			assert.Equal(t, c.total, total)
		})
	}
	assert.Len(t, w.s.All(), 11)
}
