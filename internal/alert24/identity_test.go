// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alert24

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/alert24/otelcol-alert24/internal/incident"
	"github.com/alert24/otelcol-alert24/internal/protocol"
)

func TestWhoseARowIs(t *testing.T) {
	tagA, tagB := incident.AliasTag("A"), incident.AliasTag("B")
	for name, tt := range map[string]struct {
		row   row
		tag   string
		maybe bool
	}{
		"the alias is shown":           {row{Alias: "A"}, tagA, true},
		"the alias is first":           {row{Alias: "A", Tags: strs{tagB}, Description: "x\nAlias: B"}, tagA, true},
		"our tag":                      {row{Tags: strs{"team:x", tagA}}, tagA, true},
		"our tag before the line":      {row{Tags: strs{tagA}, Description: "x\n\nAlias: B"}, tagA, true},
		"the last line":                {row{Description: "x\n\nAlias: A"}, tagA, true},
		"the last line with spaces":    {row{Description: "x\r\nAlias: A \r\n"}, tagA, true},
		"the only line":                {row{Description: "Alias: A"}, tagA, true},
		"a line that is not the last":  {row{Description: "Alias: A\nx"}, "", true},
		"no mark":                      {row{Title: "t", Tags: strs{"team:x"}}, "", true},
		"our source, no mark":          {row{Source: "prometheus"}, "", true},
		"another source":               {row{Source: "nagios"}, "", false},
		"another source, the alias":    {row{Source: "nagios", Alias: "A"}, "", false},
		"another source, with our tag": {row{Source: "nagios", Tags: strs{tagA}}, "", false},
		"no source kept, our tag":      {row{Source: "api", Tags: strs{tagA}}, tagA, true},
		"no source kept, our line":     {row{Source: "api", Description: "x\nAlias: A"}, tagA, true},
		"no source kept, no mark":      {row{Source: "api", Alias: "A"}, "", false},
	} {
		t.Run(name, func(t *testing.T) {
			c := connect(t, http.DefaultClient, "http://h")
			tag, maybe := c.whose(&tt.row)
			assert.Equal(t, tt.tag, tag)
			assert.Equal(t, tt.maybe, maybe)
		})
	}
}

// If the API does not take or keep our source, a source tells nothing.
func TestASourceThatTheAPIDoesNotKeep(t *testing.T) {
	api := row{Source: "api", Alias: "A"}
	for name, body := range map[string]string{
		"it writes its own": `{"data":{"id":"i","status":"open","source":"api","title":"High error rate","severity":"high"}}`,
		"it refuses ours":   "",
	} {
		t.Run(name, func(t *testing.T) {
			c := serve(t, func(w http.ResponseWriter, r *http.Request) {
				if b, _ := io.ReadAll(r.Body); body == "" && assert.NotEmpty(t, b) && hasField(b, "source") {
					answerWith(http.StatusBadRequest, `{"error":{"type":"validation_error","message":"invalid source"}}`)(w, r)
					return
				}
				if body == "" {
					answerWith(http.StatusCreated, `{"data":{"id":"i","status":"open","source":"api"}}`)(w, r)
					return
				}
				answerWith(http.StatusCreated, body)(w, r)
			})
			_, maybe := c.whose(&api)
			assert.False(t, maybe)
			_, err := c.Create(t.Context(), draft("A"))
			require.NoError(t, err)
			tag, maybe := c.whose(&api)
			assert.True(t, maybe)
			assert.Equal(t, incident.AliasTag("A"), tag)
			_, maybe = c.whose(&row{Source: "nagios", Alias: "A"})
			assert.Equal(t, body == "", maybe, "a third source is that of another tool, where sources are kept at all")
		})
	}
}

func hasField(body []byte, name string) bool {
	var fields map[string]any
	return decode(body, &fields) == nil && fields[name] != nil
}

