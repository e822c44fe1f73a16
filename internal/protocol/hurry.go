// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package protocol

import "time"

// Hurry lets an alias that has called often without news call before its turn, because the API answers again since that time. The
// look that the call needs may be before its turn, too. After many such calls even they wait, see [Backoff.SlowUntil]. It returns e
// itself if the alias need not wait, or has called since.
func (p *Policy) Hurry(e Timed, since, now time.Time) Timed {
	if e.Hurried || !now.Before(p.slow(&e)) || !e.Called.Before(since) {
		return e
	}
	n := e.copy()
	n.Hurried, n.RetryAt = true, time.Time{}
	return n
}
