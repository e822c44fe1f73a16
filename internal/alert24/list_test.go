// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alert24

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/alert24/otelcol-alert24/internal/incident"
	"github.com/alert24/otelcol-alert24/internal/protocol"
)

// If other tools write long texts, a page can be too long to read at once.
func TestAPageThatIsTooLongIsReadInParts(t *testing.T) {
	log := strings.Repeat("at com.example.Main ", 10_000)
	rows := others(250, time.Minute)
	for _, row := range rows[120:180] {
		row["description"] = log
	}
	b, c := startBoard(t, slices.Concat(rows, []map[string]any{incidentRow("a", "A", time.Hour)})...)
	a, err := find(t, c, Question{Depth: protocol.All, Since: ago(2 * time.Hour)})
	require.NoError(t, err)
	assert.Equal(t, []string{"a"}, ids(a.Found))
	assert.Less(t, len(b.seen), 50)
	l, err := c.Open(t.Context())
	require.NoError(t, err)
	assert.Len(t, l.IDs, 251)

	rows[150]["description"] = strings.Repeat("x", maxList)
	_, err = c.Open(t.Context())
	requireResult(t, err, protocol.Incomplete)
	assert.ErrorContains(t, err, "longer than")
}

// concurrency is a gate that counts requests.
type concurrency struct {
	mu               sync.Mutex
	now, most, total int
}

func (g *concurrency) Enter(context.Context, protocol.Kind) (leave func(protocol.Result, time.Duration), err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.now, g.total = g.now+1, g.total+1
	g.most = max(g.most, g.now)
	return func(protocol.Result, time.Duration) {
		g.mu.Lock()
		defer g.mu.Unlock()
		g.now--
	}, nil
}

func TestOpenListsAllThatIsOpen(t *testing.T) {
	b, c := startBoard(t, slices.Concat([]map[string]any{
		incidentRow("a", "A", time.Hour),
		with(incidentRow("b", "B", time.Hour), map[string]any{"status": "monitoring", "alias": nil, "tags": []string{incident.AliasTag("B")}}),
		with(incidentRow("c", "C", time.Hour), map[string]any{"status": "resolved"}),
		with(incidentRow("d", "D", time.Hour), map[string]any{"source": "nagios"}),
		with(incidentRow("e", "E", time.Hour), map[string]any{"alias": nil, "created_at": nil}),
		with(incidentRow("f", "F", time.Hour), map[string]any{"status": nil, "created_at": nil}),
	}, others(100, time.Minute))...)
	b.now = boardNow.Add(time.Minute)
	l, err := c.Open(t.Context())
	require.NoError(t, err)
	assert.Len(t, l.IDs, 105)
	assert.False(t, l.IDs["c"])
	assert.Len(t, l.Ours, 103)
	assert.ElementsMatch(t, []Listed{
		{Tag: incident.AliasTag("A"), ID: "a", CreatedAt: ago(time.Hour + time.Minute)},
		{Tag: incident.AliasTag("B"), ID: "b", CreatedAt: ago(time.Hour + time.Minute)},
		{Tag: incident.AliasTag("F"), ID: "f"},
	}, slices.DeleteFunc(l.Ours, func(l Listed) bool { return len(l.ID) > 1 }))

	b.fail = func(r *http.Request) int {
		if r.URL.Query().Get("status") == "monitoring" {
			return http.StatusBadGateway
		}
		return 0
	}
	l, err = c.Open(t.Context())
	requireResult(t, err, protocol.Incomplete)
	assert.Zero(t, l, "half a list is none")
}

func TestEveryPagePassesTheGate(t *testing.T) {
	b := &board{now: boardNow, rows: others(250, time.Minute)}
	var gate gateLog
	_, err := serve(t, b.ServeHTTP, func(c *Config) { c.Gate = &gate }).Open(t.Context())
	require.NoError(t, err)
	assert.Len(t, b.seen, 3+5)
	assert.Len(t, gate.passed, len(b.seen))
	for _, passed := range gate.passed {
		assert.Equal(t, "lookup done", passed)
	}
}

func TestEveryRepeatWithoutAFieldPassesTheGate(t *testing.T) {
	var gate gateLog
	s := &script{answer: func(fields map[string]any) (int, string) {
		if fields["labels"] != nil {
			return http.StatusBadRequest, "unknown field: labels"
		}
		return http.StatusCreated, ""
	}}
	_, err := serve(t, s.ServeHTTP, func(c *Config) { c.Gate = &gate }).Create(t.Context(), draft("A"))
	require.NoError(t, err)
	assert.Equal(t, []string{"create refused", "create done"}, gate.passed)
}

// An API that repeats its first page again and again must not hold a lookup forever.
func TestAnEndlessListEnds(t *testing.T) {
	pages := 0
	c := connect(t, &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
		pages++
		rec := response(`{"data":[{"id":"a","status":"open"}],"meta":{"total":9,"has_more":true}}`)
		rec.Request = r
		return rec, nil
	})}, "http://h")
	a, err := find(t, c, Question{Depth: protocol.Since, Since: ago(time.Hour)})
	require.ErrorContains(t, err, "pages")
	assert.Equal(t, protocol.Incomplete, a.Result)
	assert.Equal(t, maxPages, pages)
}