func TestMet(t *testing.T) { //nolint:funlen // one table of cases
	const own = `"id":"i","status":"open","title":"High error rate","severity":"high","source":"prometheus"`
	date := time.Date(2026, 3, 19, 14, 30, 10, 0, time.UTC)
	tag := incident.AliasTag("A")
	for name, tt := range map[string]struct {
		body    string
		noDate  bool
		met     bool
		foreign bool
		adopt   bool
	}{
		"new":                       {body: `{"data":{` + own + `,"created_at":"2026-03-19T14:30:09Z"}}`},
		"new, a time without zone":  {body: `{"data":{` + own + `,"created_at":"2026-03-19 14:30:09"}}`},
		"nothing tells":             {body: `{"data":{"id":"i"}}`},
		"the flag":                  {body: `{"data":{` + own + `},"meta":{"deduplicated":true}}`, met: true},
		"old":                       {body: `{"data":{` + own + `,"created_at":"2026-03-19T14:29:00Z"}}`, met: true},
		"old, but no date":          {body: `{"data":{` + own + `,"created_at":"2026-03-19T14:29:00Z"}}`, noDate: true},
		"within the margin":         {body: `{"data":{` + own + `,"created_at":"2026-03-19T14:30:06Z"}}`},
		"another severity":          {body: `{"data":{"id":"i","severity":"medium"}}`, met: true},
		"severity in other letters": {body: `{"data":{"id":"i","severity":"High"}}`},
		"another title":             {body: `{"data":{"id":"i","title":"Disk full"}}`, met: true},
		"a title that was cleaned":  {body: `{"data":{"id":"i","title":"High  error&#32;rat"}}`},
		"another tool's": {
			body: `{"data":{"id":"i","status":"open","source":"nagios"},"deduplicated":true}`, met: true, foreign: true,
		},
		"another tool's, adopted": {body: `{"data":{"id":"i","status":"open","source":"nagios"},"deduplicated":true}`, met: true, adopt: true},
		"another source, our tag": {
			body: `{"data":{"id":"i","status":"open","source":"nagios","tags":["` + tag + `"]},"deduplicated":true}`, met: true,
		},
		"another source, our line": {
			body: `{"data":{"id":"i","status":"open","source":"nagios","description":"x\nAlias: A"},"deduplicated":true}`, met: true,
		},
		"another source, another's line": {
			body: `{"data":{"id":"i","status":"open","source":"nagios","description":"x\nAlias: B"},"deduplicated":true}`,
			met:  true, foreign: true,
		},
		"our source, no mark": {body: `{"data":{"id":"i","status":"open","source":"prometheus"},"deduplicated":true}`, met: true},
		"another tool's is closed, adopted": {
			body: `{"data":{"id":"i","status":"resolved","source":"nagios"},"deduplicated":true}`, met: true, adopt: true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := serve(t, func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Date", date.Format(http.TimeFormat))
				if tt.noDate {
					w.Header()["Date"] = nil
				}
				answerWith(http.StatusOK, tt.body)(w, r)
			}, func(c *Config) { c.Adopt = tt.adopt })
			a, err := c.Create(t.Context(), draft("A"))
			assert.Equal(t, tt.met, a.Met)
			assert.Equal(t, strings.Contains(tt.body, "deduplicated"), a.Deduplicated)
			assert.Equal(t, "i", a.Incident.ID)
			if tt.foreign {
				e := requireError(t, err, protocol.Foreign)
				assert.True(t, e.FromAPI)
				assert.ErrorContains(t, e, `"nagios"`)
				assert.Equal(t, protocol.Foreign, a.Result)
				return
			}
			require.NoError(t, err)
		})
	}
}

// The answer to a create may be short, and where Alert24 keeps no sources it shows its own. After a start with an empty disk, that may be
// an incident of ours.
func TestMetWhatTheAnswerDoesNotTell(t *testing.T) {
	const short = `{"data":{"id":"i","status":"open","source":"api","title":"High error rate","severity":"high"},"deduplicated":true}`
	for name, tt := range map[string]struct {
		read string
		want protocol.Result
	}{
		"ours":           {`{"data":{"id":"i","status":"open","source":"api","tags":["` + incident.AliasTag("A") + `"]}}`, protocol.Done},
		"another tool's": {`{"data":{"id":"i","status":"open","source":"api","tags":[],"description":"x"}}`, protocol.Foreign},
		"unreadable":     {"<html>", protocol.Foreign},
	} {
		t.Run(name, func(t *testing.T) {
			c := serve(t, func(w http.ResponseWriter, r *http.Request) {
				if r.Method == http.MethodGet {
					answerWith(http.StatusOK, tt.read)(w, r)
					return
				}
				answerWith(http.StatusOK, short)(w, r)
			})
			a, _ := c.Create(t.Context(), draft("A"))
			assert.Equal(t, tt.want.String(), a.Result.String())
			assert.True(t, a.Met)
			assert.Equal(t, "i", a.Incident.ID)
		})
	}
}

// Another tool's incident that is closed by the time of the answer is not ours to open, and the create was not carried out.
func TestMetAnotherToolsClosedIncident(t *testing.T) {
	c := serve(t, answerWith(http.StatusOK, `{"data":{"id":"i","status":"resolved","source":"nagios"},"deduplicated":true}`))
	a, err := c.Create(t.Context(), draft("A"))
	assert.ErrorIs(t, requireError(t, err, protocol.NotSent), errForeignClosed)
	assert.Equal(t, protocol.NotSent, a.Result)
}

// The duration of the request counts: the incident may be that much older.
func TestMetAllowsForASlowAnswer(t *testing.T) {
	now := time.Date(2026, 3, 19, 14, 30, 0, 0, time.UTC)
	clock := now
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		clock = clock.Add(30 * time.Second)
		w.Header().Set("Date", clock.Format(http.TimeFormat))
		answerWith(http.StatusCreated, fmt.Sprintf(`{"data":{"id":"i","created_at":%q}}`, now.Format(time.RFC3339)))(w, r)
	}, func(c *Config) { c.Now = func() time.Time { return clock } })
	a, err := c.Create(t.Context(), draft("A"))
	require.NoError(t, err)
	assert.False(t, a.Met)
}

func TestCleaned(t *testing.T) {
	for name, tt := range map[string]struct {
		shown, sent string
		want        bool
	}{
		"the same":              {"Disk full on db-1", "Disk full on db-1", true},
		"markup was taken out":  {"Disk on db-1", "Disk <script>x</script>on db-1", true},
		"white space":           {" Disk  full ", "Disk full", true},
		"signs as HTML":         {"a &lt; b &amp; c", "a < b & c", true},
		"signs were HTML":       {"a < b", "a &lt; b", true},
		"cut":                   {"Disk fu…", "Disk full", true},
		"letters beyond ASCII":  {"диск", "<b>диск", true},
		"another":               {"Network down", "Disk full", false},
		"more":                  {"Disk full on db-1", "Disk full", false},
		"the same letters":      {"ab", "ba", false},
		"another number":        {"Disk 91", "Disk 90", false},
		"case is not cleaned":   {"disk", "Disk", false},
		"nothing is left of it": {"…", "Disk", true},
	} {
		assert.Equal(t, tt.want, cleaned(tt.shown, tt.sent), name)
	}
}
