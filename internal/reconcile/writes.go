// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package reconcile

import (
	"errors"
	"net/http"
	"sync"
	"time"

	"github.com/alert24/otelcol-alert24/internal/alert24"
	"github.com/alert24/otelcol-alert24/internal/protocol"
)

const (
	// maxFailing bounds the aliases whose failing writes are remembered.
	maxFailing = 1024
	// maxGap is the longest time between two failures in a row. Tries of one alias are at most an hour apart.
	maxGap = 2 * time.Hour
)

// writeRecord finds out whether writes of all incidents fail, or only those of one incident, whose content may then be the reason. There
// is one record for creates and one for updates.
type writeRecord struct {
	mu      sync.Mutex
	count   uint64             // number of writes
	failing map[string]failure // failures in a row, by alias
	last    success            // the last write that was carried out
	other   success            // the last success of any alias other than last.alias
}

type failure struct {
	count uint64    // number of writes when the first one came
	last  time.Time // when the last one came
}

type success struct {
	alias string
	count uint64
}

// note remembers the result of a write, and reports whether its content may be the reason for a failure. It may be if a write of another
// alias has succeeded since the first of these failures in a row. If a proxy rejects the write, it is enough that reads succeed.
func (u *writeRecord) note(alias string, r protocol.Result, err error, reads bool) (contentSuspect bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.count++
	failed, proxy := blames(r, err)
	switch {
	case r == protocol.Done:
		delete(u.failing, alias)
		if u.last.alias != alias {
			u.other = u.last
		}
		u.last = success{alias, u.count}
		return false
	case !failed:
		return false
	case proxy && reads:
		return true
	}
	row, known := u.failing[alias]
	if !known || time.Since(row.last) > maxGap {
		u.remember(alias)
		return false
	}
	u.failing[alias] = failure{row.count, time.Now()}
	others := u.last
	if others.alias == alias {
		others = u.other
	}
	return others.count > row.count
}

func (u *writeRecord) remember(alias string) {
	if u.failing == nil {
		u.failing = map[string]failure{}
	}
	if len(u.failing) >= maxFailing {
		oldest := alias
		for a, row := range u.failing {
			if oldest == alias || row.count < u.failing[oldest].count {
				oldest = a
			}
		}
		delete(u.failing, oldest)
	}
	u.failing[alias] = failure{u.count, time.Now()}
}

// blames reports whether the content of a write may be the reason for its failure: the answer is a server's error (5xx), none comes, or a
// proxy rejects the write, such as a firewall that takes the text of an alert for an attack. proxy is true in the last case.
func blames(r protocol.Result, err error) (content, proxy bool) {
	e, ok := errors.AsType[*alert24.Error](err)
	switch {
	case !ok:
		return false, false
	case e.Status == 0, e.Status >= http.StatusInternalServerError:
		return r == protocol.Unanswered, false
	case e.FromAPI || e.Status == http.StatusProxyAuthRequired || e.Status == http.StatusNotFound:
		return false, false
	}
	proxy = e.Status == http.StatusForbidden || r == protocol.Unanswered && e.Status >= http.StatusBadRequest
	return proxy, proxy
}
