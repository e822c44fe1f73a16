// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package sandbox_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/alert24/otelcol-alert24/internal/sandbox/sandboxtest"
)

var (
	overLong = `{"title":"` + strings.Repeat("x", 256) + `"}`
	unknown  = `{"title":"T","dedup_key":"a"}`
)

func severity(name string, status int) func(t *testing.T, s *sandboxtest.Sandbox) {
	return func(t *testing.T, s *sandboxtest.Sandbox) {
		t.Helper()
		assert.Equal(t, status, write(t, s, `{"title":"T","severity":"`+name+`"}`).status)
		listed := 200
		if status == 400 {
			listed = 400
		}
		assert.Equal(t, listed, send(t, s, http.MethodGet, incidents+"?severity="+name, "").status)
		created := admin(t, s, http.MethodPost, "incidents", `{"title":"T","severity":"`+name+`"}`)
		assert.Equal(t, name, created.data(t)["severity"], "another tool can send it")
	}
}

func resolvedWithoutTime(set bool) func(t *testing.T, s *sandboxtest.Sandbox) {
	return func(t *testing.T, s *sandboxtest.Sandbox) {
		t.Helper()
		i := edit(t, s, create(t, s, "a"), `{"status":"resolved"}`).data(t)
		assert.Equal(t, set, i["resolved_at"] != nil)
	}
}

func resolvedTooEarly(status int, becomes string) func(t *testing.T, s *sandboxtest.Sandbox) {
	return func(t *testing.T, s *sandboxtest.Sandbox) {
		t.Helper()
		r := edit(t, s, create(t, s, "a"), `{"status":"resolved","resolved_at":"2001-01-01T00:00:00.000Z"}`)
		assert.Equal(t, status, r.status)
		assert.Equal(t, becomes, held(t, s).Status)
	}
}

func markup(title string) func(t *testing.T, s *sandboxtest.Sandbox) {
	return func(t *testing.T, s *sandboxtest.Sandbox) {
		t.Helper()
		assert.Equal(t, title, write(t, s, `{"title":"a<script>b</script>c"}`).data(t)["title"])
	}
}

// refused checks that creates and updates with a named field are refused, and that other fields and people are not.
func refused(t *testing.T, s *sandboxtest.Sandbox) {
	t.Helper()
	id := create(t, s, "a")
	for _, r := range []reply{write(t, s, tagged), edit(t, s, id, `{"tags":[]}`)} {
		_, message := r.apiError(t)
		assert.Equal(t, "tags is not allowed", message)
	}
	assert.Equal(t, 200, edit(t, s, id, `{"affected_services":["svc"]}`).status)
	assert.Equal(t, 200, admin(t, s, http.MethodPatch, "incidents/"+id, `{"tags":["by-hand"]}`).status)
	assert.Equal(t, []string{"by-hand"}, held(t, s).Tags)
}

var fieldSwitches = map[string]checks{
	"info_severity":          {"false": severity("info", 400), "true": severity("info", 201)},
	"informational_severity": {"false": severity("informational", 400), "true": severity("informational", 201)},
	"restrict_source": {
		"false": answers(201, `{"title":"T","source":"prometheus"}`),
		"true":  answers(400, `{"title":"T","source":"prometheus"}`),
	},
	"set_resolved_at": {"false": resolvedWithoutTime(false), "true": resolvedWithoutTime(true)},
	"resolved_before_start": {
		"refuse": resolvedTooEarly(400, "open"), "accept": resolvedTooEarly(200, "resolved"), "error": resolvedTooEarly(500, "open"),
	},
	"over_long": {
		"accept": answers(201, overLong), "refuse": answers(400, overLong),
		"error": answers(500, overLong),
	},
	"unknown_fields": {
		"ignore": answers(201, unknown), "refuse": answers(400, unknown),
	},
	"unknown_fields_put": {
		"ignore": updateAnswers(200, `{"title":"U","labels":{"a":"b"}}`, "U"),
		"refuse": updateAnswers(400, `{"title":"U","labels":{"a":"b"}}`, "T"),
		"error":  updateAnswers(500, `{"title":"U","labels":{"a":"b"}}`, "T"),
	},
	"array_fields_put": {
		"accept": updateAnswers(200, `{"title":"U","tags":["a"]}`, "U"),
		"error": func(t *testing.T, s *sandboxtest.Sandbox) {
			t.Helper()
			updateAnswers(500, `{"title":"U","tags":["a"]}`, "T")(t, s)
			id := held(t, s).ID
			assert.Equal(t, 500, edit(t, s, id, `{"affected_services":[]}`).status)
			assert.Equal(t, 200, edit(t, s, id, `{"title":"U"}`).status, "without arrays it works")
			assert.Equal(t, 201, write(t, s, `{"title":"T","tags":["a"]}`).status, "so do creates")
		},
	},
	"refused_fields": {"tags,source": refused},
	"strip_markup":   {"false": markup("a<script>b</script>c"), "true": markup("ac")},
}
