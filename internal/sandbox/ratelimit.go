// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package sandbox

import (
	"net/http"
	"time"
)

// maxLimitedKeys bounds the windows of a sandbox that takes any key.
const maxLimitedKeys = 1000

// window remembers the newest requests of one key that count.
type window struct {
	times []time.Time // a ring, once it has as many as the limit
	next  int
}

// full says whether as many requests as the limit came since.
func (w *window) full(limit int, since time.Time) bool {
	return len(w.times) >= limit && w.times[w.next].After(since)
}

func (w *window) count(limit int, now time.Time) {
	if len(w.times) < limit {
		w.times = append(w.times, now)
		return
	}
	w.times[w.next] = now
	w.next = (w.next + 1) % limit
}

// limited applies the rate limit of the switches. Requests without an accepted key are not limited: they get 401.
func (s *Server) limited(w http.ResponseWriter, c *call) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	limit := s.switches.RateLimit
	key, _, accepted := s.scopes(c)
	if limit == 0 || !accepted {
		return false
	}
	seen := s.windows[key]
	if seen == nil {
		if len(s.windows) >= maxLimitedKeys {
			clear(s.windows)
		}
		seen = &window{}
		s.windows[key] = seen
	}
	now := s.options.Now()
	full := seen.full(limit, now.Add(-s.switches.RateLimitWindow))
	if !full || s.switches.RateLimitCountsRefused {
		seen.count(limit, now)
	}
	if after := s.switches.RateLimitRetryAfter; full && after > 0 {
		w.Header().Set("Retry-After", s.retryAfter(after, false))
	}
	return full
}
