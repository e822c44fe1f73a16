// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alert24

import (
	"testing"
	"unicode/utf8"
)

func FuzzDecode(f *testing.F) {
	for _, seed := range []string{
		`{"data":{"id":"i","incident_number":1,"tags":["a"],"started_at":"2026-03-19T14:30:00.000Z"}}`,
		`{"data":[{"id":"i"}],"meta":{"total":1,"limit":25,"offset":0,"has_more":false}}`,
		`{"error":{"type":"not_found","message":"Incident not found","status":404}}`,
		"<html>", "", `{"data":{"id":1e999}}`, `{"data":{"id":"\ud800"}}`, "{\"data\":{\"id\":\"\xff\"}}",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		inc, err := decodeIncident(body)
		if err == nil && checkID(inc.ID) == nil && (inc.ID == "" || len(inc.ID) > maxIDBytes) {
			t.Fatalf("id %q", inc.ID)
		}
		if !utf8.ValidString(inc.Title + inc.ID) {
			t.Fatalf("%q", inc.Title)
		}
		page, err := decodePage(body, 0)
		if err == nil && !page.HasMore && page.Total > len(page.Incidents) {
			t.Fatalf("%d of %d and no more", len(page.Incidents), page.Total)
		}
		kind, message := decodeError(body)
		e := &Error{Op: "get incident", Status: 400, Type: oneLine(kind), Message: oneLine(message)}
		requireFit(t, e.Error())
	})
}
