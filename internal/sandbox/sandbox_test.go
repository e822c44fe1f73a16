// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package sandbox_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/alert24/otelcol-alert24/internal/sandbox"
	"github.com/alert24/otelcol-alert24/internal/sandbox/sandboxtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// reply is an answer as a client sees it.
type reply struct {
	status int
	header http.Header
	body   string
	err    error
}

// data reads the incident in an answer.
func (r reply) data(t *testing.T) map[string]any {
	t.Helper()
	require.NoError(t, r.err)
	var envelope struct {
		Data map[string]any `json:"data"`
	}
	require.NoError(t, json.Unmarshal([]byte(r.body), &envelope), r.body)
	return envelope.Data
}

// list reads the incidents and the meta data of a list.
func (r reply) list(t *testing.T) (data []map[string]any, meta map[string]any) {
	t.Helper()
	require.Equal(t, http.StatusOK, r.status, r.body)
	var envelope struct {
		Data []map[string]any `json:"data"`
		Meta map[string]any   `json:"meta"`
	}
	require.NoError(t, json.Unmarshal([]byte(r.body), &envelope), r.body)
	return envelope.Data, envelope.Meta
}

// apiError reads an error in the API's envelope.
func (r reply) apiError(t *testing.T) (class, message string) {
	t.Helper()
	var envelope struct {
		Error struct {
			Type    string `json:"type"`
			Message string `json:"message"`
			Status  int    `json:"status"`
		} `json:"error"`
	}
	require.NoError(t, json.Unmarshal([]byte(r.body), &envelope), r.body)
	assert.Equal(t, r.status, envelope.Error.Status)
	return envelope.Error.Type, envelope.Error.Message
}

func client(t *testing.T) *http.Client {
	t.Helper()
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// send makes a request with the sandbox's key; path is below the address.
func send(t *testing.T, s *sandboxtest.Sandbox, method, path, body string) reply {
	t.Helper()
	return sendAs(t, s, "Bearer "+s.Key, method, path, body)
}

func sendAs(t *testing.T, s *sandboxtest.Sandbox, authorization, method, path, body string) reply {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, s.Address+path, strings.NewReader(body))
	require.NoError(t, err)
	r.Header.Set("Content-Type", "application/json")
	if authorization != "" {
		r.Header.Set("Authorization", authorization)
	}
	return do(t, client(t), r)
}

func do(t *testing.T, c *http.Client, r *http.Request) reply {
	t.Helper()
	response, err := c.Do(r)
	if err != nil {
		return reply{err: err}
	}
	defer func() { assert.NoError(t, response.Body.Close()) }()
	body, err := io.ReadAll(response.Body)
	return reply{response.StatusCode, response.Header, string(body), err}
}

const incidents = sandbox.BasePath + "/incidents"

func create(t *testing.T, s *sandboxtest.Sandbox, alias string) string {
	t.Helper()
	r := send(t, s, http.MethodPost, incidents, `{"title":"T","alias":"`+alias+`"}`)
	require.Equal(t, http.StatusCreated, r.status, r.body)
	return r.data(t)["id"].(string)
}

func TestLifeOfAnIncident(t *testing.T) {
	s := sandboxtest.Start(t, sandbox.Options{Switches: sandbox.Merging})
	created := send(t, s, http.MethodPost, incidents,
		`{"title":"Disk full","severity":"high","alias":"DiskFull:db-1","tags":["a"],"source":"prometheus","labels":{"team":"db"}}`)
	require.Equal(t, http.StatusCreated, created.status)
	assert.Regexp(t, `^req_[0-9a-f]{24}$`, created.header.Get("X-Request-Id"))
	first := created.data(t)
	assert.Regexp(t, `^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`, first["id"])
	assert.InDelta(t, 1, first["incident_number"], 0)
	assert.Equal(t, "open", first["status"])
	assert.Nil(t, first["resolved_at"])
	assert.Regexp(t, `^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$`, first["started_at"])
	assert.NotContains(t, first, "alias")
	id := first["id"].(string)

	again := send(t, s, http.MethodPost, incidents, `{"title":"Disk almost full","alias":"DiskFull:db-1"}`)
	assert.Equal(t, http.StatusOK, again.status)
	assert.Equal(t, id, again.data(t)["id"])
	assert.Equal(t, "high", again.data(t)["severity"], "what was not sent stays")

	end := "2099-01-01T00:00:00.000Z"
	resolved := send(t, s, http.MethodPut, incidents+"/"+id, `{"status":"resolved","resolved_at":"`+end+`"}`)
	assert.Equal(t, http.StatusOK, resolved.status)
	assert.Equal(t, end, resolved.data(t)["resolved_at"])
	assert.Equal(t, resolved.data(t), send(t, s, http.MethodGet, incidents+"/"+id, "").data(t))
	assert.Empty(t, s.Open("DiskFull:db-1"))

	next := send(t, s, http.MethodPost, incidents, `{"title":"Disk full","alias":"DiskFull:db-1"}`)
	assert.Equal(t, http.StatusCreated, next.status)
	assert.InDelta(t, 2, next.data(t)["incident_number"], 0)

	all := s.Incidents()
	require.Len(t, all, 2)
	kinds := []string{}
	for _, e := range all[0].History {
		kinds = append(kinds, string(e.Kind))
	}
	assert.Equal(t, []string{"created", "updated", "resolved"}, kinds)
	assert.Equal(t, []sandbox.Change{{Field: "title", From: "Disk full", To: "Disk almost full"}}, all[0].History[1].Changes)
	st := s.Stats()
	assert.Equal(t, []int{2, 1, 1}, []int{st.Creates(), st.Updates(), st.Resolves()})
}
