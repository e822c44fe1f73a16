// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package sandbox_test

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/alert24/otelcol-alert24/internal/sandbox"
	"github.com/alert24/otelcol-alert24/internal/sandbox/sandboxtest"
)

// admin makes a request without a key.
func admin(t *testing.T, s *sandboxtest.Sandbox, method, path, body string) reply {
	t.Helper()
	return sendAs(t, s, "", method, "/_sandbox/"+path, body)
}

func TestAdminIncidents(t *testing.T) {
	s := sandboxtest.Start(t, sandbox.Options{})
	id := create(t, s, "a")
	create(t, s, "b")
	send(t, s, http.MethodPut, incidents+"/"+id, `{"severity":"high"}`)

	data, meta := admin(t, s, http.MethodGet, "incidents?alias=a&state=open", "").list(t)
	require.Len(t, data, 1)
	assert.InDelta(t, 1, meta["total"], 0)
	assert.Equal(t, "a", data[0]["alias"])
	history := data[0]["history"].([]any)
	require.Len(t, history, 2)
	last := history[1].(map[string]any)
	assert.Equal(t, []any{map[string]any{"field": "severity", "from": "medium", "to": "high"}}, last["changes"])
	assert.Regexp(t, "^req_", last["request_id"])

	assert.Equal(t, "resolved", admin(t, s, http.MethodPost, "incidents/"+id+"/resolve", "").data(t)["status"])
	closed, _ := admin(t, s, http.MethodGet, "incidents?state=closed", "").list(t)
	assert.Len(t, closed, 1)
	reopened := admin(t, s, http.MethodPost, "incidents/"+id+"/reopen", "").data(t)
	assert.Equal(t, []any{"open", nil}, []any{reopened["status"], reopened["resolved_at"]})
	edited := admin(t, s, http.MethodPatch, "incidents/"+id, `{"title":"By hand","status":"acknowledged"}`).data(t)
	assert.Equal(t, []any{"By hand", "acknowledged"}, []any{edited["title"], edited["status"]})
	assert.NotNil(t, edited["acknowledged_at"])
	assert.Equal(t, 204, admin(t, s, http.MethodDelete, "incidents/"+id, "").status)
	for _, r := range []reply{
		admin(t, s, http.MethodGet, "incidents/"+id, ""), admin(t, s, http.MethodDelete, "incidents/"+id, ""),
		admin(t, s, http.MethodPost, "incidents/"+id+"/resolve", ""), admin(t, s, http.MethodPatch, "incidents/"+id, `{}`),
	} {
		assert.Equal(t, 404, r.status)
	}
	assert.Equal(t, 400, admin(t, s, http.MethodPatch, "incidents/x", `{"severity":"x"}`).status)
	assert.Equal(t, 400, admin(t, s, http.MethodGet, "incidents?status=x", "").status)
	assert.Equal(t, map[string]int{"resolved": 1, "reopened": 1, "updated": 1, "deleted": 1}, s.Stats().ByPeople)
}

// TestAdminAsAPerson makes changes by hand that the API's switches refuse.
func TestAdminAsAPerson(t *testing.T) {
	s := sandboxtest.Start(t, sandbox.Options{Switches: func(sw *sandbox.Switches) {
		sw.RefusedFields = []string{"assigned_to", "description"}
		sw.UnknownFieldsPut, sw.ArrayFieldsPut, sw.CloseClosed, sw.StripMarkup = "error", "error", "refuse", true
	}})
	id := create(t, s, "a")
	acknowledged := admin(t, s, http.MethodPost, "incidents/"+id+"/acknowledge", "").data(t)
	assert.Equal(t, "acknowledged", acknowledged["status"])
	assert.NotNil(t, acknowledged["acknowledged_at"])
	edited := admin(t, s, http.MethodPatch, "incidents/"+id,
		`{"assigned_to":"user-1","title":"By hand","severity":"low","description":"Known","tags":["x"],"status":"identified"}`).data(t)
	assert.Equal(t, []any{"user-1", "By hand", "low", "Known", []any{"x"}, "identified"},
		[]any{edited["assigned_to"], edited["title"], edited["severity"], edited["description"], edited["tags"], edited["status"]})
	for range 2 {
		assert.Equal(t, 200, admin(t, s, http.MethodPost, "incidents/"+id+"/resolve", "").status)
	}
	for _, event := range s.Incidents()[0].History[1:] {
		assert.Equal(t, []any{"person", ""}, []any{string(event.By), event.Request})
	}
}

