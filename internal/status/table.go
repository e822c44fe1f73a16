// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package status

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/alert24/otelcol-alert24/internal/incident"
)

// Table holds a row for each live alias.
type Table struct {
	Rows   []Row
	Counts Counts
	Affected
}

// Affected are live aliases that troubles are about, each list with the worst first.
type Affected struct {
	Unopened []string // firing, and Alert24 refused the create
	Blocked  []string // another tool's open incident has the alias
	Failing  []string // the last call failed; with the reason
}

// NewTable counts the rows. pendingSince is the time of the alias that has waited longest.
func NewTable(rows []Row, closed int, pendingSince time.Time) *Table {
	n := map[Group]int{}
	var unopened, blocked, failing []*Row
	for i := range rows {
		r := &rows[i]
		switch {
		case r.State.Kind == Parked && r.Firing > 0 && !slices.Contains(r.Is, IsOpen):
			unopened = append(unopened, r)
		case r.State.Kind == Blocked:
			blocked = append(blocked, r)
		case r.State.Kind == Retrying:
			failing = append(failing, r)
		}
		for _, g := range r.Is {
			n[g]++
		}
	}
	t := &Table{Rows: rows, Counts: Counts{
		Live: len(rows), Closed: closed, Firing: n[IsFiring], Open: n[IsOpen], Pending: n[IsPending], Held: n[IsHeld], Parked: n[IsParked],
		Doubtful: n[IsDoubtful], Blocked: n[IsBlocked], Dismissed: n[IsDismissed], Failing: len(failing), PendingSince: pendingSince,
	}}
	t.Unopened = aliases(unopened, func(r *Row) string { return r.Alias })
	t.Blocked = aliases(blocked, func(r *Row) string { return r.Alias })
	t.Failing = aliases(failing, (*Row).failure)
	return t
}

// aliases describes the rows, the worst first.
func aliases(rows []*Row, show func(*Row) string) (all []string) {
	slices.SortStableFunc(rows, worse)
	for _, r := range rows {
		all = append(all, show(r))
	}
	return all
}

// failure names the alias, and says why its last call failed.
func (r *Row) failure() string {
	if r.State.Reason == "" {
		return r.Alias
	}
	return r.Alias + " (" + r.State.Reason + ")"
}

// Sort is a column of the table.
type Sort string

// Columns.
const (
	BySeverity Sort = "severity"
	ByTitle    Sort = "title"
	ByState    Sort = "state"
	BySince    Sort = "since"
	ByAlias    Sort = "alias"
)

// Query asks for a part of the table.
type Query struct {
	// Filter has words, each of which must occur in the alias, the title, the severity or the state.
	Filter string
	// Is is a group; "" selects all.
	Is   Group
	Sort Sort
	Desc bool
	// After selects the aliases after this one, in the order of aliases. Sorted by alias, pages of it have each alias once, even if the
	// table changes meanwhile; pages by Offset do not.
	After  string
	Offset int
	Limit  int
}

// MaxLimit bounds the rows of one answer.
const MaxLimit = 1000

// Check returns an error for a query that cannot be answered.
func (q *Query) Check() error {
	q.Sort = cmp.Or(q.Sort, BySeverity)
	switch {
	case !slices.Contains([]Sort{BySeverity, ByTitle, ByState, BySince, ByAlias}, q.Sort):
		return fmt.Errorf("sort must be severity, title, state, since or alias, not %q", string(q.Sort))
	case q.Is != "" && !slices.Contains(Groups, q.Is):
		return fmt.Errorf("is must be firing, open, pending, held, parked, doubtful, blocked or dismissed, not %q", string(q.Is))
	case q.Limit < 1 || q.Limit > MaxLimit:
		return fmt.Errorf("limit must be from 1 to %d", MaxLimit)
	case q.Offset < 0:
		return errors.New("offset must not be below 0")
	}
	return nil
}

// Select returns the requested rows, and the total number of matching rows.
func (t *Table) Select(q Query) (rows []Row, total int) {
	words := strings.Fields(strings.ToLower(q.Filter))
	found := make([]*Row, 0, len(t.Rows))
	for i := range t.Rows {
		if r := &t.Rows[i]; (q.Is == "" || slices.Contains(r.Is, q.Is)) && (q.After == "" || r.Alias > q.After) && r.has(words) {
			found = append(found, r)
		}
	}
	slices.SortFunc(found, q.Order)
	total = len(found)
	rows = []Row{}
	found = found[min(q.Offset, total):]
	for _, r := range found[:min(q.Limit, len(found))] {
		rows = append(rows, *r)
	}
	return rows, total
}

func (r *Row) has(words []string) bool {
	if len(words) == 0 {
		return true
	}
	says := strings.ToLower(r.Alias + "\n" + r.Title + "\n" + r.Severity + "\n" + r.State.Text)
	for _, w := range words {
		if !strings.Contains(says, w) {
			return false
		}
	}
	return true
}

// trouble is the order of states: first the ones that need a person.
var trouble = []Kind{Parked, Blocked, Retrying, Doubtful, Opening, Held, Dismissed, LeftOpen, Updating, Closing, Open, Closed, NeverOpened}

// Order compares rows by the column, and then by alias.
func (q *Query) Order(a, b *Row) int {
	order := q.compare(a, b)
	if q.Desc {
		order = -order
	}
	return cmp.Or(order, strings.Compare(a.Alias, b.Alias))
}

// severities is the order of severities; without one comes first.
var severities = []string{incident.Low.String(), incident.Medium.String(), incident.High.String(), incident.Critical.String()}

// worse sorts the worst severity first.
func worse(a, b *Row) int {
	return cmp.Compare(slices.Index(severities, b.Severity), slices.Index(severities, a.Severity))
}

func (q *Query) compare(a, b *Row) int {
	switch q.Sort {
	case ByTitle:
		return strings.Compare(a.Title, b.Title)
	case ByState:
		return cmp.Or(cmp.Compare(slices.Index(trouble, a.State.Kind), slices.Index(trouble, b.State.Kind)), worse(a, b))
	case BySince:
		return b.Since.Compare(a.Since)
	case ByAlias:
		return strings.Compare(a.Alias, b.Alias)
	default:
		return cmp.Or(worse(a, b), b.Since.Compare(a.Since))
	}
}
