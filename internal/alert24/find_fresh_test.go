// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alert24

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/alert24/otelcol-alert24/internal/protocol"
)

// A list may show less than answers have shown. A fresh question reads by their ids what the list shows open.
func TestAFreshQuestionBelievesNoList(t *testing.T) {
	closed := map[string]any{"status": "resolved"}
	old := func(id string) map[string]any { return incidentRow(id, "A", time.Hour) }
	for name, tt := range map[string]struct {
		past, rows []map[string]any
		fails      string
		open       map[string]bool // nil: it is incomplete
	}{
		"the known one was closed":         {[]map[string]any{old("a")}, []map[string]any{with(old("a"), closed)}, "", map[string]bool{"a": false}},
		"another one was closed":           {[]map[string]any{old("a"), old("b")}, []map[string]any{old("a"), with(old("b"), closed)}, "", map[string]bool{"a": true, "b": false}},
		"the known one was opened again":   {[]map[string]any{with(old("a"), closed)}, []map[string]any{old("a")}, "", map[string]bool{"a": true}},
		"one was closed before":            {[]map[string]any{old("a"), with(old("b"), closed)}, []map[string]any{old("a")}, "", map[string]bool{"a": true, "b": false}},
		"both are removed":                 {[]map[string]any{old("a"), old("b")}, []map[string]any{}, "", map[string]bool{}},
		"the known one cannot be read":     {[]map[string]any{old("a")}, []map[string]any{old("a")}, "a", nil},
		"another one cannot be read":       {[]map[string]any{old("a"), old("b")}, []map[string]any{old("a"), old("b")}, "b", nil},
		"an incident of another alias":     {[]map[string]any{incidentRow("b", "B", 0)}, []map[string]any{old("a")}, "b", map[string]bool{"a": true}},
		"the list does not show any of it": {[]map[string]any{}, []map[string]any{old("a")}, "", map[string]bool{"a": true}},
	} {
		t.Run(name, func(t *testing.T) {
			b, c := startBoard(t, tt.rows...)
			b.past = tt.past
			b.fail = func(r *http.Request) int {
				if tt.fails != "" && r.URL.Path == "/api/v1/incidents/"+tt.fails {
					return http.StatusBadGateway
				}
				return 0
			}
			for _, depth := range []protocol.Depth{protocol.Newest, protocol.Since, protocol.All} {
				a, err := find(t, c, Question{Alias: "A", ID: "a", Depth: depth, Since: ago(2 * time.Hour), Fresh: true})
				if tt.open == nil {
					requireResult(t, err, protocol.Incomplete)
					assert.NotContains(t, ids(a.Found), tt.fails)
					continue
				}
				require.NoError(t, err)
				assert.True(t, a.ByID)
				open := map[string]bool{}
				for _, f := range a.Found {
					open[f.ID] = f.Open
				}
				assert.Equal(t, tt.open, open)
			}
		})
	}
}

// An answer tells whether an incident was read by its id: a later list may be older than that.
func TestAnAnswerTellsWhetherItIsFromAList(t *testing.T) {
	_, c := startBoard(t, incidentRow("a", "A", time.Hour))
	for id, byID := range map[string]bool{"a": false, "removed": true, "": false} {
		a, err := find(t, c, Question{Alias: "A", ID: id, Depth: protocol.Newest})
		require.NoError(t, err)
		assert.Equal(t, byID, a.ByID, id)
	}
}
