// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package load

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
)

// row is one comparison.
type row struct {
	what       string
	ours, peer string // "" is none
	ratio      float64
	budget     string // "" is none
	met        bool
}

// atMost and atLeast return the row with a budget for its ratio.
func (r row) atMost(limit float64) row {
	r.budget, r.met = "≤ "+number(limit), r.ratio <= limit
	return r
}

func (r row) atLeast(limit float64) row {
	r.budget, r.met = "≥ "+number(limit), r.ratio >= limit
	return r
}

func (r row) verdict() string {
	switch {
	case r.budget == "":
		return ""
	case r.peer == "—":
		return "no peer"
	case r.met:
		return "met"
	default:
		return "not met"
	}
}

// table prints each row at once, and in the end the whole table as Markdown.
type table struct {
	out  io.Writer
	rows []row
}

var columns = []string{"what", "ours", "peer", "ours / peer", "budget", ""}

func newTable(out io.Writer) *table {
	t := &table{out: out}
	t.print(columns)
	t.print([]string{strings.Repeat("-", 20), "----", "----", "----", "----", "----"})
	return t
}

func (t *table) add(r row) {
	t.rows = append(t.rows, r)
	t.print(r.cells())
}

func (t *table) print(cells []string) {
	fmt.Fprintf(t.out, "%12s  %12s  %11s  %-8s  %-8s %s\n", cells[1], cells[2], cells[3], cells[4], cells[5], cells[0])
}

func (r row) cells() []string {
	ratio := ""
	if r.peer != "" && r.peer != "—" {
		ratio = number(r.ratio)
	}
	return []string{r.what, r.ours, r.peer, ratio, r.budget, r.verdict()}
}

// markdown writes the table for a document.
func (t *table) markdown(b *strings.Builder) {
	fmt.Fprintf(b, "| %s |\n", strings.Join(columns, " | "))
	b.WriteString("| --- | ---: | ---: | ---: | --- | --- |\n")
	for _, r := range t.rows {
		fmt.Fprintf(b, "| %s |\n", strings.Join(r.cells(), " | "))
	}
}

// over returns a/b; 0 if there is nothing to compare with.
func over(a, b float64) float64 {
	if b == 0 {
		return 0
	}
	return a / b
}

func number(f float64) string { return strconv.FormatFloat(f, 'g', 3, 64) }

func count(f float64) string { return strconv.FormatFloat(f, 'f', 0, 64) }

func countOrNone(f float64) string {
	if f == 0 {
		return "—"
	}
	return count(f)
}

func durationOrNone(d time.Duration) string {
	if d == 0 {
		return "—"
	}
	return duration(d)
}

// duration formats with three digits.
func duration(d time.Duration) string {
	for _, unit := range []struct {
		size time.Duration
		name string
	}{{time.Second, "s"}, {time.Millisecond, "ms"}, {time.Microsecond, "µs"}} {
		if d >= unit.size {
			return number(float64(d)/float64(unit.size)) + " " + unit.name
		}
	}
	return strconv.FormatInt(d.Nanoseconds(), 10) + " ns"
}
