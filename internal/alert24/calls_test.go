// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alert24

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/config/configopaque"

	"github.com/alert24/otelcol-alert24/internal/incident"
	"github.com/alert24/otelcol-alert24/internal/protocol"
)

// recorder records requests and gives each the same answer.
type recorder struct {
	seen   []string // method, path and body
	header http.Header
	body   string
}

func (r *recorder) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	b, _ := io.ReadAll(req.Body)
	r.seen = append(r.seen, strings.TrimSpace(req.Method+" "+req.RequestURI+" "+string(b)))
	r.header = req.Header
	answerWith(http.StatusOK, r.body)(w, req)
}

func TestCreateSendsAllAndReadsAll(t *testing.T) {
	rec := recorder{body: `{"data":{"id":"i-1","incident_number":7,"title":"High error rate","severity":"high",
		"status":"new","source":"prometheus","tags":["b","a"],"started_at":"2026-03-19T14:30:00.000Z",
		"created_at":"2026-03-19T14:30:01.000Z","resolved_at":null,"affected_services":[]}}`}
	c := serve(t, rec.ServeHTTP, func(c *Config) { c.UserAgent = "otelcol-alert24/1.2.3" }, func(c *Config) { c.InitialStatus = "new" })
	d := draft("A:1")
	d.Content.Title = "T <&> \xff"
	a, err := c.Create(t.Context(), d)
	require.NoError(t, err)
	assert.Equal(t, []string{`POST /api/v1/incidents {"title":"T <&> ` + "\uFFFD" + `","description":"7 %\n\nAlias: A:1","severity":"high","status":"new",` +
		`"alias":"A:1","source":"prometheus","labels":{"team":"x"},"tags":["` + incident.AliasTag("A:1") + `","team:x"],` +
		`"affected_services":["svc-1"],"impact_description":"users wait","assigned_to":"user-456"}`}, rec.seen)
	assert.Equal(t, "Bearer "+string(testKey), rec.header.Get("Authorization"))
	assert.Equal(t, "application/json", rec.header.Get("Content-Type"))
	assert.Equal(t, "application/json", rec.header.Get("Accept"))
	assert.Equal(t, "otelcol-alert24/1.2.3", rec.header.Get("User-Agent"))
	assert.Equal(t, protocol.Shown{
		ID: "i-1", Number: 7, Seen: true, Open: true,
		StartedAt: time.Date(2026, 3, 19, 14, 30, 0, 0, time.UTC), CreatedAt: time.Date(2026, 3, 19, 14, 30, 1, 0, time.UTC),
		Fields: incident.Hashes{
			incident.FieldTitle: incident.HashText("High error rate"), incident.FieldSeverity: incident.HashText("high"),
			incident.FieldTags: incident.HashList([]string{"a", "b"}),
		},
	}, a.Incident)
	assert.Equal(t, d.Content.News, a.Sent.News)
	assert.Equal(t, incident.High, a.Sent.Severity)
}

func TestAShortCreateKeepsWhatRoutingAndLookupsRead(t *testing.T) {
	rec := recorder{body: `{"data":{"id":"i"}}`}
	c := serve(t, rec.ServeHTTP, func(c *Config) { c.InitialStatus = "new" })
	d := draft("A:1")
	d.Short, d.Content.Title = true, strings.Repeat("é", 300)
	a, err := c.Create(t.Context(), d)
	require.NoError(t, err)
	title := strings.Repeat("é", 99) + "…"
	assert.Equal(t, []string{`POST /api/v1/incidents {"title":"` + title + `","description":"Alias: A:1","severity":"high","status":"new",` +
		`"alias":"A:1","source":"prometheus","tags":["` + incident.AliasTag("A:1") + `","team:x"]}`}, rec.seen)
	assert.Equal(t, incident.HashText(title), a.Sent.Sent[incident.FieldTitle])
	assert.Zero(t, a.Sent.Sent[incident.FieldServices])
	assert.Equal(t, d.Content.News, a.Sent.News)
}

func TestUpdateSendsTheFieldsOfTheSet(t *testing.T) {
	all := protocol.Full.Fields()
	for name, tt := range map[string]struct {
		fields protocol.FieldSet
		labels bool // in updates
		body   string
		wrote  protocol.FieldSet
	}{
		"severity":       {protocol.SeverityOnly.Fields(), false, `{"severity":"high"}`, protocol.SeverityOnly.Fields()},
		"labels, create": {protocol.Fields(incident.FieldLabels), false, "", 0},
		"labels, always": {
			protocol.Fields(incident.FieldLabels), true, `{"labels":{"team":"x"}}`, protocol.Fields(incident.FieldLabels),
		},
		"all": {
			all, false, `{"title":"High error rate","description":"7 %\n\nAlias: A","severity":"high","tags":["` +
				incident.AliasTag("A") + `","team:x"],"affected_services":["svc-1"],"impact_description":"users wait"}`,
			all &^ protocol.Fields(incident.FieldLabels),
		},
		"none": {0, true, "", 0},
	} {
		t.Run(name, func(t *testing.T) {
			rec := recorder{body: `{"data":{"id":"i","status":"open","severity":"high"}}`}
			d := draft("A")
			d.Content.LabelsInUpdates = tt.labels
			a, err := serve(t, rec.ServeHTTP).Update(t.Context(), "i", d, tt.fields)
			require.NoError(t, err)
			assert.Equal(t, tt.wrote, a.Wrote)
			if tt.body == "" {
				assert.Empty(t, rec.seen)
				assert.Equal(t, protocol.Shown{ID: "i"}, a.Incident)
				return
			}
			assert.Equal(t, []string{"PUT /api/v1/incidents/i " + tt.body}, rec.seen)
			assert.Equal(t, incident.HashText("high"), a.Incident.Fields[incident.FieldSeverity])
		})
	}
}

