// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alert24

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

// rowAt has its times in minutes ago; a negative number is an unreadable time.
func rowAt(created, updated float64) row {
	at := func(minutes float64) str {
		if minutes < 0 {
			return "yesterday"
		}
		return str(boardNow.Add(-time.Duration(minutes * float64(time.Minute))).Format(time.RFC3339Nano))
	}
	return row{CreatedAt: at(created), UpdatedAt: at(updated)}
}

func TestReach(t *testing.T) {
	bound := boardNow.Add(-30 * time.Minute)
	for name, tt := range map[string]struct {
		pages [][]row
		want  bool
	}{
		"nothing":                      {nil, false},
		"all are newer":                {[][]row{{rowAt(1, 1), rowAt(2, 2)}}, false},
		"all are older":                {[][]row{{rowAt(31, 31), rowAt(32, 32)}}, true},
		"one is newer":                 {[][]row{{rowAt(29, 29), rowAt(32, 32)}}, false},
		"the second page is older":     {[][]row{{rowAt(1, 1), rowAt(40, 40)}, {rowAt(41, 41), rowAt(42, 42)}}, true},
		"no times of updates":          {[][]row{{rowAt(31, -1), rowAt(32, -1)}}, true},
		"a time that nobody can read":  {[][]row{{rowAt(-1, 40), rowAt(41, 41)}}, false},
		"and then a page that is well": {[][]row{{rowAt(-1, 40), rowAt(41, 41)}, {rowAt(42, 42), rowAt(43, 43)}}, true},
		"by creation, with updates":    {[][]row{{rowAt(10, 10), rowAt(20, 1)}, {rowAt(31, 31), rowAt(32, 2)}}, true},
		"by update":                    {[][]row{{rowAt(100, 1), rowAt(50, 10)}, {rowAt(40, 35), rowAt(200, 36)}}, true},
		"by update, newer ones follow": {[][]row{{rowAt(100, 1), rowAt(50, 2)}, {rowAt(200, 3), rowAt(90, 4)}}, false},
		"either, old and touched":      {[][]row{{rowAt(100, 1), rowAt(200, 2)}}, false},
		"the oldest first":             {[][]row{{rowAt(300, 300), rowAt(200, 200)}}, false},
		"the oldest first, together":   {[][]row{{rowAt(300, 300), rowAt(299.9, 299.9)}}, false},
		"all of one time":              {[][]row{{rowAt(300, 300), rowAt(300, 300)}}, false},
		"the oldest first, in pages":   {[][]row{{rowAt(301, 301), rowAt(300, 300)}, {rowAt(299, 299)}}, false},
		"any order":                    {[][]row{{rowAt(300, 300), rowAt(100, 100), rowAt(310, 310)}}, false},
		"within the margin":            {[][]row{{rowAt(300, 300), rowAt(299.9, 299.9), rowAt(310, 310)}}, true},
		"the order breaks later":       {[][]row{{rowAt(100, 100), rowAt(110, 110)}, {rowAt(90, 90), rowAt(120, 120)}}, false},
	} {
		var r reach
		for _, rows := range tt.pages {
			r.add(&page{rows: rows, more: true})
		}
		assert.Equal(t, tt.want, r.covers(bound), name)
		r.add(&page{})
		assert.True(t, r.covers(bound), "the list ended")
	}
}
