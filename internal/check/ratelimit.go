// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package check

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// rateLimit tells what the answers said of a limit.
func (r *run) rateLimit() {
	if r.api.requests < 2 {
		return
	}
	f := Finding{
		Point: "rate_limit", Title: "what answers say of a rate limit", Expected: "its headers, and Retry-After with a 429",
		Level: OK, Reading: "headers", Seen: r.api.limitHeaders(),
	}
	waits := slices.DeleteFunc(slices.Clone(r.api.waits), func(s string) bool { return s == "" })
	switch {
	case r.api.limited > len(waits):
		f.Level, f.Reading = Note, "429_without_retry_after"
		f.Seen = strings.Trim("HTTP 429 without Retry-After, "+f.Seen, ", ") + "; the bridge pauses all calls by itself"
	case r.api.limited > 0:
		f.Level, f.Reading = Note, "429_with_retry_after"
		f.Seen = strings.Trim("HTTP 429, Retry-After: "+strings.Join(waits, ", ")+", "+f.Seen, ", ")
	case len(r.api.limits) == 0:
		f.Level, f.Reading = Note, "none"
		f.Seen = "no such header in any answer; keep limits::requests_per_second at 15 or below, since 1,000 a minute are planned"
	}
	if perMinute := r.api.perMinute(); perMinute > 0 && float64(perMinute) < r.o.PerSecond*60 {
		f.Level = Change
		f.Change = fmt.Sprintf("limits::requests_per_second: %.3g, if the limit of %d is for a minute", float64(perMinute)/60, perMinute)
	}
	r.find(f)
	slow := Finding{
		Point: "time", Title: "the slowest answer", Expected: "within half of timeout, " + r.o.Timeout.String(), Level: OK, Reading: "quick",
		Seen: r.api.slowest.Round(time.Millisecond).String(),
	}
	if r.api.slowest > r.o.Timeout/2 {
		slow.Level, slow.Reading = Change, "slow"
		slow.Change = "timeout: " + (4 * r.api.slowest).Round(time.Second).String()
	}
	r.find(slow)
}

// perMinute is the limit that a header names; 0 if none does.
func (a *api) perMinute() int {
	for name, value := range a.limits {
		if strings.HasSuffix(strings.ToLower(name), "limit") {
			if n, err := strconv.Atoi(value); err == nil {
				return n
			}
		}
	}
	return 0
}
