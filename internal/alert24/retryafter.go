// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alert24

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// maxRetryAfter bounds how long an answer can hold all senders back.
const maxRetryAfter = time.Hour

// retryAfter reads Retry-After (RFC 9110, 10.2.3): seconds, or a date that is compared with the answer's own Date,
// or with now if it has none. What is neither, or past, is 0.
func retryAfter(h http.Header, now time.Time) time.Duration {
	v := strings.TrimSpace(h.Get("Retry-After"))
	if seconds, err := strconv.ParseUint(v, 10, 64); err == nil || errors.Is(err, strconv.ErrRange) {
		return time.Duration(min(seconds, uint64(maxRetryAfter/time.Second))) * time.Second
	}
	until, err := http.ParseTime(v)
	if err != nil {
		return 0
	}
	if date := serverTime(h); !date.IsZero() {
		now = date
	}
	return min(max(until.Sub(now), 0), maxRetryAfter)
}

// serverTime returns the answer's Date, or zero.
func serverTime(h http.Header) time.Time {
	t, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		return time.Time{}
	}
	return t
}
