// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package testalertcmd

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/alert24/otelcol-alert24/internal/status"
	"github.com/alert24/otelcol-alert24/internal/tool/cli"
	"github.com/alert24/otelcol-alert24/internal/webhook"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// run runs the command like the program.
func run(ctx context.Context, args ...string) (code int, stdout, stderr string) {
	var out, errs bytes.Buffer
	code = cli.Run(ctx, "test", append([]string{"test-alert"}, args...), cli.Streams{In: strings.NewReader(""), Out: &out, Err: &errs}, New()) //nolint:contextcheck // the command gets its context from Run
	return code, out.String(), errs.String()
}

// fakeBridge accepts webhooks and explains their alert. It opens and closes the incident after a few questions.
type fakeBridge struct {
	*httptest.Server
	t *testing.T

	mu sync.Mutex
	// check sees each webhook; a status other than 0 refuses it.
	check func(r *http.Request, body []byte) int
	// slow is how many questions it takes to open or close the incident. With stuck it never does. notice is returned instead of an
	// entry.
	slow    int
	stuck   bool
	notice  string
	trouble string // a problem of the bridge
	kind    status.Reason
	dry     bool // it is a dry run

	got     []webhook.Alert
	asked   int // since the last webhook
	queries []string
	headers []http.Header
	events  chan string // receives each webhook
}

func newFake(t *testing.T) *fakeBridge {
	t.Helper()
	f := &fakeBridge{t: t, slow: 2, events: make(chan string, 10)}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /alertmanager", f.webhook)
	mux.HandleFunc("GET /api/v1/explain", f.explain)
	f.Server = httptest.NewServer(mux)
	t.Cleanup(f.Close)
	return f
}

func (f *fakeBridge) args(more ...string) []string {
	return append([]string{"--url", f.URL + "/alertmanager", "--status", f.URL + "/"}, more...)
}

func (f *fakeBridge) webhook(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	body, err := io.ReadAll(r.Body)
	assert.NoError(f.t, err)
	if f.check != nil {
		if code := f.check(r, body); code != 0 {
			http.Error(w, "no\nthanks", code)
			return
		}
	}
	hook, err := webhook.Decode(body)
	if assert.NoError(f.t, err) && assert.Len(f.t, hook.Alerts, 1) {
		f.got = append(f.got, hook.Alerts[0])
	}
	f.asked = 0
	f.events <- "webhook"
}

func (f *fakeBridge) explain(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.queries = append(f.queries, r.URL.RawQuery)
	f.headers = append(f.headers, r.Header)
	f.asked++
	answer := status.Explanation{Now: time.Now(), DryRun: f.dry}
	if f.trouble != "" {
		answer.Trouble = []status.Trouble{{Text: f.trouble}}
	}
	switch firing := len(f.got) > 0 && f.got[len(f.got)-1].Status == "firing"; {
	case f.notice != "":
		answer.Notices = []status.Notice{{Kind: f.kind, Text: f.notice}}
	case len(f.got) > 0:
		var e status.Entry
		e.Alias, e.State = "Alert24ToolTest:x", status.State{Kind: status.Retrying, Text: "create failed 3 times", Reason: "HTTP 503"}
		e.Incident.Number, e.Incident.State = 7, "none"
		if !firing {
			e.Incident.State = "open"
		}
		if f.asked > f.slow && !f.stuck {
			e.Incident.State = map[bool]string{true: "open", false: "closed"}[firing]
		}
		answer.Entries = []status.Entry{e}
	}
	b, err := json.Marshal(answer)
	assert.NoError(f.t, err)
	_, _ = w.Write(b)
}

func (f *fakeBridge) statuses() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	var all []string
	for i := range f.got {
		all = append(all, f.got[i].Status)
	}
	return all
}

func TestAlertAsAlertmanagerSendsIt(t *testing.T) {
	now := time.Date(2026, 11, 26, 12, 0, 0, 123_456_789, time.UTC)
	a := newAlert(&options{severity: "high", labels: []string{"team=db", "severity=p1"}}, now)
	body, err := a.webhook(time.Time{})
	require.NoError(t, err)
	hook, err := webhook.Decode(body)
	require.NoError(t, err)
	require.Len(t, hook.Alerts, 1)
	fired := hook.Alerts[0]
	assert.Equal(t, "p1", fired.Labels.Get("severity"))
	assert.Equal(t, "db", fired.Labels.Get("team"))
	assert.Equal(t, fired.Labels.Fingerprint(), fired.Fingerprint)
	body, err = a.webhook(now.Add(time.Minute))
	require.NoError(t, err)
	hook, err = webhook.Decode(body)
	require.NoError(t, err)
	assert.Equal(t, fired.Labels, hook.Alerts[0].Labels)
	assert.Equal(t, fired.Fingerprint, hook.Alerts[0].Fingerprint)
	assert.NotEqual(t, a.labels["instance"], newAlert(&options{}, now).labels["instance"], "each run has another alert")
}
