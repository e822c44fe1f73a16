// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package store_test

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/alert24/otelcol-alert24/internal/sandbox/store"
)

// TestIndexes compares the store's answers from its indexes with its incidents, after any mix of actions.
func TestIndexes(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		w := newWorld(t, store.Limits{Incidents: 30, History: 4})
		w.sw.AliasHitClosed = rapid.SampledFrom([]string{store.Another, store.Reopen, store.Update}).Draw(r, "closed")
		w.sw.AliasHit = rapid.SampledFrom([]string{store.Unchanged, store.Merge}).Draw(r, "hit")
		w.sw.OpenMeans = rapid.SampledFrom([]string{store.NotClosed, store.NotResolved, store.Active}).Draw(r, "open")
		aliases := rapid.SampledFrom([]string{"", "a", "b"})
		statuses := rapid.SampledFrom(store.Statuses)
		severities := rapid.SampledFrom(store.Severities)
		for range rapid.IntRange(1, 60).Draw(r, "actions") {
			body := fmt.Sprintf(`{"title":"T","alias":%q,"status":%q,"severity":%q}`,
				aliases.Draw(r, "alias"), statuses.Draw(r, "status"), severities.Draw(r, "severity"))
			id := fmt.Sprintf("id-%d", rapid.IntRange(1, 35).Draw(r, "id"))
			switch rapid.IntRange(0, 3).Draw(r, "action") {
			case 0, 1:
				_, _ = w.post(body) // may be full
			case 2:
				_, _ = w.put(store.ByAPI, id, body) // may be missing
			default:
				_ = w.s.Delete(id) // may be missing
			}
		}
		all := w.s.All()
		for _, alias := range []string{"a", "b"} {
			var open, every []string
			for _, i := range all {
				if i.Alias != alias {
					continue
				}
				every = append(every, i.ID)
				if i.Open() {
					open = append(open, i.ID)
				}
			}
			var indexed []string
			for _, i := range w.s.OpenOf(alias) {
				indexed = append(indexed, i.ID)
			}
			require.Equal(r, open, indexed)
			_, total := w.s.List(store.Query{Alias: alias})
			require.Equal(r, len(every), total)
		}
		for _, status := range append([]string{""}, store.Statuses...) {
			for _, severity := range append([]string{""}, store.Severities...) {
				q := store.Query{Status: status, Severity: severity, Limit: 100}
				want := 0
				for _, i := range all {
					if (status == "" || i.Status == status) && (severity == "" || i.Severity == severity) {
						want++
					}
				}
				page, total := w.s.List(q)
				require.Equal(r, want, total)
				require.Len(r, page, want)
			}
		}
		require.LessOrEqual(r, len(all), 30)
	})
}

func FuzzDecode(f *testing.F) {
	for _, seed := range []string{
		`{"title":"T","severity":"high","tags":["a"],"labels":{"a":"b"},"resolved_at":"2026-03-19T14:30:00.000Z"}`,
		`{"title":null}`, `[]`, `{"title":1}`, `{"a":{"b":[[[[]]]]}}`, "{\"title\":\"\xff\"}", `{"title":"T","title":"U"}`, `{"resolved_at":"0000-01-01T00:00:00Z"}`,
	} {
		f.Add([]byte(seed), true)
	}
	f.Fuzz(func(t *testing.T, body []byte, refuse bool) {
		sw := store.DefaultSwitches()
		if refuse {
			sw.UnknownFields = store.Refuse
		}
		p, err := store.Decode(body).ForCreate(&sw)
		if err != nil {
			var e *store.APIError
			require.ErrorAs(t, err, &e)
			assert.Equal(t, 400, e.Status)
			assert.True(t, utf8.ValidString(e.Message))
			return
		}
		s := store.New(store.Limits{Incidents: 1, History: 2}, func() string { return "id" })
		r, err := s.Post(start, &sw, store.Cause{By: store.ByAPI}, p, store.Match{})
		if err != nil {
			return
		}
		// The store holds what it accepted, and JSON can show it.
		assert.Equal(t, *p.Title, r.Incident.Title)
		_, err = json.Marshal(r.Incident, store.JSON)
		require.NoError(t, err)
		_, err = s.Put(start, &sw, store.Cause{By: store.ByAPI}, "id", p)
		require.NoError(t, err)
	})
}

func TestSwitches(t *testing.T) {
	t.Run("the list names them all, and its first values are the defaults", func(t *testing.T) {
		sw := store.DefaultSwitches()
		require.NoError(t, sw.Validate())
		doc, err := json.Marshal(sw, store.JSON)
		require.NoError(t, err)
		var values map[string]jsontext.Value
		require.NoError(t, json.Unmarshal(doc, &values))
		for _, w := range store.SwitchList {
			require.Contains(t, values, w.Name)
			if len(w.Values) > 0 {
				assert.Equal(t, w.Values[0], strings.Trim(string(values[w.Name]), `"`), w.Name)
			}
			delete(values, w.Name)
		}
		assert.Empty(t, values, "without a description")
	})
	t.Run("each takes its values as text", func(t *testing.T) {
		other := map[string]string{"number": "2", "duration": "90s", "bool": "true", "list": "labels, tags"}
		for _, w := range store.SwitchList {
			values := w.Values
			if len(values) == 0 {
				values = []string{other[w.Kind]}
			}
			for _, value := range values {
				sw := store.DefaultSwitches()
				require.NoError(t, sw.Set(w.Name, value))
				require.NoError(t, sw.Validate(), "%s=%s", w.Name, value)
				if len(w.Values) == 0 {
					assert.NotEqual(t, store.DefaultSwitches(), sw, w.Name)
				}
			}
			sw := store.DefaultSwitches()
			err := sw.Set(w.Name, "nonsense")
			if err == nil {
				err = sw.Validate()
			}
			require.ErrorContains(t, err, w.Name)
		}
		sw := store.DefaultSwitches()
		require.ErrorContains(t, sw.Set("nothing", "1"), "nothing")
	})
	t.Run("a patch changes what it names, or nothing", func(t *testing.T) {
		sw := store.DefaultSwitches()
		require.NoError(t, sw.Patch([]byte(`{"refused_fields":["tags"],"latency":"20ms"}`)))
		require.NoError(t, sw.Patch([]byte(`{"create_status":200}`)))
		assert.Equal(t, []string{"tags"}, sw.RefusedFields)
		assert.Equal(t, 200, sw.CreateStatus)
		before := sw
		for _, bad := range []string{`{"create_status":201,"what":1}`, `{"create_status":"x"}`, `[`, ``} {
			require.Error(t, sw.Patch([]byte(bad)))
			assert.Equal(t, before, sw)
		}
		sw.Latency = -1
		require.Error(t, sw.Validate())
	})
}
