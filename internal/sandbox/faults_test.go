// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package sandbox_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/alert24/otelcol-alert24/internal/sandbox"
	"github.com/alert24/otelcol-alert24/internal/sandbox/fault"
	"github.com/alert24/otelcol-alert24/internal/sandbox/sandboxtest"
)

// TestFaults sends one create through each kind of fault, and checks what the client sees and what Alert24 holds afterwards.
func TestFaults(t *testing.T) { //nolint:funlen // one table of cases
	const patience = 10 * time.Second // the client's timeout
	for name, c := range map[string]struct {
		fault sandbox.Fault
		// status is 0 if the client gets no answer. Then failure is a part of the client's error.
		status  int
		failure string
		body    string        // a part of the answer's body
		header  string        // "Name: value"
		takes   time.Duration // until the client has its answer or gives up
		now     bool          // the incident exists when the client has its answer
		late    time.Duration // the incident exists this long after the answer, and not before
	}{
		"refused": {
			fault: sandbox.Fault{Status: 400, Message: "labels is not allowed"}, status: 400,
			body: `{"error":{"type":"validation_error","message":"labels is not allowed","status":400}}`,
		},
		"forbidden": {fault: sandbox.Fault{Status: 403}, status: 403, body: `"authorization_error"`},
		"denied in other words": {
			fault: sandbox.Fault{Status: 403, Message: "Your plan does not include API access"}, status: 403,
			body: `{"error":{"type":"authorization_error","message":"Your plan does not include API access","status":403}}`,
		},
		"not paid": {
			fault: sandbox.Fault{Status: 402, Message: "Upgrade your plan"}, status: 402,
			body: `{"error":{"type":"payment_required","message":"Upgrade your plan","status":402}}`,
		},
		"a proxy's 400": {fault: sandbox.Fault{Status: 400, Body: fault.Foreign}, status: 400, body: `{"message":"Bad Request"}`},
		"a proxy's 2xx": {fault: sandbox.Fault{Status: 200, Body: fault.Foreign}, status: 200, body: `{"message":"OK"}`},
		"2xx, of no incident": {
			fault: sandbox.Fault{Status: 200, Body: fault.Stale}, status: 200, body: `{"data":{}}`,
		},
		"gone":                 {fault: sandbox.Fault{Status: 404}, status: 404, body: `"not_found"`},
		"a proxy's 404":        {fault: sandbox.Fault{Status: 404, Body: fault.HTML}, status: 404, body: "<!DOCTYPE html>"},
		"failed before commit": {fault: sandbox.Fault{Status: 500}, status: 500, body: `"server_error"`},
		"committed, then 5xx":  {fault: sandbox.Fault{Status: 500, Commit: true}, status: 500, body: `"server_error"`, now: true},
		"an edge's 502":        {fault: sandbox.Fault{Status: 502, Body: fault.HTML}, status: 502, body: "502 Bad Gateway"},
		"an edge's 502 after commit": {
			fault: sandbox.Fault{Status: 502, Body: fault.HTML, Commit: true}, status: 502, body: "502 Bad Gateway", now: true,
		},
		"5xx, committed late": {
			fault: sandbox.Fault{Status: 503, CommitLate: 9 * time.Second}, status: 503, late: 9 * time.Second,
		},
		"Retry-After in seconds": {
			fault: sandbox.Fault{Status: 429, RetryAfter: 1500 * time.Millisecond}, status: 429, header: "Retry-After: 2",
			body: `"rate_limit_error"`,
		},
		"Retry-After as a date": {
			fault: sandbox.Fault{Status: 503, RetryAfter: time.Minute, RetryAfterDate: true}, status: 503,
			header: "Retry-After: Sat, 01 Jan 2000 00:01:00 GMT", // the clock of a bubble starts at midnight
		},
		"redirect":           {fault: sandbox.Fault{Status: 302}, status: 302, header: "Location: /_sandbox/elsewhere"},
		"dropped":            {fault: sandbox.Fault{Drop: true}, failure: "EOF"},
		"dropped, committed": {fault: sandbox.Fault{Drop: true, Commit: true}, failure: "EOF", now: true},
		"dropped, committed late": {
			fault: sandbox.Fault{Drop: true, CommitLate: 4 * time.Second}, failure: "EOF", late: 4 * time.Second,
		},
		"no answer":            {fault: sandbox.Fault{Hang: true}, failure: "deadline exceeded", takes: patience},
		"no answer, committed": {fault: sandbox.Fault{Hang: true, Commit: true}, failure: "deadline exceeded", takes: patience, now: true},
		"no answer, committed after the client gave up": {
			fault: sandbox.Fault{Hang: true, CommitLate: 14 * time.Second}, failure: "deadline exceeded", takes: patience, late: 14 * time.Second,
		},
		"slow":           {fault: sandbox.Fault{Delay: 3 * time.Second}, status: 201, takes: 3 * time.Second, now: true},
		"slow to refuse": {fault: sandbox.Fault{Delay: 3 * time.Second, Status: 500}, status: 500, takes: 3 * time.Second},
		"slower than the client": {
			fault: sandbox.Fault{Delay: 12 * time.Second}, failure: "deadline exceeded", takes: patience, late: 2 * time.Second,
		},
		"2xx, empty": {fault: sandbox.Fault{Body: fault.Empty}, status: 201, header: "Content-Length: 0", now: true},
		"2xx, HTML":  {fault: sandbox.Fault{Body: fault.HTML}, status: 201, body: "<html>", now: true},
		"2xx, cut":   {fault: sandbox.Fault{Body: fault.Cut}, status: 201, failure: "unexpected EOF", body: `{"data":{"id"`, now: true},
		"2xx, nothing done": {
			fault: sandbox.Fault{Status: 200}, status: 200, body: `{"data":{}}`,
		},
		"another 2xx":            {fault: sandbox.Fault{Status: 202, Commit: true}, status: 202, body: `"incident_number":1`, now: true},
		"2xx without a body":     {fault: sandbox.Fault{Status: 204, Commit: true}, status: 204, now: true},
		"an error, cut":          {fault: sandbox.Fault{Status: 500, Body: fault.Cut}, status: 500, failure: "unexpected EOF"},
		"another operation":      {fault: sandbox.Fault{Status: 500, Match: sandbox.Match{Operation: fault.Update}}, status: 201, now: true},
		"another alias":          {fault: sandbox.Fault{Status: 500, Match: sandbox.Match{Alias: "b"}}, status: 201, now: true},
		"this alias":             {fault: sandbox.Fault{Status: 500, Match: sandbox.Match{Alias: "a"}}, status: 500},
		"another method":         {fault: sandbox.Fault{Status: 500, Match: sandbox.Match{Method: "PUT"}}, status: 201, now: true},
		"another path":           {fault: sandbox.Fault{Status: 500, Match: sandbox.Match{PathPrefix: "/api/v1/incidents/"}}, status: 201, now: true},
		"this path and method":   {fault: sandbox.Fault{Status: 500, Match: sandbox.Match{PathPrefix: "/api/v1", Method: "post"}}, status: 500},
		"nearly never, unlucky?": {fault: sandbox.Fault{Status: 500, Probability: 1e-12}, status: 201, now: true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, client := sandboxtest.StartInMemory(t, sandbox.Options{Seed: 1, Switches: sandbox.Merging})
				client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
				_, err := s.AddFault(c.fault)
				require.NoError(t, err)

				begin := time.Now()
				ctx, cancel := context.WithTimeout(t.Context(), patience)
				defer cancel()
				r, err := http.NewRequestWithContext(ctx, http.MethodPost, s.Endpoint+"/incidents", strings.NewReader(`{"title":"T","alias":"a"}`))
				require.NoError(t, err)
				r.Header.Set("Authorization", "Bearer "+s.Key)
				got := do(t, client, r)

				assert.Equal(t, c.status, got.status)
				if c.failure == "" {
					require.NoError(t, got.err)
				} else {
					require.ErrorContains(t, got.err, c.failure)
				}
				assert.Contains(t, got.body, c.body)
				if name, value, ok := strings.Cut(c.header, ": "); ok {
					assert.Equal(t, value, got.header.Get(name))
				}
				if got.status != 0 {
					assert.NotEmpty(t, got.header.Get("X-Request-Id"))
				}
				assert.Equal(t, c.takes, time.Since(begin))

				synctest.Wait()
				assert.Equal(t, c.now, len(s.Open("a")) == 1, "carried out when the client had its answer")
				if c.late > 0 {
					time.Sleep(c.late - time.Millisecond)
					assert.Empty(t, s.Open("a"), "carried out too early")
					time.Sleep(2 * time.Millisecond)
					assert.Len(t, s.Open("a"), 1, "carried out late")
				}
				assert.Zero(t, s.Stats().PendingCommits)
				require.Len(t, s.Requests(), 1)
			})
		})
	}
}

