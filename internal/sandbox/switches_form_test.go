// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package sandbox_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/alert24/otelcol-alert24/internal/sandbox"
	"github.com/alert24/otelcol-alert24/internal/sandbox/sandboxtest"
	"github.com/alert24/otelcol-alert24/internal/sandbox/store"
)

const tagged = `{"title":"T","alias":"a","tags":["x:1","y"],"affected_services":["svc"]}`

func inEnvelope(envelope string) func(t *testing.T, s *sandboxtest.Sandbox) {
	return func(t *testing.T, s *sandboxtest.Sandbox) {
		t.Helper()
		wrapped(t, write(t, s, `{"title":"T","alias":"a"}`), envelope)
		wrapped(t, write(t, s, again), envelope)
		id := held(t, s).ID
		wrapped(t, send(t, s, http.MethodGet, incidents+"/"+id, ""), envelope)
		wrapped(t, edit(t, s, id, `{"severity":"low"}`), envelope)
		rows, _ := send(t, s, http.MethodGet, incidents, "").list(t)
		assert.Equal(t, "T", rows[0]["title"], "lists have one envelope")
	}
}

// updated checks an update's answer, and that it was carried out.
func updated(status int, body string) func(t *testing.T, s *sandboxtest.Sandbox) {
	return func(t *testing.T, s *sandboxtest.Sandbox) {
		t.Helper()
		r := edit(t, s, create(t, s, "a"), `{"status":"resolved"}`)
		assert.Equal(t, status, r.status)
		if body == "" {
			assert.Empty(t, r.body)
		} else {
			assert.Contains(t, r.body, body)
		}
		assert.Equal(t, "resolved", held(t, s).Status)
		assert.Equal(t, 1, s.Stats().Resolves())
	}
}

func closedTwice(status int) func(t *testing.T, s *sandboxtest.Sandbox) {
	return func(t *testing.T, s *sandboxtest.Sandbox) {
		t.Helper()
		id := create(t, s, "a")
		const closing = `{"status":"resolved"}`
		assert.Equal(t, 200, edit(t, s, id, closing).status)
		r := edit(t, s, id, closing)
		assert.Equal(t, status, r.status)
		if status == 400 {
			class, message := r.apiError(t)
			assert.Equal(t, []string{"validation_error", "Incident is already resolved"}, []string{class, message})
		}
		assert.Equal(t, 200, edit(t, s, id, `{"title":"U"}`).status, "other updates are accepted")
		assert.Equal(t, 200, edit(t, s, id, `{"status":"open"}`).status, "it can be opened again")
		require.NoError(t, s.PersonResolves(id))
		require.NoError(t, s.PersonResolves(id), "people can do that")
	}
}

func tagsAre(tags, services any) func(t *testing.T, s *sandboxtest.Sandbox) {
	return func(t *testing.T, s *sandboxtest.Sandbox) {
		t.Helper()
		rows, _ := send(t, s, http.MethodGet, incidents, "").list(t)
		assert.Empty(t, rows)
		i := write(t, s, tagged).data(t)
		assert.Equal(t, []any{tags, services}, []any{i["tags"], i["affected_services"]})
		rows, _ = send(t, s, http.MethodGet, incidents, "").list(t)
		assert.Equal(t, []any{tags, services}, []any{rows[0]["tags"], rows[0]["affected_services"]})
	}
}

func timesAre(form string) func(t *testing.T, s *sandboxtest.Sandbox) {
	return func(t *testing.T, s *sandboxtest.Sandbox) {
		t.Helper()
		id := create(t, s, "a")
		i := edit(t, s, id, `{"status":"resolved","resolved_at":"2099-03-19T14:30:00.500Z"}`).data(t)
		rows, _ := send(t, s, http.MethodGet, incidents, "").list(t)
		for _, name := range []string{"started_at", "resolved_at", "created_at", "updated_at"} {
			assert.Regexp(t, form, i[name])
			assert.Regexp(t, form, rows[0][name])
		}
		assert.Nil(t, i["acknowledged_at"])
	}
}

// rowTimes checks started_at in the rows of the second and the first incident; nil means any readable time.
func rowTimes(second, first any) func(t *testing.T, s *sandboxtest.Sandbox) {
	return func(t *testing.T, s *sandboxtest.Sandbox) {
		t.Helper()
		create(t, s, "a")
		create(t, s, "b")
		rows, _ := send(t, s, http.MethodGet, incidents, "").list(t)
		for n, want := range []any{second, first} {
			if want == "readable" {
				assert.Regexp(t, `^\d{4}-\d\d-\d\dT`, rows[n]["started_at"])
			} else {
				assert.Equal(t, want, rows[n]["started_at"])
			}
			one := send(t, s, http.MethodGet, incidents+"/"+rows[n]["id"].(string), "").data(t)
			assert.Regexp(t, `^\d{4}-\d\d-\d\dT`, one["started_at"], "of one incident they can be read")
		}
	}
}

func ordered(numbers ...any) func(t *testing.T, s *sandboxtest.Sandbox) {
	return func(t *testing.T, s *sandboxtest.Sandbox) {
		t.Helper()
		for _, alias := range []string{"a", "b", "c"} {
			create(t, s, alias)
		}
		require.Equal(t, 200, edit(t, s, s.Open("b")[0].ID, `{"title":"U"}`).status)
		var found []any
		for _, page := range []string{"?limit=2", "?limit=2&offset=2"} {
			rows, meta := send(t, s, http.MethodGet, incidents+page, "").list(t)
			assert.InDelta(t, 3, meta["total"], 0)
			for _, row := range rows {
				found = append(found, row["incident_number"])
			}
		}
		assert.Equal(t, numbers, found)
	}
}

func bare(marks ...string) func(t *testing.T, s *sandboxtest.Sandbox) {
	return func(t *testing.T, s *sandboxtest.Sandbox) {
		t.Helper()
		with(t, s, func(sw *sandbox.Switches) { sw.AliasInResponses = true })
		i := write(t, s, tagged).data(t)
		assert.Equal(t, "a", i["alias"])
		rows, _ := send(t, s, http.MethodGet, incidents, "").list(t)
		var found []string
		for _, name := range keys(rows[0]) {
			if name == "alias" || name == "tags" {
				found = append(found, name)
			}
		}
		assert.ElementsMatch(t, marks, found)
	}
}

var formSwitches = map[string]checks{
	"envelope": {
		"data": inEnvelope(store.Data), "data_incident": inEnvelope(store.DataIncident), "incident": inEnvelope(store.BareIncident),
	},
	"put_answer": {
		"incident": updated(200, `"status":"resolved"`), "success": updated(200, `{"success":true}`), "no_content": updated(204, ""),
	},
	"close_closed": {"accept": closedTwice(200), "refuse": closedTwice(400)},
	"tags_as_text": {
		"no": tagsAre([]any{"x:1", "y"}, []any{"svc"}), "json": tagsAre(`["x:1","y"]`, `["svc"]`), "comma": tagsAre("x:1,y", "svc"),
	},
	"sqlite_times": {
		"false": timesAre(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$`), "true": timesAre(`^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$`),
	},
	"row_times": {
		"readable": rowTimes("readable", "readable"), "unreadable": rowTimes("Invalid Date", "Invalid Date"), "null": rowTimes(nil, nil),
		"mixed": rowTimes("Invalid Date", "readable"),
	},
	"row_order": {"newest": ordered(3.0, 2.0, 1.0), "updated": ordered(2.0, 3.0, 1.0), "oldest": ordered(1.0, 2.0, 3.0)},
	"bare_rows": {"false": bare("alias", "tags"), "true": bare()},
}
