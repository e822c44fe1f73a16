// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alert24

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/alert24/otelcol-alert24/internal/incident"
	"github.com/alert24/otelcol-alert24/internal/labels"
)

func TestEnvelopesOfOneIncident(t *testing.T) {
	for body, want := range map[string]struct {
		id           string
		deduplicated bool
	}{
		`{"data":{"id":"i"}}`:                                            {"i", false},
		`{"data":{"incident":{"id":"i"}}}`:                               {"i", false},
		`{"incident":{"id":"i"}}`:                                        {"i", false},
		`{"success":true,"incident":{"id":"i"}}`:                         {"i", false},
		`{"data":{"id":"i"},"deduplicated":true}`:                        {"i", true},
		`{"data":{"id":"i","deduplicated":true}}`:                        {"i", true},
		`{"data":{"incident":{"id":"i"},"deduplicated":true}}`:           {"i", true},
		`{"data":{"incident":{"id":"i","deduplicated":true}}}`:           {"i", true},
		`{"data":{"id":"i"},"meta":{"deduplicated":true}}`:               {"i", true},
		`{"incident":{"id":"i","deduplicated":1}}`:                       {"i", true},
		`{"incident":{"id":"i"},"deduplicated":"true"}`:                  {"i", true},
		`{"data":{"id":"i","deduplicated":false},"meta":7}`:              {"i", false},
		`{"data":{"id":"i","deduplicated":null},"deduplicated":0}`:       {"i", false},
		`{"data":{"id":"i","deduplicated":{}},"meta":[true]}`:            {"i", false},
		`{"data":null,"incident":{"id":"i"},"meta":{"deduplicated":[]}}`: {"i", false},
	} {
		inc, deduplicated, err := decodeIncident([]byte(body))
		require.NoError(t, err, body)
		assert.Equal(t, want.id, string(inc.ID), body)
		assert.Equal(t, want.deduplicated, deduplicated, body)
	}
}

func TestEnvelopesOfPages(t *testing.T) {
	for _, body := range []string{
		`{"data":[{"id":"a"},{"id":"b"}],"meta":{"total":9,"limit":2,"offset":4,"has_more":true}}`,
		`{"incidents":[{"id":"a"},{"id":"b"}],"meta":{"total":9,"has_more":true}}`,
		`{"success":true,"data":{"x":1},"incidents":[{"id":"a"},{"id":"b"}],"meta":{"total":6,"has_more":true}}`,
	} {
		p, err := decodePage([]byte(body), 4)
		require.NoError(t, err, body)
		assert.Len(t, p.rows, 2)
		assert.True(t, p.more)
	}
	p, err := decodePage([]byte(pageOf()), 0)
	require.NoError(t, err)
	assert.Empty(t, p.rows)
	assert.False(t, p.more)
}

func TestAPageThatMayLackSomethingIsAnError(t *testing.T) {
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
		"two lists":               `{"data":[],"incidents":[],"meta":{"total":0,"has_more":false}}`,
		"data is one incident":    `{"data":{"id":"a"},"meta":{"total":1,"has_more":false}}`,
		"an incident without id":  `{"data":[{"title":"x"}],"meta":{"total":1,"has_more":false}}`,
		"an incident that is odd": `{"data":[7],"meta":{"total":1,"has_more":false}}`,
		"html":                    `<html>`,
		"cut":                     `{"data":[{"id":"a"}],"meta":{"total":1,"has_more":fal`,
		"more behind the end":     `{"data":[],"meta":{"total":0,"has_more":false}} {}`,
		"empty":                   "",
	} {
		_, err := decodePage([]byte(body), 0)
		assert.Error(t, err, name)
	}
}

