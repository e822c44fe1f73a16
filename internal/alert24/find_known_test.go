// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alert24

import (
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/alert24/otelcol-alert24/internal/protocol"
)

func TestTheKnownIncidentOfALookupThatFails(t *testing.T) {
	since := Question{ID: "a", Depth: protocol.Since, Since: ago(24 * time.Hour)}
	all := Question{ID: "a", Depth: protocol.All}
	newest := Question{ID: "a", Depth: protocol.Newest}
	a := incidentRow("a", "A", 5*time.Hour)
	other := incidentRow("b", "A", time.Minute)
	pages := slices.Concat([]map[string]any{other}, others(120, time.Minute), []map[string]any{a})
	const first, second, known = "/incidents?limit=100", "/incidents?limit=100&offset=100", "/incidents/a"
	for name, tt := range map[string]struct {
		rows   []map[string]any
		q      Question
		fails  map[string]int
		result protocol.Result
		found  []string
		reads  int
	}{
		"the newest page fails":      {pages, newest, map[string]int{first: 500}, protocol.Incomplete, []string{"a"}, 1},
		"the first page fails":       {pages, since, map[string]int{first: 500}, protocol.Incomplete, []string{"a"}, 1},
		"the second page fails":      {pages, since, map[string]int{second: 500}, protocol.Incomplete, []string{"a"}, 1},
		"a list of a status fails":   {pages, all, map[string]int{first + "&status=monitoring": 500}, protocol.Incomplete, []string{"a"}, 0},
		"the page before shows it":   {slices.Concat([]map[string]any{a}, pages), since, map[string]int{second: 500}, protocol.Incomplete, []string{"a"}, 0},
		"both fail":                  {pages, since, map[string]int{first: 500, known: 500}, protocol.Incomplete, nil, 1},
		"it is gone":                 {others(9, time.Minute), since, map[string]int{first: 500}, protocol.Incomplete, nil, 1},
		"the key may not list":       {pages, since, map[string]int{first: 403}, protocol.Denied, nil, 0},
		"the API asks to come later": {pages, since, map[string]int{first: 429}, protocol.NotSent, nil, 0},
		"no list fails":              {pages, newest, map[string]int{known: 500}, protocol.Incomplete, nil, 1},
	} {
		t.Run(name, func(t *testing.T) {
			b, c := startBoard(t, tt.rows...)
			reads := 0
			b.fail = func(r *http.Request) int {
				path := strings.TrimPrefix(r.RequestURI, "/api/v1")
				if path == known {
					reads++
				}
				return tt.fails[path]
			}
			a, err := find(t, c, tt.q)
			assert.Equal(t, tt.result, ResultOf(err))
			assert.Equal(t, tt.result, a.Result)
			assert.Equal(t, tt.found, ids(a.Found))
			assert.Equal(t, tt.reads, reads)
		})
	}
}

func TestKnownIncidentsAreReadWithinTheLimitOfWorkers(t *testing.T) {
	rows := others(40, time.Hour)
	var questions []Question
	for i := range rows {
		questions = append(questions, Question{Alias: "q" + strconv.Itoa(i), ID: "other-" + strconv.Itoa(i)})
	}
	b := &board{now: boardNow, rows: rows}
	var gate concurrency
	c := serve(t, b.ServeHTTP, func(c *Config) { c.Workers = 3 }, func(c *Config) { c.Gate = &gate })
	answers, errs := FindAll(t, c, questions)
	require.NoError(t, errors.Join(errs...))
	for i := range answers {
		assert.Equal(t, []string{questions[i].ID}, ids(answers[i].Found))
	}
	assert.LessOrEqual(t, gate.most, 3)
	assert.Zero(t, gate.now)
	assert.Equal(t, 40, gate.total)
}

