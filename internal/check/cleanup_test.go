// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package check_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/alert24/otelcol-alert24/internal/check"
	"github.com/alert24/otelcol-alert24/internal/sandbox"
)

// TestInterrupt cancels at each point in turn. Every open incident is closed.
func TestInterrupt(t *testing.T) {
	for point := range usual {
		t.Run(point, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, o := start(t, nil)
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				o.Found = func(f check.Finding) {
					if f.Point == point {
						cancel()
					}
				}
				report := check.Run(ctx, o)
				assert.Empty(t, s.Open(alias))
				assert.Empty(t, report.LeftOpen)
				if point != "left_open" && point != "rate_limit" && point != "time" {
					assert.Equal(t, "interrupted", report.Stopped)
				}
			})
		})
	}
}

// TestCreateWithoutAnswer finds the incident in the list, and closes it.
func TestCreateWithoutAnswer(t *testing.T) {
	for name, fault := range map[string]sandbox.Fault{
		"hangs":   {Hang: true, Commit: true},
		"late":    {Hang: true, CommitLate: 4 * time.Second},
		"drops":   {Drop: true, Commit: true},
		"a 502":   {Status: 502, Body: "html", Commit: true},
		"a body ": {Status: 200, Body: "empty", Commit: true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, o := start(t, nil)
				fault.Match.Operation = "create"
				_, err := s.AddFault(fault)
				require.NoError(t, err)
				report := check.Run(t.Context(), o)
				assert.Equal(t, "no incident can be opened", report.Stopped)
				require.NotEmpty(t, s.Incidents())
				assert.Empty(t, s.Open(alias))
				assert.Empty(t, report.LeftOpen)
			})
		})
	}
}

// TestLeft expects the report to name incidents that cannot be closed.
func TestLeft(t *testing.T) {
	for name, tt := range map[string]struct {
		fault sandbox.Fault
		why   string
	}{
		"closes fail":          {sandbox.Fault{Match: sandbox.Match{Method: "PUT"}, Status: 500}, "HTTP 500: A fault of the sandbox: 500 Internal Server Error"},
		"closes are not done":  {sandbox.Fault{Match: sandbox.Match{Method: "PUT"}, Status: 200, Body: "stale"}, "the close was accepted, and it is still new"},
		"closes are forbidden": {sandbox.Fault{Match: sandbox.Match{Method: "PUT"}, Status: 403}, "HTTP 403: A fault of the sandbox: 403 Forbidden"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, o := start(t, nil)
				_, err := s.AddFault(tt.fault)
				require.NoError(t, err)
				report := check.Run(t.Context(), o)
				require.Len(t, report.LeftOpen, 1)
				assert.Equal(t, "#1", report.LeftOpen[0].Number)
				assert.Equal(t, s.Open(alias)[0].ID, report.LeftOpen[0].ID)
				assert.Equal(t, tt.why, report.LeftOpen[0].Why)
				assert.Equal(t, "something", behaviours(report)["left_open"])
				assert.False(t, report.Clean())
			})
		})
	}
}

// TestLostWithoutList expects a report that an incident may exist unseen.
func TestLostWithoutList(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, o := start(t, nil)
		_, err := s.AddFault(sandbox.Fault{Match: sandbox.Match{Operation: "create"}, Drop: true, Commit: true})
		require.NoError(t, err)
		o.Found = func(f check.Finding) {
			if f.Point == "create" {
				s.SetKeys(map[string][]string{"ak_other": {"write"}})
			}
		}
		report := check.Run(t.Context(), o)
		require.Len(t, report.LeftOpen, 1)
		assert.Contains(t, report.LeftOpen[0].Title, alias)
		assert.Contains(t, report.LeftOpen[0].Why, "a create was not answered and the list cannot be read (HTTP 401")
	})
}

