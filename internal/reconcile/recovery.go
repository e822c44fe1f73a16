// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package reconcile

import (
	"sync"
	"time"

	"github.com/alert24/otelcol-alert24/internal/protocol"
)

// lookOutInterval is the time between readings that test whether the API works again.
const lookOutInterval = 30 * time.Second

// recovery notices from answers that the API works again. Then slow aliases, which have called often without news, need not wait. If
// only a read has succeeded, writes may still fail, so just one alias may go ahead. It is safe for concurrent use.
type recovery struct {
	mu                      sync.Mutex
	readFailed, writeFailed bool                 // the last one did
	at                      time.Time            // when an answer last showed a recovery; zero: never
	slow                    map[string]time.Time // the waiting aliases, and since when
	ahead                   string               // the last alias that went ahead
	since                   time.Time            // when it did
}

// wait notes whether the alias waits because it is slow. A slow alias may call if it has not called since the returned time.
func (r *recovery) wait(alias string, slow bool) (since time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !slow {
		delete(r.slow, alias)
		return time.Time{}
	}
	if r.slow == nil {
		r.slow = map[string]time.Time{}
	}
	if _, known := r.slow[alias]; !known {
		r.slow[alias] = time.Now()
	}
	if alias == r.ahead {
		return protocol.Latest(r.at, r.since)
	}
	return r.at
}

// heard notes whether the API worked for a call. It returns the aliases that need not wait any longer.
func (r *recovery) heard(kind protocol.Kind, works bool) (again []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	failed := r.readFailed || r.writeFailed
	switch reads := kind == protocol.Lookup; {
	case reads:
		r.readFailed = !works
	case works:
		r.readFailed, r.writeFailed = false, false
	default:
		r.writeFailed = true
	}
	switch {
	case !failed || !works:
		return nil
	case r.writeFailed:
		return r.one()
	}
	r.at = time.Now()
	for alias := range r.slow {
		again = append(again, alias)
	}
	r.slow = nil // those that still wait come back
	return again
}

// one lets the alias that has waited longest go ahead, but not more often than lookOut reads.
func (r *recovery) one() []string {
	if len(r.slow) == 0 || time.Since(r.since) < lookOutInterval/2 {
		return nil
	}
	r.ahead, r.since = "", time.Now()
	first := r.since
	for alias, since := range r.slow {
		if r.ahead == "" || since.Before(first) {
			r.ahead, first = alias, since
		}
	}
	delete(r.slow, r.ahead) // if it still waits, it comes back as the last one
	return []string{r.ahead}
}

// reads reports whether the last reading succeeded.
func (r *recovery) reads() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return !r.readFailed
}

// awaited reports whether an alias waits and the API fails.
func (r *recovery) awaited() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return (r.readFailed || r.writeFailed) && len(r.slow) > 0
}

// lookOut periodically reads the newest page of the list while the API fails and aliases are slow. The aliases' own calls would notice
// the recovery too late.
func (r *Reconciler) lookOut() {
	tick := time.NewTicker(lookOutInterval)
	defer tick.Stop()
	for {
		select {
		case <-r.stopping.Done():
			return
		case <-tick.C:
		}
		if r.recovery.awaited() {
			r.check()
		}
	}
}