// TestFaultsByField makes updates fail because of one field, or one value of a field.
func TestFaultsByField(t *testing.T) {
	s := sandboxtest.Start(t, sandbox.Options{})
	id := create(t, s, "a")
	require.NoError(t, s.SetFaults([]sandbox.Fault{
		{Match: sandbox.Match{Operation: fault.Update, Field: "description"}, Status: 500},
		{Match: sandbox.Match{Field: "affected_services", Contains: `"svc-9"`}, Status: 400, Message: "affected_services: unknown service"},
	}))
	for body, status := range map[string]int{
		`{"title":"U"}`:                              200,
		`{"title":"U","description":"D"}`:            500,
		`{"description":null}`:                       500,
		`{"affected_services":["svc-1"]}`:            200,
		`{"affected_services":["svc-1", "svc-9"]}`:   400,
		`{"status":"resolved","description":"over"}`: 200, // a close is not an update
		`{"description`:                              400, // without valid JSON there are no fields
	} {
		assert.Equal(t, status, send(t, s, http.MethodPut, incidents+"/"+id, body).status, body)
	}
	assert.Equal(t, 200, send(t, s, http.MethodGet, incidents, "").status)
}

// TestFaultsStale sends a close that the API accepts but does not carry out.
func TestFaultsStale(t *testing.T) {
	s := sandboxtest.Start(t, sandbox.Options{})
	id := create(t, s, "a")
	_, err := s.AddFault(sandbox.Fault{Match: sandbox.Match{Operation: fault.Resolve}, Status: 200, Body: fault.Stale})
	require.NoError(t, err)
	r := send(t, s, http.MethodPut, incidents+"/"+id, `{"status":"resolved"}`)
	assert.Equal(t, []any{200, id, "open"}, []any{r.status, r.data(t)["id"], r.data(t)["status"]})
	assert.Len(t, s.Open("a"), 1)
}