// TestLostInALongList expects the same if the page of the list has old incidents only.
func TestLostInALongList(t *testing.T) {
	for order, left := range map[string]int{"newest": 0, "oldest": 1} {
		synctest.Test(t, func(t *testing.T) {
			s, o := start(t, func(sw *sandbox.Switches) { sw.RowOrder = order })
			for range 110 {
				_, err := s.OtherToolCreates(sandbox.Patch{Title: new("other")})
				require.NoError(t, err)
				time.Sleep(time.Second)
			}
			_, err := s.AddFault(sandbox.Fault{Match: sandbox.Match{Operation: "create"}, Drop: true, Commit: true})
			require.NoError(t, err)
			report := check.Run(t.Context(), o)
			assert.Len(t, s.Open(alias), left)
			require.Len(t, report.LeftOpen, left, order)
			if left > 0 {
				assert.Equal(t, "a create was not answered and the list may not begin with the newest incidents: there may be such an incident", report.LeftOpen[0].Why)
			}
		})
	}
}

// TestLimitThatDoesNotEnd: a call that the rate limit refuses to the end says nothing about the API, and changes no setting.
func TestLimitThatDoesNotEnd(t *testing.T) {
	for method, lost := range map[string]string{http.MethodPut: "update_title", http.MethodGet: "scope_read"} {
		t.Run(method, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, o := start(t, nil)
				_, err := s.AddFault(sandbox.Fault{Match: sandbox.Match{Method: method}, Status: http.StatusTooManyRequests, Times: 6})
				require.NoError(t, err)
				report := check.Run(t.Context(), o)
				assert.Equal(t, "the rate limit refuses each call: try again when nothing else uses the key", report.Stopped)
				assert.NotContains(t, behaviours(report), lost)
				for _, f := range report.Findings {
					assert.Empty(t, f.Change, f.Title)
				}
				assert.Empty(t, report.LeftOpen)
				assert.Empty(t, s.Open(alias))
			})
		})
	}
}

// TestLimitOfALookup: a lookup that the rate limit refuses counts as such, and waits as long as the API asks.
func TestLimitOfALookup(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, o := start(t, nil)
		var began time.Time
		o.Found = func(f check.Finding) {
			switch f.Point {
			case "row_marks": // the lookup follows
				began = time.Now()
				_, err := s.AddFault(sandbox.Fault{Match: sandbox.Match{Operation: "list"}, Status: http.StatusTooManyRequests, RetryAfter: 30 * time.Second, Times: 1})
				require.NoError(t, err)
			case "lookup":
				assert.GreaterOrEqual(t, time.Since(began), 30*time.Second)
			}
		}
		report := check.Run(t.Context(), o)
		assert.Equal(t, "found", behaviours(report)["lookup"])
		assert.Equal(t, "429_with_retry_after", behaviours(report)["rate_limit"])
	})
}

// failing answers one request as a broken proxy does.
type failing struct {
	http.RoundTripper
	at     int64
	n      atomic.Int64
	failed atomic.Value // the method of that request
}

func (f *failing) RoundTrip(r *http.Request) (*http.Response, error) {
	if f.n.Add(1) != f.at {
		return f.RoundTripper.RoundTrip(r)
	}
	f.failed.Store(r.Method)
	return &http.Response{StatusCode: http.StatusBadGateway, Header: http.Header{}, Body: io.NopCloser(strings.NewReader("<html>")), Request: r}, nil
}

// TestFailureByChance: one failed request says nothing about the API, and changes no setting. Only a create is not repeated.
func TestFailureByChance(t *testing.T) {
	for at := int64(1); ; at++ {
		done := false
		synctest.Test(t, func(t *testing.T) {
			_, o := start(t, nil)
			f := &failing{RoundTripper: o.HTTP.Transport, at: at}
			o.HTTP.Transport = f
			report := check.Run(t.Context(), o)
			assert.Empty(t, report.LeftOpen)
			failed := f.failed.Load()
			if done = failed == nil; !done && failed != http.MethodPost {
				assert.Equal(t, usual, behaviours(report), "request %d, %s: %+v", at, failed, report.Findings)
			}
		})
		if done {
			return
		}
	}
}
