// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package sandbox_test

import (
	"maps"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/alert24/otelcol-alert24/internal/sandbox"
	"github.com/alert24/otelcol-alert24/internal/sandbox/sandboxtest"
	"github.com/alert24/otelcol-alert24/internal/sandbox/store"
)

// checks tells what a client sees for each value of a switch. A switch that takes any value has one check, with an example value.
type checks map[string]func(t *testing.T, s *sandboxtest.Sandbox)

// TestEverySwitch sets each switch to each of its values through HTTP, and looks at the API.
func TestEverySwitch(t *testing.T) {
	all := map[string]checks{}
	for _, some := range []map[string]checks{aliasSwitches, formSwitches, fieldSwitches, limitSwitches} {
		for name, c := range some {
			require.NotContains(t, all, name)
			all[name] = c
		}
	}
	for _, w := range store.SwitchList {
		require.Contains(t, all, w.Name, "a switch without a test")
		for _, value := range w.Values {
			require.Contains(t, all[w.Name], value, "a value of %s without a test", w.Name)
		}
		if w.Kind == "bool" {
			require.Contains(t, all[w.Name], "false")
			require.Contains(t, all[w.Name], "true")
		}
		for value, check := range all[w.Name] {
			t.Run(w.Name+"="+value, func(t *testing.T) {
				s := sandboxtest.Start(t, sandbox.Options{Switches: atomic, Now: ticking()})
				var sw sandbox.Switches
				require.NoError(t, sw.Set(w.Name, value))
				doc, err := json.Marshal(sw, store.JSON)
				require.NoError(t, err)
				var values map[string]any
				require.NoError(t, json.Unmarshal(doc, &values))
				body, err := json.Marshal(map[string]any{w.Name: values[w.Name]})
				require.NoError(t, err)
				r := admin(t, s, http.MethodPatch, "switches", string(body))
				require.Equal(t, http.StatusOK, r.status, r.body)
				check(t, s)
			})
		}
		delete(all, w.Name)
	}
	assert.Empty(t, all, "tests of switches that there are none of")
}

// ticking is a clock that advances by a second with each reading.
func ticking() func() time.Time {
	var mu sync.Mutex
	at := time.Date(2026, 3, 19, 14, 30, 0, 0, time.UTC)
	return func() time.Time {
		mu.Lock()
		defer mu.Unlock()
		at = at.Add(time.Second)
		return at
	}
}

// keys returns the names of an object's fields.
func keys(object map[string]any) []string { return slices.Collect(maps.Keys(object)) }

// write sends a create.
func write(t *testing.T, s *sandboxtest.Sandbox, body string) reply {
	t.Helper()
	return send(t, s, http.MethodPost, incidents, body)
}

// edit sends an update.
func edit(t *testing.T, s *sandboxtest.Sandbox, id, body string) reply {
	t.Helper()
	return send(t, s, http.MethodPut, incidents+"/"+id, body)
}

// held returns what the sandbox holds about the first incident.
func held(t *testing.T, s *sandboxtest.Sandbox) sandbox.Incident {
	t.Helper()
	all := s.Incidents()
	require.NotEmpty(t, all)
	return all[0]
}

// object decodes an answer.
func object(t *testing.T, r reply) map[string]any {
	t.Helper()
	var v map[string]any
	require.NoError(t, json.Unmarshal([]byte(r.body), &v), r.body)
	return v
}

// with sets more switches of a check's sandbox.
func with(t *testing.T, s *sandboxtest.Sandbox, change func(*sandbox.Switches)) {
	t.Helper()
	require.NoError(t, s.SetSwitches(change))
}

// answers checks the status of the answer to a create.
func answers(status int, body string) func(t *testing.T, s *sandboxtest.Sandbox) {
	return func(t *testing.T, s *sandboxtest.Sandbox) {
		t.Helper()
		r := write(t, s, body)
		assert.Equal(t, status, r.status, r.body)
	}
}

// updateAnswers checks the status of an update of an incident with tags, and the title afterwards.
func updateAnswers(status int, body, title string) func(t *testing.T, s *sandboxtest.Sandbox) {
	return func(t *testing.T, s *sandboxtest.Sandbox) {
		t.Helper()
		id := create(t, s, "a")
		r := edit(t, s, id, body)
		assert.Equal(t, status, r.status, r.body)
		assert.Equal(t, title, held(t, s).Title)
	}
}