func TestFaultsCountAndLog(t *testing.T) {
	s := sandboxtest.Start(t, sandbox.Options{})
	_, err := s.AddFault(sandbox.Fault{Name: "first two", Status: 500, Times: 2})
	require.NoError(t, err)
	statuses := []int{}
	for range 4 {
		statuses = append(statuses, send(t, s, http.MethodPost, incidents, `{"title":"T"}`).status)
	}
	assert.Equal(t, []int{500, 500, 201, 201}, statuses)
	assert.Equal(t, 2, s.Faults()[0].Applied)
	assert.Equal(t, 2, s.Stats().Faults)
	assert.Equal(t, map[int]int{201: 2}, s.Stats().Answers, "what the fault answered the API did not")
	log := s.Requests()
	require.Len(t, log, 4)
	assert.Equal(t, "first two", log[1].Fault)
	assert.Equal(t, 500, log[1].Status)
	assert.Empty(t, log[2].Fault)
}

// TestLateCommitCanMerge shows why closes are deferred: the late create meets the incident of the second one.
func TestLateCommitCanMerge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, client := sandboxtest.StartInMemory(t, sandbox.Options{Switches: sandbox.Merging})
		_, err := s.AddFault(sandbox.Fault{Drop: true, CommitLate: 5 * time.Second, Times: 1})
		require.NoError(t, err)
		post := func(title string) reply {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.Endpoint+"/incidents",
				strings.NewReader(`{"title":"`+title+`","alias":"a"}`))
			require.NoError(t, err)
			r.Header.Set("Authorization", "Bearer "+s.Key)
			return do(t, client, r)
		}
		require.ErrorIs(t, post("late").err, io.EOF)
		require.Equal(t, http.StatusCreated, post("second").status)
		assert.Equal(t, 1, s.Stats().PendingCommits)
		time.Sleep(6 * time.Second)
		open := s.Open("a")
		require.Len(t, open, 1)
		assert.Equal(t, "late", open[0].Title)
		assert.Equal(t, 1, s.Stats().LateCommits)

		_, err = s.AddFault(sandbox.Fault{Drop: true, CommitLate: 5 * time.Second})
		require.NoError(t, err)
		require.ErrorIs(t, post("never").err, io.EOF)
		s.Reset()
		time.Sleep(6 * time.Second)
		assert.Empty(t, s.Incidents(), "what was pending ends with a reset")
	})
}

func TestCloseEndsWhatWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, client := sandboxtest.StartInMemory(t, sandbox.Options{})
		require.NoError(t, s.SetFaults([]sandbox.Fault{
			{Match: sandbox.Match{Alias: "late"}, Drop: true, CommitLate: time.Hour},
			{Match: sandbox.Match{Alias: "hang"}, Hang: true},
			{Match: sandbox.Match{Alias: "slow"}, Delay: time.Hour},
		}))
		failed := make(chan error, 3)
		for _, alias := range []string{"late", "hang", "slow"} {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.Endpoint+"/incidents",
				strings.NewReader(`{"title":"T","alias":"`+alias+`"}`))
			require.NoError(t, err)
			r.Header.Set("Authorization", "Bearer "+s.Key)
			go func() { failed <- do(t, client, r).err }()
		}
		synctest.Wait()
		begin := time.Now()
		s.Close()
		for range 3 {
			require.Error(t, <-failed)
		}
		assert.Zero(t, time.Since(begin))
		assert.Empty(t, s.Incidents())
	})
}
