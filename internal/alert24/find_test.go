// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alert24

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/alert24/otelcol-alert24/internal/incident"
	"github.com/alert24/otelcol-alert24/internal/protocol"
)

func ids(found []protocol.Shown) []string {
	var all []string
	for _, f := range found {
		all = append(all, f.ID)
	}
	return all
}

// find asks one question about the alias "A".
func find(t *testing.T, c *Client, q Question) (protocol.Answer, error) {
	t.Helper()
	q.Alias = "A"
	answers, errs := FindAll(t, c, []Question{q})
	if errs[0] != nil {
		assert.Subset(t, []string{q.ID}, ids(answers[0].Found), "what is incomplete names the known incident only")
	}
	return answers[0], errs[0]
}

// FindAll returns all answers, in the order of the questions.
func FindAll(t *testing.T, c *Client, questions []Question) (answers []protocol.Answer, errs []error) {
	t.Helper()
	answers, errs = make([]protocol.Answer, len(questions)), make([]error, len(questions))
	var mu sync.Mutex
	c.Find(t.Context(), questions, func(i int, a protocol.Answer, err error) {
		mu.Lock()
		defer mu.Unlock()
		assert.Zero(t, answers[i].Began, "an answer comes once")
		answers[i], errs[i] = a, err
	})
	for i, a := range answers {
		assert.NotZero(t, a.Began)
		assert.Equal(t, a.Result == protocol.Done, errs[i] == nil, "%v", errs[i])
	}
	return answers, errs
}

func ago(d time.Duration) time.Time { return boardNow.Add(-d) }

func TestHowFarALookupReads(t *testing.T) { //nolint:funlen // one table of cases
	old := others(150, 2*time.Hour)
	for name, tt := range map[string]struct {
		rows  []map[string]any
		q     Question
		found []string
		pages int // of the unfiltered list
		open  int // of the open ones, one for each status at least
		reads int
	}{
		"known, nothing": {nil, Question{Depth: protocol.Known}, nil, 0, 0, 0},
		"known":          {[]map[string]any{incidentRow("a", "A", time.Hour)}, Question{ID: "a"}, []string{"a"}, 0, 0, 1},
		"known, is gone": {nil, Question{ID: "a"}, nil, 0, 0, 1},
		"newest": {
			slices.Concat([]map[string]any{incidentRow("a", "A", time.Second)}, old), Question{Depth: protocol.Newest}, []string{"a"}, 1, 0, 0,
		},
		"newest shows the known one": {
			[]map[string]any{incidentRow("a", "A", time.Second)}, Question{Depth: protocol.Newest, ID: "a"}, []string{"a"}, 1, 0, 0,
		},
		"newest does not show it": {
			slices.Concat(old, []map[string]any{incidentRow("a", "A", 3*time.Hour)}),
			Question{Depth: protocol.Newest, ID: "a"},
			[]string{"a"},
			1, 0, 1,
		},
		"since, on the second page": {
			slices.Concat(others(120, time.Minute), []map[string]any{incidentRow("a", "A", time.Minute)}, old),
			Question{Depth: protocol.Since, Since: ago(10 * time.Minute)},
			[]string{"a"},
			3, 0, 0,
		},
		"since, all are older": {
			slices.Concat(old, old), Question{Depth: protocol.Since, Since: ago(10 * time.Minute)}, nil, 1, 0, 0,
		},
		"since, with a margin for the clocks": {
			slices.Concat(others(100, 13*time.Minute), []map[string]any{incidentRow("a", "A", 14*time.Minute)}, old),
			Question{Depth: protocol.Since, Since: ago(10 * time.Minute)},
			[]string{"a"},
			3, 0, 0,
		},
		"since, unknown when": {
			[]map[string]any{incidentRow("a", "A", 9*time.Hour)}, Question{Depth: protocol.Since}, []string{"a"}, 0, 6, 0,
		},
		"all": {
			[]map[string]any{with(incidentRow("b", "A", time.Minute), map[string]any{"status": "resolved"}), incidentRow("a", "A", 9*time.Hour)},
			Question{Depth: protocol.All, Since: ago(10 * time.Minute)},
			[]string{"a", "b"},
			1, 6, 0,
		},
		"all, more than a page is open": {
			slices.Concat(others(150, time.Minute), []map[string]any{incidentRow("a", "A", 9*time.Hour)}),
			Question{Depth: protocol.All},
			[]string{"a"},
			0, 7, 0,
		},
		"odd order": {
			slices.Concat([]map[string]any{incidentRow("x", "X", 9*time.Hour)}, others(100, time.Minute), []map[string]any{incidentRow("a", "A", time.Minute)}, old),
			Question{Depth: protocol.Since, Since: ago(10 * time.Minute)},
			[]string{"a"},
			3, 0, 0,
		},
		"a time that nobody can read": {
			slices.Concat(
				[]map[string]any{with(incidentRow("x", "X", 0), map[string]any{"created_at": "yesterday"})}, others(99, 2*time.Hour),
				[]map[string]any{with(incidentRow("a", "A", 0), map[string]any{"created_at": nil})}, others(99, 3*time.Hour), others(150, 4*time.Hour),
			),
			Question{Depth: protocol.Since, Since: ago(10 * time.Minute)},
			[]string{"a"},
			3, 0, 0,
		},
	} {
		t.Run(name, func(t *testing.T) {
			b, c := startBoard(t, tt.rows...)
			a, err := find(t, c, tt.q)
			require.NoError(t, err)
			assert.ElementsMatch(t, tt.found, ids(a.Found))
			assert.Equal(t, boardNow, a.Began)
			assert.Equal(t, tt.pages, b.lists(""))
			assert.Len(t, b.seen, tt.pages+tt.open+tt.reads, "%v", b.seen)
		})
	}
}