// TestAdminAsAnotherTool makes incidents that share an alias with ours.
func TestAdminAsAnotherTool(t *testing.T) {
	s := sandboxtest.Start(t, sandbox.Options{})
	theirs := admin(t, s, http.MethodPost, "incidents", `{"title":"Theirs","alias":"a","status":"new","severity":"high"}`).data(t)
	assert.Equal(t, []any{"other-tool", "a", "new", []any{"email", "sms", "call"}},
		[]any{theirs["source"], theirs["alias"], theirs["status"], theirs["would_page"]})
	met := send(t, s, http.MethodPost, incidents, `{"title":"Ours","alias":"a","source":"prometheus"}`).data(t)
	assert.Equal(t, []any{theirs["id"], "Theirs", "other-tool"}, []any{met["id"], met["title"], met["source"]}, "aliases are of the organization")

	second := admin(t, s, http.MethodPost, "incidents", `{"title":"Second","alias":"a","source":"nagios"}`).data(t)
	assert.Equal(t, "nagios", second["source"])
	open := s.Open("a")
	require.Len(t, open, 2, "whatever is open")
	history := admin(t, s, http.MethodGet, "incidents/"+open[1].ID, "").data(t)["history"].([]any)
	assert.Equal(t, "other tool", history[0].(map[string]any)["by"])
	for _, bad := range []string{`{}`, `{`, `{"title":"T","severity":"x"}`} {
		assert.Equal(t, 400, admin(t, s, http.MethodPost, "incidents", bad).status)
	}
	st := s.Stats()
	assert.Equal(t, []int{2, 0, 1, 1}, []int{st.ByOtherTools, st.Creates(), st.Duplicates(), st.Pages["sms"]})
}

func TestAdminFaults(t *testing.T) {
	s := sandboxtest.Start(t, sandbox.Options{})
	added := admin(t, s, http.MethodPost, "faults",
		`{"name":"edge","match":{"operation":"create"},"probability":0.5,"times":3,"status":503,"retry_after":"2s","body":"html","commit_late":"1m"}`)
	assert.Equal(t, 200, added.status)
	assert.Equal(t, admin(t, s, http.MethodGet, "faults", "").body, added.body)
	assert.JSONEq(t, `{"data":[{"id":1,"name":"edge","match":{"operation":"create"},"probability":0.5,"times":3,"status":503,"retry_after":"2s","body":"html","commit_late":"1m0s"}]}`, added.body)

	for body, message := range map[string]string{
		`{"status":99}`:              "status must be from 200 to 599, not 99",
		`{"stats":500}`:              "stats",
		`{"status":500,"delay":5}`:   "unmarshal JSON number",
		`{"status":500,"delay":"5"}`: "missing unit",
		`{`:                          "EOF",
	} {
		r := admin(t, s, http.MethodPost, "faults", body)
		assert.Equal(t, 400, r.status)
		_, got := r.apiError(t)
		assert.Contains(t, got, message)
	}
	assert.Equal(t, 400, admin(t, s, http.MethodPut, "faults", `[{"status":500},{}]`).status)
	assert.Len(t, s.Faults(), 1, "a wrong list changes nothing")
	assert.Equal(t, 200, admin(t, s, http.MethodPut, "faults", `[{"status":500},{"drop":true}]`).status)
	require.Len(t, s.Faults(), 2)
	assert.Equal(t, 204, admin(t, s, http.MethodDelete, fmt.Sprintf("faults/%d", s.Faults()[0].ID), "").status)
	assert.Equal(t, 404, admin(t, s, http.MethodDelete, "faults/77", "").status)
	assert.Equal(t, 404, admin(t, s, http.MethodDelete, "faults/x", "").status)
	require.Len(t, s.Faults(), 1)
	assert.True(t, s.Faults()[0].Drop)
	assert.Equal(t, 204, admin(t, s, http.MethodDelete, "faults", "").status)
	assert.Empty(t, s.Faults())
}

