// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package reconcile

import (
	"sync"
	"time"

	"github.com/alert24/otelcol-alert24/internal/protocol"
)

// lookOutInterval is the time between readings that are to show that the API works again.
const lookOutInterval = 30 * time.Second

// recovery notices when the API works again, as far as answers show. Then the aliases that wait because they have called often
// without news need not wait. It is safe for concurrent use.
type recovery struct {
	mu      sync.Mutex
	failing bool      // the last answer
	at      time.Time // when an answer last showed that the API works again; zero: never
	slow    map[string]struct{}
}

// since notes whether the alias waits because it is slow. If it does, it may call if it has not called since the time returned.
func (r *recovery) since(alias string, slow bool) time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !slow {
		delete(r.slow, alias)
		return time.Time{}
	}
	if r.slow == nil {
		r.slow = map[string]struct{}{}
	}
	r.slow[alias] = struct{}{}
	return r.at
}

// heard notes the result of a call. It returns the aliases that need not wait any more.
func (r *recovery) heard(result protocol.Result) (again []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	worked := !r.failing
	r.failing = !result.Works()
	if worked || r.failing {
		return nil
	}
	r.at = time.Now()
	for alias := range r.slow {
		again = append(again, alias)
	}
	r.slow = nil // those that wait on come back
	return again
}

// awaited: an alias waits, and the API does not work.
func (r *recovery) awaited() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.failing && len(r.slow) > 0
}

// lookOut reads the newest page of the list now and then while the API fails and aliases are slow: their own calls would show too
// late that it works again.
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
