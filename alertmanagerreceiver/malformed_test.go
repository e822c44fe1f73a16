// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alertmanagerreceiver

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/config/confighttp"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/receiver/receivertest"

	"github.com/alert24/otelcol-alert24/alertmanagerreceiver/internal/metadata"
)

// goodAlert and good are the smallest accepted input. Each malformed input differs from them in one thing.
const (
	goodAlert = `{"status":"firing"}`
	good      = `{"alerts":[` + goodAlert + `]}`
)

func one(members string) string         { return `{"alerts":[{` + members + `}]}` }
func firing(members string) string      { return one(`"status":"firing",` + members) }
func withMembers(members string) string { return `{"alerts":[` + goodAlert + `],` + members + `}` }
func secret(s string) string            { return strings.Repeat(s, 3) }
func nested(open, end string) string {
	return strings.Repeat(open, 10_001) + strings.Repeat(end, 10_001)
}

// malformed has inputs and their answers. No two inputs fail in the same branch for the same reason.
var malformed = []struct {
	name   string
	body   string
	change func(*http.Request)
	status int
	answer string
}{
	// Bodies that are not JSON.
	{"nothing", "", nil, 400, "the body is empty"},
	{"text", "alert!", nil, 400, `invalid JSON at byte 0: invalid character 'a' at start of value`},
	{"an open brace", `{`, nil, 400, "the JSON ends too early, at byte 1"},
	{"a cut name", `{"al`, nil, 400, "the JSON ends too early, at byte 4"},
	{"no value", `{"alerts":`, nil, 400, "the JSON ends too early, at byte 10"},
	{"a cut literal", `{"alerts":nul`, nil, 400, "the JSON ends too early, at byte 13"},
	{"a cut list", `{"alerts":[` + goodAlert, nil, 400, "the JSON ends too early, at byte 30"},
	{"a cut set", `{"alerts":[{"labels":{"a":"b"`, nil, 400, "the JSON ends too early, at byte 29"},
	{"a cut member to pass over", `{"x":[1,2`, nil, 400, "the JSON ends too early, at byte 9"},
	{"no colon", `{"alerts" []}`, nil, 400, `invalid JSON at byte 10: invalid character '[' after object name (expecting ':')`},
	{"no comma", `{"a":1 "b":2}`, nil, 400, `invalid JSON at byte 7: invalid character '"' after object value (expecting ',' or '}')`},
	{"a comma too many", `{"a":1,}`, nil, 400, `invalid JSON at byte 6: invalid character ',' at start of value`},
	{"a comma too many in a list", `{"alerts":[` + goodAlert + `,]}`, nil, 400, `invalid JSON at byte 30: invalid character ',' at start of value`},
	{"the wrong bracket", `{"alerts":[` + goodAlert + `}}`, nil, 400, `invalid JSON at byte 30: invalid character '}' after array element (expecting ',' or ']')`},
	{"a name without quotes", `{alerts:[]}`, nil, 400, `invalid JSON at byte 1: invalid character 'a' at start of value`},
	{"a number as a name", `{1:[]}`, nil, 400, "invalid JSON at byte 1: object member name must be a string"},
	{"a comment", `{/* no */"alerts":[]}`, nil, 400, `invalid JSON at byte 1: invalid character '/' at start of value`},
	{"a mark of byte order", "\ufeff" + good, nil, 400, `invalid JSON at byte 0: invalid character '\ufeff' at start of value`},
	{"a bad escape", firing(`"fingerprint":"\q"`), nil, 400, "invalid JSON at byte 45: invalid escape sequence `\\q` in string"},
	{"a bare newline in a string", firing("\"fingerprint\":\"a\nb\""), nil, 400, `invalid JSON at byte 46: invalid character '\n' in string (expecting non-control character)`},
	{"a leading zero", withMembers(`"truncatedAlerts":01`), nil, 400, `invalid JSON at byte 51: invalid character '1' after object value (expecting ',' or '}')`},
	{"a lone minus", withMembers(`"truncatedAlerts":-}`), nil, 400, `invalid JSON at byte 51: invalid character '}' in number (expecting digit)`},
	{"NaN", firing(`"values":{"A":NaN}`), nil, 400, `invalid JSON at byte 44: invalid character 'N' at start of value`},
	{"a wrong literal", `{"alerts":[` + goodAlert + `],"x":nope}`, nil, 400, `invalid JSON at byte 37: invalid character 'o' in literal null (expecting 'u')`},
	{"lists past the depth", withMembers(`"x":` + nested("[", "]")), nil, 400, "invalid JSON at byte 10035: exceeded max depth"},
	{"objects past the depth", withMembers(`"x":` + nested(`{"":`, "}")), nil, 400, "invalid JSON at byte 40032: exceeded max depth"},

	// Duplicates and excess data.
	{"two lists of alerts", `{"alerts":[` + goodAlert + `],"alerts":[` + goodAlert + `]}`, nil, 400, "alerts: appears twice"},
	{"two objects", good + good, nil, 400, "there is more after the JSON object"},

	// JSON of another shape.
	{"a list of alerts", `[` + goodAlert + `]`, nil, 400, "the body is a list, as Prometheus sends it: point Prometheus at Alertmanager, and Alertmanager's webhook_configs here"},
	{"a custom payload", `{"text":"` + secret("x") + ` is down"}`, nil, 400, noAlerts},
	{"no list of alerts", `{"alerts":null}`, nil, 400, noAlerts},
	{"an object of alerts", `{"alerts":{"a":1}}`, nil, 400, "alerts: must be a list"},

	// No usable alert.
	{"text as an alert", `{"alerts":["` + secret("x") + `"]}`, nil, 400, "no alert can be used: alerts[0]: must be an object"},
	{"no status", one(`"labels":{}`), nil, 400, "no alert can be used: alerts[0].status: must be firing or resolved"},
	{"an unknown status", one(`"status":"` + secret("x") + `"`), nil, 400, "no alert can be used: alerts[0].status: must be firing or resolved"},
	{"a status that is a number", one(`"status":1`), nil, 400, "no alert can be used: alerts[0].status: must be firing or resolved"},
	{"two statuses", one(`"status":"firing","st\u0061tus":"resolved"`), nil, 400, "no alert can be used: alerts[0]: the status, the labels or a label appears twice"},
	{"a label twice", firing(`"labels":{"a":"` + secret("1") + `","a":"2"}`), nil, 400, "no alert can be used: alerts[0]: the status, the labels or a label appears twice"},
	{"labels that are text", firing(`"labels":"a=b"`), nil, 400, "no alert can be used: alerts[0].labels: must be an object"},
	{"a start that is not a time", firing(`"startsAt":"` + secret("x") + `"`), nil, 400, "no alert can be used: alerts[0].startsAt: must be a time as in RFC 3339"},
	{"a start in seconds", firing(`"startsAt":1795466235`), nil, 400, "no alert can be used: alerts[0].startsAt: must be a time as in RFC 3339"},
	{"a start without a zone", firing(`"startsAt":"2026-11-23T20:37:15"`), nil, 400, "no alert can be used: alerts[0].startsAt: must be a time as in RFC 3339"},
	{"several", `{"alerts":[1,{"status":"firing","labels":[]},{}]}`, nil, 400, "no alert can be used: alerts[0]: must be an object; alerts[1].labels: must be an object; alerts[2].status: must be firing or resolved"},
	{"many", `{"alerts":[` + strings.Repeat("0,", 11) + `0]}`, nil, 400, "no alert can be used: " + strings.Join(notObjects(10), "; ") + "; and 2 more"},

	// Members with wrong values.
	{"a future version", withMembers(`"version":"5"`), nil, 400, `version: must be "4" or "3" (Alertmanager) or "1" (Grafana)`},

	// Requests that are not webhooks.
	{"GET", "", method(http.MethodGet), 405, "the method is not POST or PUT"},
	{"HEAD", "", method(http.MethodHead), 405, ""},
	{"a path below", good, onPath("/alertmanager/x"), 404, wrongPath},
	{"XML", "<alerts/>", header("Content-Type", "application/xml"), 415, "the Content-Type is not application/json"},
	{"a broken type", good, header("Content-Type", "application/json; charset"), 415, "the Content-Type is not application/json"},
	{"an unknown encoding", good, header("Content-Encoding", "br"), 415, "the Content-Encoding is none of those in compression_algorithms"},
	{"no gzip", good, header("Content-Encoding", "gzip"), 400, "the body cannot be read: gzip: invalid header"},
	{"a cut gzip", zipped(good)[:20], header("Content-Encoding", "gzip"), 400, "the body cannot be read: unexpected EOF"},
	{"a gzip with a wrong sum", spoiled(zipped(good)), header("Content-Encoding", "gzip"), 400, "the body cannot be read: gzip: invalid checksum"},

	// Limits.
	{"too many bytes", strings.Repeat(" ", 4<<20+1) + good, nil, 413, tooManyBytes},
	{"too many bytes after decompression", zipped(strings.Repeat(" ", 4<<20+1) + good), header("Content-Encoding", "gzip"), 413, tooManyBytes},
}