func TestAdminSwitchesKeysAndReset(t *testing.T) {
	s := sandboxtest.Start(t, sandbox.Options{Switches: func(sw *sandbox.Switches) { sw.AliasFilter = true }})
	r := admin(t, s, http.MethodPatch, "switches", `{"create_status":200,"refused_fields":["labels"]}`)
	assert.Equal(t, 200, r.status)
	assert.InDelta(t, 200, r.data(t)["create_status"], 0)
	assert.Equal(t, r.body, admin(t, s, http.MethodGet, "switches", "").body)
	assert.Equal(t, 200, send(t, s, http.MethodPost, incidents, `{"title":"T"}`).status)
	_, message := send(t, s, http.MethodPost, incidents, `{"title":"T","labels":{}}`).apiError(t)
	assert.Equal(t, "labels is not allowed", message)
	for _, bad := range []string{`{"create_status":202}`, `{"what":1}`, `{`, `{"latency":"-1s"}`} {
		assert.Equal(t, 400, admin(t, s, http.MethodPatch, "switches", bad).status, bad)
	}
	assert.Equal(t, 200, s.Switches().CreateStatus)

	assert.Equal(t, 204, admin(t, s, http.MethodPut, "keys", `{"ak_other":["write"]}`).status)
	assert.Equal(t, 401, send(t, s, http.MethodGet, incidents, "").status)
	assert.Equal(t, 204, admin(t, s, http.MethodPut, "keys", `null`).status)
	assert.Equal(t, 200, send(t, s, http.MethodGet, incidents, "").status)

	_, err := s.AddFault(sandbox.Fault{Drop: true})
	require.NoError(t, err)
	assert.Equal(t, 204, admin(t, s, http.MethodPost, "reset", "").status)
	assert.Empty(t, s.Incidents())
	assert.Empty(t, s.Faults())
	assert.Empty(t, s.Requests())
	assert.Zero(t, s.Stats().Creates())
	assert.Equal(t, []any{201, true}, []any{s.Switches().CreateStatus, s.Switches().AliasFilter}, "as at the start")
	assert.InDelta(t, 1, send(t, s, http.MethodPost, incidents, `{"title":"T"}`).data(t)["incident_number"], 0)
}

func TestAdminRequestsAndStats(t *testing.T) {
	s := sandboxtest.Start(t, sandbox.Options{})
	id := create(t, s, "a")
	send(t, s, http.MethodPost, incidents, `{"title":"T","alias":"a"}`)
	send(t, s, http.MethodPut, incidents+"/"+id, `{"status":"resolved"}`)
	send(t, s, http.MethodPut, incidents+"/"+id, `{"severity":"x"}`)
	send(t, s, http.MethodGet, incidents+"?limit=1", "")
	log, err := decode[[]sandbox.Request](admin(t, s, http.MethodGet, "requests", "").body)
	require.NoError(t, err)
	require.Len(t, log, 5)
	assert.Equal(t, []any{"POST", incidents, `{"title":"T","alias":"a"}`, 201, "application/json"},
		[]any{log[0].Method, log[0].Path, log[0].Body, log[0].Status, log[0].ContentType})
	assert.Equal(t, []any{incidents + "?limit=1", 200}, []any{log[4].Path, log[4].Status})
	st, err := decode[sandbox.Stats](admin(t, s, http.MethodGet, "stats", "").body)
	require.NoError(t, err)
	assert.Equal(t, sandbox.Stats{
		Requests: map[string]int{"create": 2, "resolve": 1, "update": 1, "list": 1}, Answers: map[int]int{200: 3, 201: 1, 400: 1},
		Writes: map[string]int{"created": 1, "duplicate": 1, "resolved": 1}, ByPeople: map[string]int{}, Pages: map[string]int{},
		Refused: 1, Incidents: 1,
	}, st)
	assert.Equal(t, 1, st.Duplicates())
	send(t, s, http.MethodPost, incidents, `{"title":"T`+strings.Repeat("é", 4<<10)+`"}`) // the log cuts it within a character
	assert.Equal(t, 200, admin(t, s, http.MethodGet, "requests", "").status)
}

