// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alert24

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// board is an API that only holds and reads incidents. Its list has the order of rows.
type board struct {
	now  time.Time // of its clock
	rows []map[string]any
	// past has what the list shows instead, if it lags.
	past []map[string]any
	// fail may answer a request instead: any status other than 0 is the answer.
	fail func(r *http.Request) int

	mu   sync.Mutex
	seen []string
}

// boardNow is the time of the tests' clocks.
var boardNow = time.Date(2026, 3, 19, 14, 30, 0, 0, time.UTC)

// startBoard returns a client of a board with the rows, the newest first.
func startBoard(t *testing.T, rows ...map[string]any) (*board, *Client) {
	t.Helper()
	b := &board{now: boardNow, rows: rows}
	return b, serve(t, b.ServeHTTP, func(c *Config) { c.Now = func() time.Time { return boardNow } })
}

// incidentRow is an open incident of this age that we made for the alias.
func incidentRow(id, alias string, age time.Duration) map[string]any {
	return map[string]any{
		"id": id, "alias": alias, "status": "open", "title": "T " + alias, "source": "prometheus",
		"created_at": boardNow.Add(-age).Format(time.RFC3339),
	}
}

// with returns the row with changed fields; nil removes a field.
func with(row, fields map[string]any) map[string]any {
	for name, value := range fields {
		if row[name] = value; value == nil {
			delete(row, name)
		}
	}
	return row
}

// others returns n rows, each a second older than the one before; the first has the given age.
func others(n int, age time.Duration) []map[string]any {
	rows := make([]map[string]any, n)
	for i := range rows {
		rows[i] = incidentRow("other-"+strconv.Itoa(i), "other "+strconv.Itoa(i), age+time.Duration(i)*time.Second)
	}
	return rows
}

func (b *board) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path := strings.TrimPrefix(r.RequestURI, "/api/v1/")
	b.mu.Lock()
	b.seen = append(b.seen, path)
	b.mu.Unlock()
	w.Header().Set("Date", b.now.Format(http.TimeFormat))
	if b.fail != nil {
		if status := b.fail(r); status != 0 {
			answerWith(status, "")(w, r)
			return
		}
	}
	if id, one := strings.CutPrefix(r.URL.Path, "/api/v1/incidents/"); one {
		i := slices.IndexFunc(b.rows, func(row map[string]any) bool { return row["id"] == id })
		if i < 0 {
			answerWith(http.StatusNotFound, `{"error":{"type":"not_found","message":"Incident not found"}}`)(w, r)
			return
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"data": b.rows[i]})
		return
	}
	rows := slices.Clone(b.rows)
	if b.past != nil {
		rows = slices.Clone(b.past)
	}
	if status := r.URL.Query().Get("status"); status != "" {
		rows = slices.DeleteFunc(rows, func(row map[string]any) bool { return row["status"] != nil && row["status"] != status })
	}
	offset, _ := strconv.Atoi(r.URL.Query().Get("offset"))
	limit, _ := strconv.Atoi(r.URL.Query().Get("limit"))
	shown := rows[min(offset, len(rows)):min(offset+limit, len(rows))]
	_ = json.NewEncoder(w).Encode(map[string]any{
		"data": append([]map[string]any{}, shown...),
		"meta": map[string]any{"total": len(rows), "offset": offset, "has_more": offset+limit < len(rows)},
	})
}

// lists counts the list pages that were read with a status; "" counts all.
func (b *board) lists(status string) (n int) {
	for _, path := range b.seen {
		if strings.HasPrefix(path, "incidents?") && strings.Contains(path, "status=") == (status != "") && strings.HasSuffix(path, status) {
			n++
		}
	}
	return n
}
