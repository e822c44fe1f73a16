// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package sandbox

import "net/http"

// maxLimitedKeys bounds the windows of a sandbox that takes any key.
const maxLimitedKeys = 1000

// limited applies the rate limit of the switches. Requests without an accepted key are not limited: they get 401.
func (s *Server) limited(w http.ResponseWriter, c *call) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	limit := s.switches.RateLimit
	key, _, accepted := s.scopes(c)
	if limit == 0 || !accepted {
		return false
	}
	seen, known := s.windows[key]
	if !known && len(s.windows) >= maxLimitedKeys {
		clear(s.windows)
	}
	now := s.options.Now()
	full := len(seen) == limit && seen[0].After(now.Add(-s.switches.RateLimitWindow))
	if !full || s.switches.RateLimitCountsRefused {
		seen = append(seen, now)
		s.windows[key] = seen[max(0, len(seen)-limit):]
	}
	if after := s.switches.RateLimitRetryAfter; full && after > 0 {
		w.Header().Set("Retry-After", s.retryAfter(after, false))
	}
	return full
}