func TestTheServersClockCounts(t *testing.T) {
	rows := slices.Concat(others(100, 10*time.Minute), []map[string]any{incidentRow("a", "A", 11*time.Minute)}, others(150, 3*time.Hour))
	b, c := startBoard(t, rows...)
	b.now = boardNow.Add(-time.Hour) // an incident created now by our clock is an hour old
	for _, row := range b.rows {
		at, err := time.Parse(time.RFC3339, row["created_at"].(string))
		require.NoError(t, err)
		row["created_at"] = at.Add(-time.Hour).Format(time.RFC3339)
	}
	a, err := find(t, c, Question{Depth: protocol.Since, Since: ago(12 * time.Minute)})
	require.NoError(t, err)
	assert.Equal(t, []string{"a"}, ids(a.Found))
}

func TestAnUnidentifiedRow(t *testing.T) {
	bare := func(fields map[string]any) map[string]any {
		return with(with(incidentRow("x", "A", time.Minute), map[string]any{"alias": nil}), fields)
	}
	titles := []uint64{incident.HashText("T A")}
	since := Question{Depth: protocol.Since, Since: ago(10 * time.Minute), Titles: titles}
	for name, tt := range map[string]struct {
		row        map[string]any
		q          Question
		incomplete bool
	}{
		"our title":                {bare(nil), since, true},
		"our title, no source":     {bare(map[string]any{"source": nil}), since, true},
		"another source":           {bare(map[string]any{"source": "nagios"}), since, false},
		"another title":            {bare(map[string]any{"title": "Disk"}), since, false},
		"another title, any is it": {bare(map[string]any{"title": "Disk"}), Question{Depth: protocol.All, AnyTitle: true}, true},
		"no title, any is it":      {bare(map[string]any{"title": nil}), Question{Depth: protocol.All, AnyTitle: true}, true},
		"it is closed":             {bare(map[string]any{"status": "resolved"}), since, false},
		"it is older":              {bare(map[string]any{"created_at": ago(time.Hour).Format(time.RFC3339)}), since, false},
		"nobody knows how old":     {bare(map[string]any{"created_at": nil}), since, true},
		"its alias is another's":   {bare(map[string]any{"alias": "B"}), since, false},
		"its tag is another's":     {bare(map[string]any{"tags": []string{incident.AliasTag("B")}}), since, false},
		"its line is another's":    {bare(map[string]any{"description": "x\n\nAlias: B"}), since, false},
		"its tag is ours":          {bare(map[string]any{"tags": `["` + incident.AliasTag("A") + `"]`}), since, false},
		"its line is ours":         {bare(map[string]any{"description": "x\n\nAlias: A"}), since, false},
		"it is the known one":      {bare(nil), Question{Depth: protocol.Since, Since: ago(time.Minute), Titles: titles, ID: "x"}, false},
		"only the known one":       {bare(nil), Question{ID: "y", Titles: titles, AnyTitle: true}, false},
		"newest":                   {bare(nil), Question{Depth: protocol.Newest, Titles: titles}, true},
		"ours without a status":    {bare(map[string]any{"alias": "A", "status": nil}), since, true},
	} {
		t.Run(name, func(t *testing.T) {
			_, c := startBoard(t, tt.row)
			a, err := find(t, c, tt.q)
			if !tt.incomplete {
				require.NoError(t, err)
				return
			}
			e := requireError(t, err, protocol.Incomplete)
			assert.True(t, e.FromAPI)
			assert.Equal(t, protocol.Incomplete, a.Result)
		})
	}
}