const (
	noAlerts = `there is no "alerts" list, as in a custom payload or a notification of Grafana before version 8: ` +
		"send webhooks as Alertmanager makes them"
	wrongPath    = "wrong path: see path in the receiver's configuration"
	tooManyBytes = "the body has more than 4194304 bytes: group by more labels, or raise max_request_body_size"
)

func method(m string) func(*http.Request) { return func(r *http.Request) { r.Method = m } }
func onPath(p string) func(*http.Request) { return func(r *http.Request) { r.URL.Path = p } }
func header(name, v string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Set(name, v) }
}

func zipped(s string) string {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, _ = z.Write([]byte(s))
	_ = z.Close()
	return b.String()
}

func notObjects(n int) (texts []string) {
	for i := range n {
		texts = append(texts, fmt.Sprintf("alerts[%d]: must be an object", i))
	}
	return texts
}

func spoiled(gz string) string {
	b := []byte(gz)
	b[len(b)-8] ^= 0xff
	return string(b)
}

func TestMalformed(t *testing.T) {
	cfg := defaultConfig()
	cfg.ServerConfig.MaxRequestBodySize = 4 << 20
	sink := new(consumertest.LogsSink)
	server := serverOf(t, cfg, sink)

	require.GreaterOrEqual(t, len(malformed), 55)
	for _, tt := range malformed {
		t.Run(tt.name, func(t *testing.T) {
			r := httptest.NewRequest(http.MethodPost, cfg.Path, strings.NewReader(tt.body))
			r.Header.Set("Content-Type", "application/json")
			if tt.change != nil {
				tt.change(r)
			}
			w := httptest.NewRecorder()
			server.ServeHTTP(w, r)

			assert.Equal(t, tt.status, w.Code)
			if tt.answer != "" { // the server omits the body of an answer to HEAD
				assert.Equal(t, tt.answer+"\n", w.Body.String())
			}
			if tt.status == http.StatusMethodNotAllowed {
				assert.Equal(t, "POST, PUT", w.Header().Get("Allow"))
			}
			assert.NotContains(t, w.Body.String(), secret("x"), "the answer quotes the request")
		})
	}
	assert.Zero(t, sink.LogRecordCount())
}

// serverOf returns the complete chain of handlers as in the collector, without a port.
func serverOf(tb testing.TB, cfg *Config, next *consumertest.LogsSink) http.Handler {
	tb.Helper()
	set := receivertest.NewNopSettings(metadata.Type)
	h, err := newHandler(set, cfg, next)
	require.NoError(tb, err)
	server, err := cfg.ServerConfig.ToServer(tb.Context(), componenttest.NewNopHost().GetExtensions(), set.TelemetrySettings, h.routes(http.NotFound, nil),
		confighttp.WithErrorHandler(h.refuseEarly))
	require.NoError(tb, err)
	return server.Handler
}
