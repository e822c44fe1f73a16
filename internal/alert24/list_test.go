// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alert24

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestList(t *testing.T) {
	var uris []string
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		uris = append(uris, r.RequestURI)
		w.Header().Set("Date", "Thu, 19 Mar 2026 14:30:00 GMT")
		body := `{"data":[{"id":"b","status":"open","alias":"A"},{"id":"a"}],"meta":{"total":9,"limit":2,"offset":4,"has_more":true}}`
		if r.URL.RawQuery == "" {
			body = `{"data":[],"meta":{"total":0,"limit":25,"offset":0,"has_more":false}}`
		}
		answerWith(http.StatusOK, body)(w, r)
	})
	page, err := c.List(t.Context(), ListOptions{Status: "open", Limit: 2, Offset: 4})
	require.NoError(t, err)
	assert.Equal(t, Page{
		Incidents: []Incident{{ID: "b", Status: "open", Alias: "A"}, {ID: "a"}},
		HasMore:   true, Total: 9, ServerTime: time.Date(2026, 3, 19, 14, 30, 0, 0, time.UTC),
	}, page)

	page, err = c.List(t.Context(), ListOptions{})
	require.NoError(t, err)
	assert.Empty(t, page.Incidents)
	assert.False(t, page.HasMore)
	assert.Equal(t, []string{"/api/v1/incidents?limit=2&offset=4&status=open", "/api/v1/incidents"}, uris)
}

func TestAListingThatMayLackSomethingIsAnError(t *testing.T) {
	for name, body := range map[string]string{
		"no meta":                 `{"data":[]}`,
		"meta is null":            `{"data":[],"meta":null}`,
		"no has_more":             `{"data":[],"meta":{"total":0}}`,
		"no total":                `{"data":[],"meta":{"has_more":false}}`,
		"has_more is a string":    `{"data":[],"meta":{"total":0,"has_more":"false"}}`,
		"total is a string":       `{"data":[],"meta":{"total":"0","has_more":false}}`,
		"another offset":          `{"data":[],"meta":{"total":0,"offset":25,"has_more":false}}`,
		"empty, more follows":     `{"data":[],"meta":{"total":3,"has_more":true}}`,
		"short, nothing follows":  `{"data":[{"id":"a"}],"meta":{"total":2,"has_more":false}}`,
		"no data":                 `{"meta":{"total":0,"has_more":false}}`,
		"data is one incident":    `{"data":{"id":"a"},"meta":{"total":1,"has_more":false}}`,
		"an incident without id":  `{"data":[{"title":"x"}],"meta":{"total":1,"has_more":false}}`,
		"an incident that is odd": `{"data":[7],"meta":{"total":1,"has_more":false}}`,
		"html":                    `<html>`,
		"cut":                     `{"data":[{"id":"a"}],"meta":{"total":1,"has_more":fal`,
		"more behind the end":     `{"data":[],"meta":{"total":0,"has_more":false}} {}`,
		"empty":                   "",
	} {
		t.Run(name, func(t *testing.T) {
			_, err := serve(t, answerWith(http.StatusOK, body)).List(t.Context(), ListOptions{})
			e := requireError(t, err, Uncertain)
			assert.Equal(t, http.StatusOK, e.Status)
		})
	}
}

// A time that JSON cannot write would make the ledger's record unreadable.
func TestTimes(t *testing.T) {
	for s, want := range map[text]time.Time{
		"2026-03-19T14:30:00+01:00": time.Date(2026, 3, 19, 13, 30, 0, 0, time.UTC),
		"9999-12-31T23:59:59-05:00": {},
		"0001-01-01T00:00:00+05:00": {},
		"yesterday":                 {},
		"":                          {},
	} {
		assert.Equal(t, want, s.time(), s)
	}
}
