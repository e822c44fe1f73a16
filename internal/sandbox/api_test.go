// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package sandbox_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/alert24/otelcol-alert24/internal/sandbox"
	"github.com/alert24/otelcol-alert24/internal/sandbox/sandboxtest"
)

func TestAuthorization(t *testing.T) {
	keys := map[string][]string{"ak_w": {"write"}, "ak_r": {"read"}, "ak_i": {"incidents"}, "ak_none": {}}
	s := sandboxtest.Start(t, sandbox.Options{Keys: keys})
	const invalid = "Invalid or missing API key. Provide a valid Bearer token."
	for name, c := range map[string]struct {
		authorization string
		method        string
		body          string
		status        int
		class         string
		message       string
	}{
		"no key":                      {"", http.MethodGet, "", 401, "authentication_error", invalid},
		"unknown key":                 {"Bearer ak_x", http.MethodGet, "", 401, "authentication_error", invalid},
		"another scheme":              {"Basic ak_w", http.MethodGet, "", 401, "authentication_error", invalid},
		"bare key":                    {"ak_w", http.MethodGet, "", 401, "authentication_error", invalid},
		"key with a space":            {"Bearer ak_w ", http.MethodGet, "", 200, "", ""}, // HTTP trims it
		"401 before 400":              {"Bearer ak_x", http.MethodPost, "{", 401, "authentication_error", invalid},
		"403 before 400":              {"Bearer ak_r", http.MethodPost, "{", 403, "authorization_error", "API key missing required scope: write"},
		"400 at last":                 {"Bearer ak_w", http.MethodPost, "{", 400, "validation_error", "Invalid JSON in request body"},
		"read may list":               {"Bearer ak_r", http.MethodGet, "", 200, "", ""},
		"write may list":              {"Bearer ak_w", http.MethodGet, "", 200, "", ""},
		"no scope may not list":       {"Bearer ak_none", http.MethodGet, "", 403, "authorization_error", "API key missing required scope: read"},
		"write may create":            {"Bearer ak_w", http.MethodPost, `{"title":"T"}`, 201, "", ""},
		"incidents may not, by rules": {"Bearer ak_i", http.MethodPost, `{"title":"T"}`, 403, "authorization_error", "API key missing required scope: write"},
	} {
		t.Run(name, func(t *testing.T) {
			r := sendAs(t, s, c.authorization, c.method, incidents, c.body)
			assert.Equal(t, c.status, r.status)
			assert.NotEmpty(t, r.header.Get("X-Request-Id"))
			if c.class != "" {
				class, message := r.apiError(t)
				assert.Equal(t, c.class, class)
				assert.Equal(t, c.message, message)
			}
		})
	}
	require.NoError(t, s.SetSwitches(func(sw *sandbox.Switches) { sw.IncidentsScope = true }))
	assert.Equal(t, 201, sendAs(t, s, "Bearer ak_i", http.MethodPost, incidents, `{"title":"T"}`).status)
	assert.Equal(t, 403, sendAs(t, s, "Bearer ak_i", http.MethodGet, incidents, "").status)
	assert.Equal(t, 403, sendAs(t, s, "Bearer ak_i", http.MethodPut, incidents+"/x", `{}`).status)

	s.SetKeys(map[string][]string{"ak_new": {"write"}})
	assert.Equal(t, 401, sendAs(t, s, "Bearer ak_w", http.MethodGet, incidents, "").status, "revoked")
	assert.Equal(t, 200, sendAs(t, s, "Bearer ak_new", http.MethodGet, incidents, "").status)
	s.SetKeys(nil)
	assert.Equal(t, 200, sendAs(t, s, "Bearer ak_any", http.MethodGet, incidents, "").status)
	assert.Equal(t, 401, sendAs(t, s, "Bearer any", http.MethodGet, incidents, "").status)
	for _, entry := range s.Requests() {
		assert.NotContains(t, fmt.Sprint(entry), "ak_", "the log has no key")
	}
}

