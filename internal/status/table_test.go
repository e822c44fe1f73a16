// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package status

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/alert24/otelcol-alert24/internal/incident"
)

func sample() *Table {
	return NewTable([]Row{
		{Alias: "a", Title: "Disk full", Severity: "low", State: State{Kind: Open, Text: "open as #1"}, Is: []Group{IsFiring, IsOpen}, Since: start},
		{Alias: "b", Title: "Certificate", Severity: "critical", State: State{Kind: Retrying, Text: "create failed"}, Is: []Group{IsFiring, IsPending}, Since: start.Add(time.Hour)},
		{Alias: "c", Title: "Backup", Severity: "critical", State: State{Kind: Held, Text: "waits"}, Is: []Group{IsHeld}, Since: start.Add(2 * time.Hour)},
	}, 4, start)
}

func TestTableCounts(t *testing.T) {
	assert.Equal(t, Counts{Live: 3, Closed: 4, Firing: 2, Open: 1, Pending: 1, Held: 1, Failing: 1, PendingSince: start}, sample().Counts)
}

func TestTableNamesWhatTroublesAreAbout(t *testing.T) {
	parked := func(alias string, worst incident.Severity, firing int, is ...Group) Row {
		return Row{Alias: alias, Severity: worst.String(), Firing: firing, State: State{Kind: Parked}, Is: is}
	}
	rows := []Row{parked("low", incident.Low, 1), parked("open", incident.Critical, 1, IsOpen), parked("resolved", incident.Critical, 0), parked("critical", incident.Critical, 2)}
	rows = append(rows, Row{Alias: "blocked", State: State{Kind: Blocked}}, Row{Alias: "unknown", State: State{Kind: Retrying}},
		Row{Alias: "failing", Severity: "high", State: State{Kind: Retrying, Reason: "HTTP 422"}})
	assert.Equal(t, Affected{Unopened: []string{"critical", "low"}, Blocked: []string{"blocked"}, Failing: []string{"failing (HTTP 422)", "unknown"}}, NewTable(rows, 0, start).Affected)
	assert.Equal(t, "low", rows[0].Alias, "the rows keep their order")
}

func TestTableSelects(t *testing.T) {
	for name, c := range map[string]struct {
		query Query
		want  string
		total int
	}{
		"worst and newest first":  {Query{Limit: 10}, "cba", 3},
		"worst last":              {Query{Limit: 10, Desc: true}, "abc", 3},
		"by state, trouble first": {Query{Limit: 10, Sort: ByState}, "bca", 3},
		"newest first":            {Query{Limit: 10, Sort: BySince}, "cba", 3},
		"by title":                {Query{Limit: 10, Sort: ByTitle}, "cba", 3},
		"by alias":                {Query{Limit: 10, Sort: ByAlias, Desc: true}, "cba", 3},
		"a part":                  {Query{Limit: 1, Offset: 1}, "b", 3},
		"after an alias":          {Query{Limit: 10, After: "a", Sort: ByAlias}, "bc", 2},
		"after the last":          {Query{Limit: 10, After: "c"}, "", 0},
		"behind the end":          {Query{Limit: 1, Offset: 9}, "", 3},
		"words in any field":      {Query{Limit: 10, Filter: "CRITICAL failed"}, "b", 1},
		"words that no row has":   {Query{Limit: 10, Filter: "nothing"}, "", 0},
		"a group":                 {Query{Limit: 10, Is: IsFiring}, "ba", 2},
	} {
		t.Run(name, func(t *testing.T) {
			require.NoError(t, c.query.Check())
			rows, total := sample().Select(c.query)
			var found strings.Builder
			for i := range rows {
				found.WriteString(rows[i].Alias)
			}
			assert.Equal(t, c.want, found.String())
			assert.Equal(t, c.total, total)
		})
	}
}

func TestQueryIsChecked(t *testing.T) {
	for want, q := range map[string]Query{
		"limit must be": {Limit: MaxLimit + 1},
		"offset must":   {Limit: 1, Offset: -1},
		"sort must be":  {Limit: 1, Sort: "x"},
		"is must be":    {Limit: 1, Is: "x"},
	} {
		assert.ErrorContains(t, q.Check(), want)
	}
}

// An offset near the largest number does not wrap around.
func TestSelectBeyondTheEnd(t *testing.T) {
	rows, total := NewTable([]Row{{Alias: "a"}}, 0, time.Time{}).Select(Query{Offset: math.MaxInt, Limit: 1})
	assert.Empty(t, rows)
	assert.Equal(t, 1, total)
}

func TestSubjectHasAllItsLabels(t *testing.T) {
	s := Subject{Labels: map[string]string{"a": "1", "b": "2"}}
	of := func(m map[string]string) func(string) (string, bool) {
		return func(name string) (string, bool) { v, there := m[name]; return v, there }
	}
	assert.True(t, s.Has(of(map[string]string{"a": "1", "b": "2", "c": "3"})))
	assert.False(t, s.Has(of(map[string]string{"a": "1"})))
}
