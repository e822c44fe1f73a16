// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package protocol

import "time"

// Hurry lets a slow alias call before its turn, because the API has answered again since the given time. The lookup that the call needs may
// also come before its turn. After many such calls even these wait, see [Backoff.SlowUntil]. Hurry returns e itself if the alias need not
// wait, or has called since.
func (p *Policy) Hurry(e Timed, since, now time.Time) Timed {
	if e.Hurried || !now.Before(p.slow(&e)) || !e.Called.Before(since) {
		return e
	}
	n := e.copy()
	n.Hurried, n.RetryAt = true, time.Time{}
	return n
}