func TestRouting(t *testing.T) {
	s := sandboxtest.Start(t, sandbox.Options{MaxBody: 100})
	id := create(t, s, "a")
	for name, c := range map[string]struct {
		method, path, body string
		status             int
		allow              string
		html               bool
	}{
		"delete":             {http.MethodDelete, incidents + "/" + id, "", 405, "GET, PUT", false},
		"patch":              {http.MethodPatch, incidents + "/" + id, "", 405, "GET, PUT", false},
		"put the collection": {http.MethodPut, incidents, "", 405, "GET, POST", false},
		"unknown path":       {http.MethodPost, "/api/v1/incident", "{}", 404, "", true},
		"unknown version":    {http.MethodPost, "/api/v2/incidents", "{}", 404, "", true},
		"updates":            {http.MethodGet, incidents + "/" + id + "/updates", "", 404, "", true},
		"unknown id":         {http.MethodGet, incidents + "/nothing", "", 404, "", false},
		"update unknown id":  {http.MethodPut, incidents + "/nothing", `{"status":"resolved"}`, 404, "", false},
		"too large":          {http.MethodPost, incidents, `{"title":"` + strings.Repeat("x", 100) + `"}`, 413, "", false},
		"empty update":       {http.MethodPut, incidents + "/" + id, `{}`, 200, "", false},
	} {
		t.Run(name, func(t *testing.T) {
			r := send(t, s, c.method, c.path, c.body)
			assert.Equal(t, c.status, r.status)
			assert.Equal(t, c.allow, r.header.Get("Allow"))
			assert.Equal(t, c.html, strings.HasPrefix(r.header.Get("Content-Type"), "text/html"))
			assert.NotEmpty(t, r.header.Get("X-Request-Id"))
			if c.status == 404 && !c.html {
				class, message := r.apiError(t)
				assert.Equal(t, []string{"not_found", "Incident not found"}, []string{class, message})
			}
		})
	}
}

func TestPagination(t *testing.T) {
	s := sandboxtest.Start(t, sandbox.Options{Switches: atomic})
	for n := range 130 {
		create(t, s, fmt.Sprintf("a%d", n))
	}
	require.NoError(t, s.PersonResolves(s.Open("a129")[0].ID))
	for query, c := range map[string]struct {
		limit, offset, first, n, total int
	}{
		"":                                {25, 0, 130, 25, 130},
		"?limit=100":                      {100, 0, 130, 100, 130},
		"?limit=101":                      {100, 0, 130, 100, 130},
		"?limit=100&offset=100":           {100, 100, 30, 30, 130},
		"?limit=0":                        {25, 0, 130, 25, 130},
		"?limit=x&offset=-5":              {25, 0, 130, 25, 130},
		"?offset=500":                     {25, 500, 0, 0, 130},
		"?status=resolved":                {25, 0, 130, 1, 1},
		"?status=open&limit=1":            {1, 0, 129, 1, 129},
		"?severity=critical":              {25, 0, 0, 0, 0},
		"?severity=medium&status=open":    {25, 0, 129, 25, 129},
		"?alias=a5":                       {25, 0, 130, 25, 130}, // ignored
		"?status=open&offset=128&limit=5": {5, 128, 1, 1, 129},
	} {
		t.Run(query, func(t *testing.T) {
			data, meta := send(t, s, http.MethodGet, incidents+query, "").list(t)
			assert.Len(t, data, c.n)
			if c.n > 0 {
				assert.InDelta(t, c.first, data[0]["incident_number"], 0)
			}
			assert.Equal(t, map[string]any{
				"total": float64(c.total), "limit": float64(c.limit), "offset": float64(c.offset), "has_more": c.offset+c.n < c.total,
			}, meta)
		})
	}
	assert.Equal(t, 400, send(t, s, http.MethodGet, incidents+"?status=firing", "").status)
	assert.Equal(t, 400, send(t, s, http.MethodGet, incidents+"?severity=info", "").status)

	require.NoError(t, s.SetSwitches(func(sw *sandbox.Switches) { sw.AliasFilter, sw.AliasInResponses = true, true }))
	data, meta := send(t, s, http.MethodGet, incidents+"?alias=a5", "").list(t)
	require.Len(t, data, 1)
	assert.Equal(t, "a5", data[0]["alias"])
	assert.InDelta(t, 1, meta["total"], 0)
}

func TestFieldsOfAnIncident(t *testing.T) {
	s := sandboxtest.Start(t, sandbox.Options{})
	body := `{"title":"T","alias":"a","labels":{"team":"db"}}`
	documented := []string{
		"id", "incident_number", "title", "description", "severity", "status", "affected_services", "impact_description", "assigned_to",
		"created_by", "source", "tags", "started_at", "acknowledged_at", "resolved_at", "created_at", "updated_at",
	}
	plain := send(t, s, http.MethodPost, incidents, body).data(t)
	assert.ElementsMatch(t, documented, keys(plain))
	assert.Equal(t, []any{[]any{}, []any{}, nil, "api", "medium"},
		[]any{plain["tags"], plain["affected_services"], plain["description"], plain["source"], plain["severity"]})
	require.NoError(t, s.SetSwitches(func(sw *sandbox.Switches) { sw.AliasInResponses = true }))
	echoed := send(t, s, http.MethodGet, incidents+"/"+plain["id"].(string), "").data(t)
	assert.ElementsMatch(t, append(documented, "alias", "labels", "dedup_count"), keys(echoed))
	assert.Equal(t, "a", echoed["alias"])
	assert.Equal(t, map[string]any{"team": "db"}, echoed["labels"])
}