func TestTheListShowsManyKnownIncidents(t *testing.T) {
	rows := slices.Concat(others(450, time.Hour), []map[string]any{incidentRow("old", "old", 24*time.Hour)})
	questions := []Question{{Alias: "old", ID: "old", Depth: protocol.Newest}}
	for i := range 450 {
		questions = append(questions, Question{Alias: "q" + strconv.Itoa(i), ID: "other-" + strconv.Itoa(i), Depth: protocol.Newest})
	}
	for name, tt := range map[string]struct {
		questions    []Question
		lists, reads int
	}{
		"many":            {questions, 5, 0},
		"one per page":    {[]Question{questions[50], questions[150], questions[250]}, 1, 2},
		"two of one page": {[]Question{questions[50], questions[60], questions[150]}, 2, 0},
		"one":             {questions[:1], 1, 1},
	} {
		t.Run(name, func(t *testing.T) {
			b, c := startBoard(t, rows...)
			answers, errs := FindAll(t, c, tt.questions)
			require.NoError(t, errors.Join(errs...))
			for i := range answers {
				assert.Equal(t, []string{tt.questions[i].ID}, ids(answers[i].Found))
			}
			assert.Equal(t, tt.lists, b.lists(""))
			assert.Len(t, b.seen, tt.lists+tt.reads)
		})
	}
}

func TestAnAPIThatFailsIsNotAskedForEachKnownIncident(t *testing.T) {
	var questions []Question
	for i := range 100 {
		questions = append(questions, Question{Alias: "q" + strconv.Itoa(i), ID: "other-" + strconv.Itoa(i), Depth: protocol.Newest})
	}
	b, c := startBoard(t, others(100, time.Hour)...)
	b.fail = func(*http.Request) int { return http.StatusBadGateway }
	_, errs := FindAll(t, c, questions)
	for _, err := range errs {
		requireResult(t, err, protocol.Incomplete)
	}
	assert.Less(t, len(b.seen), 20)

	b.fail = func(r *http.Request) int {
		if strings.Contains(r.RequestURI, "?limit") {
			return http.StatusBadGateway
		}
		return 0
	}
	answers, _ := FindAll(t, c, questions)
	for i := range answers {
		assert.Equal(t, []string{questions[i].ID}, ids(answers[i].Found), "only the list fails")
	}
}

// A question that the list has answered but for its known incident must not take that incident for removed because others cannot be read.
func TestAKnownIncidentIsReadAlthoughOthersFail(t *testing.T) {
	rows := slices.Concat(others(120, 10*time.Hour), []map[string]any{incidentRow("a", "A", 48*time.Hour), incidentRow("b", "B", 48*time.Hour)})
	covered := Question{Alias: "A", ID: "a", Depth: protocol.Since, Since: ago(time.Second)}
	failing := Question{Alias: "B", ID: "b", Depth: protocol.Since, Since: ago(24 * time.Hour)}
	for range 20 { // the incidents are read in any order
		b, c := startBoard(t, rows...)
		b.fail = func(r *http.Request) int {
			if strings.Contains(r.RequestURI, "offset=") || strings.HasSuffix(r.RequestURI, "/b") {
				return http.StatusBadGateway
			}
			return 0
		}
		c.cfg.Workers = 1
		answers, errs := FindAll(t, c, []Question{covered, failing})
		require.NoError(t, errs[0])
		assert.Equal(t, []string{"a"}, ids(answers[0].Found))
		requireResult(t, errs[1], protocol.Incomplete)
	}
}

// An answer comes as soon as it is known: the reading of other known incidents can take minutes.
func TestAnAnswerWaitsForNoOtherReading(t *testing.T) {
	_, c := startBoard(t, others(150, time.Minute)...)
	var order []int
	c.Find(t.Context(), []Question{
		{Alias: "slow", ID: "other-149", Depth: protocol.Newest},
		{Alias: "other 1", Depth: protocol.Newest},
	}, func(i int, _ protocol.Answer, err error) {
		require.NoError(t, err)
		order = append(order, i)
	})
	assert.Equal(t, []int{1, 0}, order)
}
