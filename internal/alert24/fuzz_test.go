// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alert24

import (
	"slices"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/alert24/otelcol-alert24/internal/protocol"
)

func FuzzDecode(f *testing.F) {
	for _, seed := range []string{
		`{"data":{"id":"i","incident_number":1,"tags":["a"],"started_at":"2026-03-19T14:30:00.000Z","labels":{"a":"b"}}}`,
		`{"data":{"incident":{"id":"i","tags":"[\"a\"]","labels":"{\"a\":1}","created_at":"2026-03-19 14:30:00"}},"deduplicated":true}`,
		`{"incident":{"id":"i","affected_services":"a, b"},"meta":{"deduplicated":1}}`,
		`{"data":[{"id":"i"}],"meta":{"total":1,"limit":25,"offset":0,"has_more":false}}`,
		`{"incidents":[{"id":"i"}],"meta":{"total":2,"has_more":true}}`,
		`{"error":{"type":"not_found","message":"Incident not found","status":404}}`,
		"<html>", "", `{"data":{"id":1e999}}`, `{"data":{"id":"\ud800"}}`, "{\"data\":{\"id\":\"\xff\"}}",
		`{"data":{"labels":{"a":1,"a":2},"labels":"{\"a\":{}}"}}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		inc, _, err := decodeIncident(body)
		shown := inc.shown()
		switch {
		case err != nil && shown != (&row{}).shown():
			t.Fatalf("an error and %+v", shown)
		case checkID(shown.ID) == nil && (shown.ID == "" || len(shown.ID) > maxIDBytes):
			t.Fatalf("id %q", shown.ID)
		case !utf8.ValidString(string(inc.Title) + shown.ID):
			t.Fatalf("%q", inc.Title)
		case !writable(shown.CreatedAt) || !writable(shown.StartedAt):
			t.Fatalf("%v %v", shown.CreatedAt, shown.StartedAt)
		}
		for i := range inc.Labels {
			if i > 0 && inc.Labels[i-1].Name >= inc.Labels[i].Name {
				t.Fatalf("%v", inc.Labels)
			}
		}
		p, err := decodePage(body, 0)
		if err == nil && (p.more && len(p.rows) == 0 || slices.ContainsFunc(p.rows, func(r row) bool { return checkID(string(r.ID)) != nil })) {
			t.Fatalf("%+v", p)
		}
		if again := seen("i", &answer{body: body}); again.ID != "i" || again.Seen && inc.Status == "" {
			t.Fatalf("%+v", again)
		}
		kind, message := decodeError(body)
		e := &Error{Op: "get incident", Status: 400, Type: oneLine(kind), Message: oneLine(message)}
		requireFit(t, e.Error())
	})
}

// writable reports whether JSON can write the time.
func writable(at time.Time) bool {
	_, err := at.MarshalJSON()
	return err == nil
}

func FuzzRefusedField(f *testing.F) {
	f.Add("unknown field labels, allowed: title, source")
	f.Add("affected_services: no service svc-1")
	f.Add("source_id")
	f.Fuzz(func(t *testing.T, message string) {
		d := draft("A")
		w := createBody(&d, "new")
		err := &Error{Result: protocol.Refused, Status: 400, Message: message}
		for range numOptional {
			named, ok := w.refusedField(err)
			if !ok {
				return
			}
			w.clear(named)
			if w.value(named) != 0 {
				t.Fatalf("%s is still there", optionalFields[named])
			}
		}
		if _, ok := w.refusedField(err); ok {
			t.Fatal("there is nothing left to leave out")
		}
	})
}
