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
	// sameRow is how long after a failure the next one belongs to the same row. Tries of one alias are at most an hour apart.
	sameRow = 2 * time.Hour
)

// writeRecord finds out whether the API, or a proxy in front of it, fails on the content of one incident or on all. One record has the
// creates, another one the updates.
type writeRecord struct {
	mu      sync.Mutex
	count   uint64             // of writes
	failing map[string]failure // consecutive failures, by alias
	last    success            // the last write that was carried out
	other   success            // the last one of another alias than last
}

type failure struct {
	count uint64    // at the first one
	last  time.Time // when the last one came
}

type success struct {
	alias string
	count uint64
}

// note remembers the result of a write. It reports whether the write failed because of its content, as it seems: a write of another alias
// has succeeded since the first of these failures. If a proxy rejects it, it is enough that the API can be read.
func (u *writeRecord) note(alias string, r protocol.Result, err error, reads bool) (indigestible bool) {
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
	if !known || time.Since(row.last) > sameRow {
		u.remember(alias)
		return false
	}
	u.failing[alias] = failure{row.count, time.Now()}
	of := u.last
	if of.alias == alias {
		of = u.other
	}
	return of.count > row.count
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

// blames reports whether the content of a write may be the reason for its failure: the API or a proxy answers with a server's error, or a
// proxy rejects it, such as a firewall that takes the text of an alert for an attack.
func blames(r protocol.Result, err error) (content, proxy bool) {
	e, ok := errors.AsType[*alert24.Error](err)
	switch {
	case !ok:
		return false, false
	case e.Status >= http.StatusInternalServerError:
		return r == protocol.Unanswered, false
	case e.FromAPI || e.Status == http.StatusProxyAuthRequired || e.Status == http.StatusNotFound:
		return false, false
	}
	proxy = e.Status == http.StatusForbidden || r == protocol.Unanswered && e.Status >= http.StatusBadRequest
	return proxy, proxy
}