// TestSimultaneousCreates sends two creates with one alias at once.
func TestSimultaneousCreates(t *testing.T) {
	for gap, want := range map[time.Duration]int{0: 1, time.Second: 2} {
		t.Run(gap.String(), func(t *testing.T) {
			simultaneous(t, func(sw *sandbox.Switches) { sw.NonAtomicCreate, sw.Latency = gap, time.Second }, time.Second+gap, want)
		})
	}
}

// simultaneous sends two creates with one alias at once, in fake time.
func simultaneous(t *testing.T, set func(*sandbox.Switches), took time.Duration, made int) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s, client := sandboxtest.StartInMemory(t, sandbox.Options{Switches: set})
		begin := time.Now()
		var both sync.WaitGroup
		for range 2 {
			both.Go(func() {
				r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.Endpoint+"/incidents", strings.NewReader(`{"title":"T","alias":"a"}`))
				if assert.NoError(t, err) {
					r.Header.Set("Authorization", "Bearer "+s.Key)
					assert.Equal(t, 2, do(t, client, r).status/100)
				}
			})
		}
		both.Wait()
		assert.Equal(t, took, time.Since(begin))
		assert.Len(t, s.Open("a"), made)
	})
}

// atomic makes creates take no time.
func atomic(sw *sandbox.Switches) { sw.NonAtomicCreate = 0 }

// TestSeed expects the same ids and the same faults from the same seed.
func TestSeed(t *testing.T) {
	run := func(seed uint64) (ids []string, statuses []int) {
		s := sandboxtest.Start(t, sandbox.Options{Seed: seed})
		assert.Equal(t, seed, s.Seed())
		ids = append(ids, create(t, s, "a"))
		_, err := s.AddFault(sandbox.Fault{Status: 500, Probability: 0.5})
		require.NoError(t, err)
		for range 20 {
			statuses = append(statuses, send(t, s, http.MethodGet, incidents, "").status)
		}
		return ids, statuses
	}
	ids, statuses := run(1)
	again, statusesAgain := run(1)
	assert.Equal(t, ids, again)
	assert.Equal(t, statuses, statusesAgain)
	other, _ := run(2)
	assert.NotEqual(t, ids, other)
	assert.NotZero(t, sandboxtest.Start(t, sandbox.Options{}).Seed())
}

// TestConcurrentUse is for the race detector.
func TestConcurrentUse(t *testing.T) {
	s := sandboxtest.Start(t, sandbox.Options{MaxRequests: 50, Switches: sandbox.Merging})
	c := client(t)
	var all sync.WaitGroup
	for worker := range 8 {
		all.Go(func() {
			for n := range 50 {
				r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.Endpoint+"/incidents",
					strings.NewReader(fmt.Sprintf(`{"title":"T","alias":"a%d"}`, n)))
				if !assert.NoError(t, err) {
					return
				}
				r.Header.Set("Authorization", "Bearer "+s.Key)
				do(t, c, r)
				if worker == 0 {
					s.Incidents()
					s.Stats()
					s.Requests()
				}
			}
		})
	}
	all.Wait()
	st := s.Stats()
	assert.Equal(t, []int{50, 350}, []int{st.Creates(), st.Updates()})
	assert.Len(t, s.Requests(), 50, "the log is bounded")
}

func BenchmarkCreate(b *testing.B) {
	for _, held := range []int{0, 100_000} {
		b.Run(fmt.Sprintf("%d held", held), func(b *testing.B) {
			s := sandbox.New(sandbox.Options{MaxIncidents: 10_000_000, Switches: atomic})
			defer s.Close()
			n := 0
			post := func() {
				n++
				r, err := http.NewRequestWithContext(b.Context(), http.MethodPost, incidents, strings.NewReader(fmt.Sprintf(
					`{"title":"High error rate","description":"More than 5 %% of requests fail","severity":"critical","alias":"a:%d","tags":["a:b","c:d"]}`, n)))
				require.NoError(b, err)
				r.Header.Set("Authorization", "Bearer "+sandbox.DemoKey)
				s.ServeHTTP(discard{http.Header{}}, r)
			}
			for range held {
				post()
			}
			for b.Loop() {
				post()
			}
			require.Len(b, s.Incidents(), n)
		})
	}
}

// discard is a ResponseWriter that keeps nothing.
type discard struct{ header http.Header }

func (d discard) Header() http.Header         { return d.header }
func (d discard) Write(b []byte) (int, error) { return len(b), nil }
func (d discard) WriteHeader(int)             {}
