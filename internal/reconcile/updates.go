// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package reconcile

import (
	"net/http"
	"sync"

	"github.com/alert24/otelcol-alert24/internal/protocol"
)

// maxFailing bounds the aliases whose failing updates are remembered.
const maxFailing = 1024

// updateRecord tells an API that cannot digest an update from one that cannot digest any.
type updateRecord struct {
	mu      sync.Mutex
	count   uint64            // of updates
	failing map[string]uint64 // the count at the first failure in a row, by alias
	last    success           // the last update that was carried out
	other   success           // the last one of another alias than that
}

type success struct {
	alias string
	count uint64
}

// note remembers what became of an update. It reports whether it failed with an error of the server although one of another alias
// was carried out since the first failure of this one.
func (u *updateRecord) note(alias string, r protocol.Result, status int) (server bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.count++
	switch {
	case r == protocol.Done:
		delete(u.failing, alias)
		if u.last.alias != alias {
			u.other = u.last
		}
		u.last = success{alias, u.count}
		return false
	case r != protocol.Unanswered || status < http.StatusInternalServerError:
		return false
	}
	first, failed := u.failing[alias]
	if !failed {
		u.remember(alias)
		return false
	}
	of := u.last
	if of.alias == alias {
		of = u.other
	}
	return of.count > first
}

func (u *updateRecord) remember(alias string) {
	if u.failing == nil {
		u.failing = map[string]uint64{}
	}
	if len(u.failing) >= maxFailing {
		oldest := alias
		for a, count := range u.failing {
			if oldest == alias || count < u.failing[oldest] {
				oldest = a
			}
		}
		delete(u.failing, oldest)
	}
	u.failing[alias] = u.count
}