func TestOneReadingServesAllAndFailsOnlyWhatNeedsIt(t *testing.T) {
	rows := slices.Concat(
		[]map[string]any{incidentRow("new", "new", time.Second)}, others(99, time.Minute),
		[]map[string]any{incidentRow("mid", "mid", 20*time.Minute)}, others(99, 20*time.Minute), others(150, 5*time.Hour),
	)
	questions := []Question{
		{Alias: "known", ID: "unlisted", Depth: protocol.Known},
		{Alias: "new", Depth: protocol.Newest},
		{Alias: "mid", Depth: protocol.Since, Since: ago(10 * time.Minute)},
		{Alias: "deep", Depth: protocol.Since, Since: ago(24 * time.Hour)},
		{Alias: "all", Depth: protocol.All},
	}
	results := func(fail func(r *http.Request) int) (string, *board) {
		b, c := startBoard(t, rows...)
		b.fail = fail
		answers, errs := FindAll(t, c, questions)
		var all []string
		for _, a := range answers {
			all = append(all, a.Result.String())
		}
		for i, err := range errs {
			if err != nil {
				assert.Equal(t, questions[i].Alias == "known", strings.Contains(err.Error(), "read incident"), "each has its own reason")
			}
		}
		return strings.Join(all, " "), b
	}
	got, b := results(nil)
	assert.Equal(t, "done done done done done", got)
	assert.Equal(t, 4, b.lists(""))

	for name, tt := range map[string]struct {
		status int
		query  string
		want   string
	}{
		"the first page fails":    {500, "/incidents?limit=100", "done incomplete incomplete incomplete done"},
		"the second page fails":   {500, "/incidents?limit=100&offset=100", "done done incomplete incomplete done"},
		"the fourth page fails":   {500, "/incidents?limit=100&offset=300", "done done done incomplete done"},
		"a list of a status does": {500, "/incidents?limit=100&status=monitoring", "done done done done incomplete"},
		"the key may not list":    {403, "/incidents?limit=100", "done denied denied denied done"},
		"too many requests":       {429, "/incidents?limit=100", "done not_sent not_sent not_sent done"},
		"the known one fails":     {502, "/incidents/unlisted", "incomplete done done done done"},
	} {
		t.Run(name, func(t *testing.T) {
			got, _ := results(func(r *http.Request) int {
				if strings.TrimPrefix(r.RequestURI, "/api/v1") == tt.query {
					return tt.status
				}
				return 0
			})
			assert.Equal(t, tt.want, got)
		})
	}
}

func TestFoundIsBounded(t *testing.T) {
	var rows []map[string]any
	for i := range 3 * maxFound {
		rows = append(rows, with(incidentRow("c"+strconv.Itoa(i), "A", time.Minute), map[string]any{"status": "resolved"}))
	}
	for i := range 3 * maxFound {
		rows = append(rows, incidentRow("o"+strconv.Itoa(i), "A", time.Minute))
	}
	_, c := startBoard(t, rows...)
	a, err := find(t, c, Question{Depth: protocol.Since, Since: ago(time.Hour)})
	require.NoError(t, err)
	assert.Len(t, a.Found, 2*maxFound)
}