func TestOddFieldsDoNotSpoilAnIncident(t *testing.T) {
	inc, _, err := decodeIncident([]byte(`{"data":{"id":12,"incident_number":"x","title":null,"tags":["a",7,{}],"labels":[1],
		"status":[1],"started_at":"yesterday","created_at":5,"new_field":{"a":[1]},"severity":true},"extra":1}`))
	require.NoError(t, err)
	assert.Equal(t, row{ID: "12", Tags: strs{"a", "7"}, StartedAt: "yesterday", CreatedAt: "5"}, inc)
	assert.Equal(t, "12", inc.shown().ID)
	assert.Zero(t, inc.shown().StartedAt)
}

func TestListsAndLabelsInAllTheirForms(t *testing.T) {
	for form, want := range map[string]strs{
		`["a","b"]`: {"a", "b"}, `"[\"a\",\"b\"]"`: {"a", "b"}, `"a, b"`: {"a", "b"}, `"a"`: {"a"}, `""`: {}, `"[]"`: {}, `[]`: {},
		`null`: nil, `7`: nil, `{"a":1}`: nil, `"[a"`: {"[a"}, `[" a",7,null]`: {" a", "7"}, `"[\"a,b\"]"`: {"a,b"},
	} {
		var r row
		require.NoError(t, decode([]byte(`{"tags":`+form+`,"affected_services":`+form+`}`), &r), form)
		assert.Equal(t, want, r.Tags, form)
		assert.Equal(t, incident.HashList(want), r.shown().Fields[incident.FieldServices], form)
	}
	want := pairs(labels.New(labels.Label{Name: "a", Value: "1"}, labels.Label{Name: "b", Value: "2"}))
	for form, want := range map[string]pairs{
		`{"b":2,"a":"1"}`: want, `"{\"a\":\"1\",\"b\":\"2\"}"`: want, `[]`: nil, `"x"`: {}, `null`: nil,
	} {
		var r row
		require.NoError(t, decode([]byte(`{"labels":`+form+`}`), &r), form)
		assert.Equal(t, want, r.Labels, form)
	}
}

// A field that the answer lacks or shows empty has the hash 0.
func TestFieldsAreHashesOfWhatIsShown(t *testing.T) {
	var r row
	require.NoError(t, decode([]byte(`{"title":"T","severity":"high","tags":["b","a"],"labels":{"team":"x"},"impact_description":""}`), &r))
	d := draft("A")
	assert.Equal(t, incident.Hashes{
		incident.FieldTitle: incident.HashText("T"), incident.FieldSeverity: incident.HashText("high"),
		incident.FieldTags: incident.HashList([]string{"a", "b"}), incident.FieldLabels: incident.HashLabels(d.Content.Labels),
	}, r.shown().Fields)
}

func TestTimes(t *testing.T) {
	at := time.Date(2026, 3, 19, 13, 30, 0, 0, time.UTC)
	for s, want := range map[str]time.Time{
		"2026-03-19T14:30:00+01:00":  at,
		"2026-03-19T13:30:00.000Z":   at,
		"2026-03-19T13:30:00":        at,
		"2026-03-19 13:30:00":        at,
		"2026-03-19 13:30:00.25":     at.Add(250 * time.Millisecond),
		"2026-03-19 14:30:00+01:00":  at,
		"9999-12-31T23:59:59-05:00":  {}, // JSON could not write it, and the ledger's record would be unreadable
		"0001-01-01T00:00:00+05:00":  {},
		"2026-03-19":                 {},
		"yesterday":                  {},
		"":                           {},
		"1773930600":                 {},
		"2026-03-19T13:30:00Z trail": {},
	} {
		assert.Equal(t, want, s.time(), s)
	}
}

func TestOpen(t *testing.T) {
	for status, open := range map[str]bool{
		"new": true, "acknowledged": true, "open": true, "investigating": true, "identified": true, "monitoring": true,
		"resolved": false, "Resolved": false, "postmortem": false, "POSTMORTEM": false, "": true, "paused": true,
	} {
		r := row{Status: status}
		assert.Equal(t, open, r.open(), status)
		assert.Equal(t, status != "", r.shown().Seen, status)
	}
}
