// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alert24

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/config/configopaque"

	"github.com/alert24/otelcol-alert24/internal/protocol"
)

func TestARedirectTakesNothingAlong(t *testing.T) {
	for _, status := range []int{301, 302, 303, 307, 308} {
		leaked := make(chan http.Header, 8)
		other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			leaked <- r.Header
			answerWith(http.StatusOK, `{"data":{"id":"i"}}`)(w, r)
		}))
		t.Cleanup(other.Close)
		redirect := func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, other.URL+"/x?token=geheim", status) }
		// Like confighttp, this sets the header below the http.Client, so on every hop.
		hc := &http.Client{
			Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
				r = r.Clone(r.Context())
				r.Header.Set("Authorization", "Bearer "+string(testKey))
				return other.Client().Transport.RoundTrip(r)
			}),
			CheckRedirect: func(*http.Request, []*http.Request) error { return nil },
		}
		srv := httptest.NewServer(http.HandlerFunc(redirect))
		t.Cleanup(srv.Close)
		for call, do := range calls {
			_, err := do(t.Context(), connect(t, hc, srv.URL))
			e := requireError(t, err, unknownOf(call))
			assert.Equal(t, status, e.Status, call)
			assert.Contains(t, e.Error(), "redirects are not followed")
		}
		assert.Empty(t, leaked)
		require.NoError(t, hc.CheckRedirect(nil, nil), "the caller's client is as it was")
	}
}

// requireFit fails unless the text is one bounded line without secrets.
func requireFit(t *testing.T, text string, secrets ...string) {
	t.Helper()
	require.LessOrEqual(t, utf8.RuneCountInString(text), 600, text)
	require.True(t, utf8.ValidString(text), "%q", text)
	require.False(t, strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }), "%q", text)
	for _, secret := range secrets {
		require.NotContains(t, text, secret)
	}
}

func TestAnErrorIsOneLineWithoutSecrets(t *testing.T) {
	const long = "\x1b[31mred\x1b[0m\r\nnext\tline\u2028last \u202eright to left"
	for name, key := range map[string]configopaque.String{"documented form": testKey, "another form": "Zm9vYmFyYmF6"} {
		t.Run(name, func(t *testing.T) {
			h := func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("X-Request-Id", strings.Repeat("r", 500)+r.Header.Get("Authorization"))
				w.WriteHeader(http.StatusBadRequest)
				fmt.Fprintf(w, `{"error":{"type":"%s","message":"key %s is %s"}}`, string(key), string(key), strings.Repeat("x", 5000))
			}
			c := serve(t, h, func(c *Config) { c.APIKey = key })
			for call, do := range calls {
				_, err := do(t.Context(), c)
				want := protocol.Refused
				if !isWrite(call) {
					want = protocol.Incomplete
				}
				e := requireError(t, err, want)
				requireFit(t, err.Error(), string(key))
				for _, text := range []string{fmt.Sprintf("%+v", err), e.Message, e.Type, e.RequestID} {
					requireFit(t, text, string(key))
				}
			}
		})
	}

	for _, cause := range []error{
		errors.New(long),
		&url.Error{Op: "Post", URL: "https://h/p?token=geheim", Err: errors.New("token endpoint: " + long)},
		fmt.Errorf("fetch token: %w", &url.Error{Op: "Post", URL: "https://login/t?client_secret=geheim", Err: errors.New(long)}),
		fmt.Errorf("bearer %s rejected", string(testKey)),
		errors.New(strings.Repeat("é", 10_000)),
		errors.New("\xff\xfe"),
	} {
		c := connect(t, &http.Client{Transport: roundTripper(func(*http.Request) (*http.Response, error) { return nil, cause })}, "https://h/p")
		_, err := c.Open(t.Context())
		require.Error(t, err)
		requireFit(t, err.Error(), string(testKey), "geheim")
	}
}

func TestErrorTexts(t *testing.T) {
	for want, err := range map[string]*Error{
		"create incident: HTTP 400 Bad Request: title is required (request id r)": {
			Op: "create incident", Result: protocol.Refused, Status: 400, Type: "validation_error", Message: "title is required", RequestID: "r", FromAPI: true,
		},
		"get incident: HTTP 401 Unauthorized; check the API key":                               {Op: "get incident", Result: protocol.Denied, Status: 401},
		"get incident: HTTP 404 Not Found: Incident not found":                                 {Op: "get incident", Result: protocol.Gone, Status: 404, Message: "Incident not found", FromAPI: true},
		"close incident: HTTP 400 Bad Request; not the API's answer, check proxies on the way": {Op: "close incident", Result: protocol.Unanswered, Status: 400},
		"get incident: HTTP 402 Payment Required; check the plan of the organization":          {Op: "get incident", Result: protocol.Denied, Status: 402},
		"create incident: incident #7 of source \"nagios\" has the alias; close it, or set lifecycle::foreign to adopt": {
			Op: "create incident", Result: protocol.Foreign, FromAPI: true, Err: foreignError(&row{Number: 7, Source: "nagios"}),
		},
		"get incident: HTTP 599": {Op: "get incident", Result: protocol.Unanswered, Status: 599},
		"create incident: HTTP 201 Created: unusable answer: it is empty":             {Op: "create incident", Result: protocol.Unanswered, Status: 201, Err: errors.New("it is empty")},
		"update incident: no answer: EOF":                                             {Op: "update incident", Result: protocol.Unanswered, Err: errors.New("EOF")},
		"update incident: not sent: connection refused":                               {Op: "update incident", Result: protocol.NotSent, Err: errors.New("connection refused")},
		"get incident: HTTP 403 Forbidden: no scope; check the scopes of the API key": {Op: "get incident", Result: protocol.Denied, Status: 403, Message: "no scope"},
		"get incident: HTTP 301 Moved Permanently; redirects are not followed, set endpoint to the final address": {
			Op: "get incident", Result: protocol.Unanswered, Status: 301,
		},
	} {
		assert.Equal(t, want, err.Error())
	}
}