func decode[T any](body string) (T, error) {
	var envelope struct {
		Data T `json:"data"`
	}
	err := json.Unmarshal([]byte(body), &envelope)
	return envelope.Data, err
}

// TestAdminFromAnotherOrigin protects a developer's sandbox from web pages that they visit.
func TestAdminFromAnotherOrigin(t *testing.T) {
	s := sandboxtest.Start(t, sandbox.Options{})
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.Address+"/_sandbox/reset", http.NoBody)
	require.NoError(t, err)
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	assert.Equal(t, http.StatusForbidden, do(t, client(t), r).status)
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	assert.Equal(t, http.StatusNoContent, do(t, client(t), r).status)
}

// events subscribes and returns a function that reads the next event that has data.
func events(t *testing.T, s *sandboxtest.Sandbox) (next func() (name string, view map[string]any), stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, s.Address+"/_sandbox/events", http.NoBody)
	require.NoError(t, err)
	response, err := client(t).Do(r) //nolint:bodyclose // stop closes it
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, response.StatusCode)
	require.Equal(t, "text/event-stream", response.Header.Get("Content-Type"))
	lines := bufio.NewReader(response.Body)
	next = func() (name string, view map[string]any) {
		for {
			line, err := lines.ReadString('\n')
			if err != nil {
				return "", nil
			}
			field, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ": ")
			switch field {
			case "event":
				name = value
			case "data":
				require.NoError(t, json.Unmarshal([]byte(value), &view))
				return name, view
			}
		}
	}
	return next, func() { cancel(); _ = response.Body.Close() }
}

func TestEvents(t *testing.T) {
	s := sandboxtest.Start(t, sandbox.Options{MaxSubscribers: 2})
	first := create(t, s, "a")
	next, stop := events(t, s)
	defer stop()
	name, view := next()
	assert.Equal(t, "snapshot", name)
	assert.Len(t, view["incidents"], 1)
	assert.InDelta(t, 1, view["open"], 0)

	second := create(t, s, "b")
	name, view = next()
	assert.Equal(t, "change", name)
	require.Len(t, view["incidents"], 1)
	assert.Equal(t, second, view["incidents"].([]any)[0].(map[string]any)["id"])
	assert.NotContains(t, view["incidents"].([]any)[0], "history", "a page asks for it when it is opened")
	assert.InDelta(t, 2, view["open"], 0)

	require.NoError(t, s.PersonDeletes(first))
	_, view = next()
	assert.Equal(t, []any{first}, view["gone"])

	other, stopOther := events(t, s)
	_, _ = other()
	assert.Equal(t, 503, admin(t, s, http.MethodGet, "events", "").status, "subscribers are bounded")
	stopOther()

	s.Reset()
	name, view = next()
	assert.Equal(t, "snapshot", name)
	assert.Empty(t, view["incidents"])
	s.Close()
	name, _ = next()
	assert.Empty(t, name, "the stream ends with the sandbox")
	assert.Equal(t, 503, admin(t, s, http.MethodGet, "events", "").status)
}

func TestSnapshotIsBounded(t *testing.T) {
	s := sandboxtest.Start(t, sandbox.Options{Switches: atomic})
	for n := range 1100 {
		s.ServeHTTP(discard{http.Header{}}, post(t, s, n))
	}
	next, stop := events(t, s)
	defer stop()
	_, view := next()
	assert.Len(t, view["incidents"], 1000)
	assert.InDelta(t, 1100, view["open"], 0)
}

func post(t *testing.T, s *sandboxtest.Sandbox, n int) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, incidents, strings.NewReader(fmt.Sprintf(`{"title":"T","alias":"n%d"}`, n)))
	require.NoError(t, err)
	r.Header.Set("Authorization", "Bearer "+s.Key)
	return r
}
