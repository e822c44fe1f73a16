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

const (
	again    = `{"title":"again","alias":"a","severity":"critical"}`
	resolved = `{"title":"again","alias":"a","status":"resolved"}`
)

// hit checks what a second create does: its status, and the incident's number, title and status.
func hit(before, body string, status int, number float64, title, becomes string) func(t *testing.T, s *sandboxtest.Sandbox) {
	return func(t *testing.T, s *sandboxtest.Sandbox) {
		t.Helper()
		id := create(t, s, "a")
		if before != "open" {
			require.NoError(t, s.PersonEdits(id, sandbox.Patch{Status: &before}))
		}
		r := write(t, s, body)
		require.Equal(t, status, r.status, r.body)
		if status >= 400 {
			return
		}
		i := r.data(t)
		assert.Equal(t, []any{number, title, becomes}, []any{i["incident_number"], i["title"], i["status"]})
	}
}

// flagged checks where a hit is marked as one: in at most one place.
func flagged(place string) func(t *testing.T, s *sandboxtest.Sandbox) {
	return func(t *testing.T, s *sandboxtest.Sandbox) {
		t.Helper()
		create(t, s, "a")
		inside := map[string]string{store.Data: "data", store.DataIncident: "data", store.BareIncident: "incident"}
		for envelope, data := range inside {
			with(t, s, func(sw *sandbox.Switches) { sw.Envelope = envelope })
			v := object(t, write(t, s, again))
			meta, _ := v["meta"].(map[string]any)
			assert.Equal(t, place == store.Top, flag(v), envelope)
			assert.Equal(t, place == store.InMeta, flag(meta), envelope)
			assert.Equal(t, place == store.InData, flag(v[data].(map[string]any)), envelope)
		}
		assert.NotContains(t, write(t, s, `{"title":"other","alias":"b"}`).body, "deduplicated", "no hit")
	}
}

// flag reads the mark of a hit.
func flag(in map[string]any) bool {
	set, _ := in["deduplicated"].(bool)
	return set
}

// wrapped checks the envelope of an answer.
func wrapped(t *testing.T, r reply, envelope string) {
	t.Helper()
	v := object(t, r)
	switch envelope {
	case store.DataIncident:
		assert.Subset(t, []string{"incident", "deduplicated"}, keys(v["data"].(map[string]any)))
		v = v["data"].(map[string]any)["incident"].(map[string]any)
	case store.BareIncident:
		assert.NotContains(t, v, "data")
		v = v["incident"].(map[string]any)
	default:
		v = v["data"].(map[string]any)
	}
	assert.Equal(t, "T", v["title"])
}

func hitWrapped(envelope string) func(t *testing.T, s *sandboxtest.Sandbox) {
	return func(t *testing.T, s *sandboxtest.Sandbox) {
		t.Helper()
		r := write(t, s, `{"title":"T","alias":"a"}`)
		wrapped(t, r, store.Data)
		id := r.data(t)["id"].(string)
		wrapped(t, write(t, s, again), envelope)
		wrapped(t, edit(t, s, id, `{}`), store.Data)
	}
}

var aliasSwitches = map[string]checks{
	"create_status": {
		"201": answers(201, again), "200": answers(200, again),
	},
	"alias_hit": {
		"unchanged": func(t *testing.T, s *sandboxtest.Sandbox) {
			t.Helper()
			id := create(t, s, "a")
			before := send(t, s, http.MethodGet, incidents+"/"+id, "").data(t)
			r := write(t, s, again)
			assert.Equal(t, []any{200, before}, []any{r.status, r.data(t)})
			assert.Equal(t, true, object(t, r)["deduplicated"])
			assert.Equal(t, before, send(t, s, http.MethodGet, incidents+"/"+id, "").data(t), "as it was")
			i := admin(t, s, http.MethodGet, "incidents/"+id, "").data(t)
			assert.InDelta(t, 1, i["dedup_count"], 0)
			last := i["history"].([]any)[1].(map[string]any)
			assert.Equal(t, []any{"duplicate", "api", nil}, []any{last["kind"], last["by"], last["changes"]})
			assert.Equal(t, 1, s.Stats().Duplicates())
		},
		"merge": func(t *testing.T, s *sandboxtest.Sandbox) {
			t.Helper()
			hit("open", again, 200, 1, "again", "open")(t, s)
			assert.NotContains(t, write(t, s, again).body, "deduplicated")
			assert.Equal(t, 2, held(t, s).DedupCount)
			assert.Equal(t, 2, s.Stats().Updates())
		},
	},
	"alias_hit_status": {
		"200": hit("open", again, 200, 1, "T", "open"), "201": hit("open", again, 201, 1, "T", "open"),
	},
	"alias_hit_envelope": {
		"same": hitWrapped(store.Data), "data": hitWrapped(store.Data), "data_incident": hitWrapped(store.DataIncident),
		"incident": hitWrapped(store.BareIncident),
	},
	"deduplicated_in": {
		"top": flagged(store.Top), "data": flagged(store.InData), "meta": flagged(store.InMeta), "absent": flagged(store.Absent),
	},
	"open_means": {
		"not_closed": hit("postmortem", again, 201, 2, "again", "open"), "not_resolved": hit("postmortem", again, 200, 1, "T", "postmortem"),
		"active": hit("acknowledged", again, 201, 2, "again", "open"),
	},
	"alias_hit_closed": {
		"new": hit("resolved", again, 201, 2, "again", "open"), "reopen": hit("resolved", again, 200, 1, "again", "open"),
		"update": hit("resolved", again, 200, 1, "again", "resolved"),
	},
	"alias_resolve": {
		"ignore": hit("open", resolved, 200, 1, "T", "open"), "resolve": hit("open", resolved, 200, 1, "again", "resolved"),
		"refuse": hit("open", resolved, 400, 0, "", ""),
	},
	"alias_resolve_none": {
		"create": hit("resolved", resolved, 201, 2, "again", "resolved"), "not_found": hit("resolved", resolved, 404, 0, "", ""),
		"noop": hit("resolved", resolved, 200, 1, "T", "resolved"),
	},
	"alias_in_responses": {
		"false": func(t *testing.T, s *sandboxtest.Sandbox) {
			t.Helper()
			create(t, s, "a")
			for _, body := range []string{write(t, s, again).body, send(t, s, http.MethodGet, incidents, "").body} {
				assert.NotContains(t, body, "alias")
				assert.NotContains(t, body, "dedup_count")
			}
		},
		"true": func(t *testing.T, s *sandboxtest.Sandbox) {
			t.Helper()
			create(t, s, "a")
			i := write(t, s, again).data(t)
			assert.Equal(t, []any{"a", 1.0}, []any{i["alias"], i["dedup_count"]})
			rows, _ := send(t, s, http.MethodGet, incidents, "").list(t)
			assert.Equal(t, []any{"a", 1.0}, []any{rows[0]["alias"], rows[0]["dedup_count"]})
		},
	},
	"alias_filter": {"false": filtered(2), "true": filtered(1)},
}

func filtered(rows int) func(t *testing.T, s *sandboxtest.Sandbox) {
	return func(t *testing.T, s *sandboxtest.Sandbox) {
		t.Helper()
		create(t, s, "a")
		create(t, s, "b")
		found, _ := send(t, s, http.MethodGet, incidents+"?alias=a", "").list(t)
		assert.Len(t, found, rows)
	}
}