func TestCloseReopenAndTheIDInThePath(t *testing.T) {
	rec := recorder{body: `{"data":{"id":"a/b?c","status":"monitoring"}}`}
	c := serve(t, rec.ServeHTTP)
	at := time.Date(2026, 3, 19, 15, 30, 0, 5e6, time.FixedZone("", 3600))
	for _, do := range []func() (protocol.Answer, error){
		func() (protocol.Answer, error) { return c.Close(t.Context(), "a/b?c", at) },
		func() (protocol.Answer, error) { return c.Close(t.Context(), "a/b?c", time.Time{}) },
		func() (protocol.Answer, error) { return c.Reopen(t.Context(), "a/b?c") },
		func() (protocol.Answer, error) { return c.Read(t.Context(), "a/b?c") },
	} {
		a, err := do()
		require.NoError(t, err)
		assert.Equal(t, protocol.Shown{ID: "a/b?c", Seen: true, Open: true}, a.Incident)
	}
	const path = "/api/v1/incidents/a%2Fb%3Fc"
	assert.Equal(t, []string{
		"PUT " + path + ` {"status":"resolved","resolved_at":"2026-03-19T14:30:00.005Z"}`,
		"PUT " + path + ` {"status":"resolved"}`,
		"PUT " + path + ` {"status":"open"}`,
		"GET " + path,
	}, rec.seen)
}

func TestAnUnusableIDNeverReachesThePath(t *testing.T) {
	c := serve(t, func(http.ResponseWriter, *http.Request) { t.Error("sent") })
	for _, id := range []string{"", ".", "..", "a\nb", string(make([]byte, 256))} {
		_, err := c.Close(t.Context(), id, time.Time{})
		requireResult(t, err, protocol.NotSent)
		_, err = c.Update(t.Context(), id, draft("A"), protocol.SeverityOnly.Fields())
		requireResult(t, err, protocol.NotSent)
		_, err = c.Read(t.Context(), id)
		requireResult(t, err, protocol.NotSent)
	}
}

func TestTheClientCanAuthenticateByItself(t *testing.T) {
	rec := recorder{body: `{"data":{"id":"i","status":"open"}}`}
	srv := httptest.NewServer(http.HandlerFunc(rec.ServeHTTP))
	t.Cleanup(srv.Close)
	c, err := New(srv.Client(), srv.URL+"/v1//", Config{})
	require.NoError(t, err)
	_, err = c.Read(t.Context(), "i")
	require.NoError(t, err)
	assert.NotContains(t, rec.header, "Authorization")
	assert.Equal(t, []string{"GET /v1/incidents/i"}, rec.seen, "slashes at the end of the endpoint do not matter")
}

func TestNewRefuses(t *testing.T) {
	for _, endpoint := range []string{
		"", "app.alert24.net/api/v1", "ftp://a/b", "https://", "https://u:secret@h/api", "https://h/api?key=secret",
		"https://h/api?", "https://h/#f", "https://h/%zz-secret",
	} {
		_, err := New(http.DefaultClient, endpoint, Config{})
		require.Error(t, err, endpoint)
		assert.NotContains(t, err.Error(), "secret")
	}
	for _, key := range []configopaque.String{"secret\n", "sec ret", "secrét"} {
		_, err := New(http.DefaultClient, "https://h", Config{APIKey: key})
		require.ErrorContains(t, err, "copy it from Alert24 again")
		assert.NotContains(t, err.Error(), string(key))
	}
}

func TestEachRequestHasItsOwnTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		hangs := roundTripper(func(r *http.Request) (*http.Response, error) {
			<-r.Context().Done()
			return nil, r.Context().Err()
		})
		c := connect(t, &http.Client{Transport: hangs}, "http://h", func(c *Config) { c.Timeout = 7 * time.Second })
		_, err := c.Create(t.Context(), draft("A"))
		requireResult(t, err, protocol.Unanswered)
		assert.Equal(t, 7*time.Second, time.Since(began))
		_, err = c.Read(t.Context(), "i")
		requireResult(t, err, protocol.Incomplete)
		assert.Equal(t, 14*time.Second, time.Since(began))
	})
}
