// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package chaos

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/alert24/otelcol-alert24/internal/sandbox"
	"github.com/alert24/otelcol-alert24/internal/sleep"
)

const (
	// keptRequests is how many requests the sandbox keeps. drainEvery is how often they are taken over: often enough that none is
	// lost.
	keptRequests = 20_000
	drainEvery   = time.Second
	// answered is the time after which the outcome of a request is known.
	answered = 5 * time.Second
	excerpt  = 300
)

// call is one request about an incident or an alias.
type call struct {
	id     string
	at     time.Time
	method string
	target string // the incident's id; for a create, the alias
	status int
	fault  text
	body   string // its beginning
}

// calls takes requests over from the sandbox, which keeps only the newest. It is safe for concurrent use.
type calls struct {
	texts texts

	mu   sync.Mutex
	all  []call
	last string // the id of the newest request taken over
	lost bool   // the sandbox dropped requests in between
}

// watch drains until ctx ends.
func (c *calls) watch(ctx context.Context, requests func() []sandbox.Request) {
	for sleep.For(ctx, drainEvery) {
		c.drain(requests(), time.Now().Add(-answered))
	}
}

// drain takes over requests older than until.
func (c *calls) drain(requests []sandbox.Request, until time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	first, found := 0, c.last == ""
	for n, r := range slices.Backward(requests) {
		if r.ID == c.last {
			first, found = n+1, true
			break
		}
	}
	c.lost = c.lost || !found
	for n := range requests[first:] {
		r := &requests[first+n]
		if r.Time.After(until) {
			return
		}
		c.last = r.ID
		if target := target(r); target != "" {
			c.all = append(c.all, call{
				id: r.ID, at: r.Time, method: r.Method, target: target, status: r.Status, fault: c.texts.number(r.Fault),
				body: strings.Clone(r.Body[:min(len(r.Body), excerpt)]),
			})
		}
	}
}

func target(r *sandbox.Request) string {
	if _, id, ok := strings.Cut(r.Path, sandbox.BasePath+"/incidents/"); ok {
		return strings.Clone(id)
	}
	if r.Method != http.MethodPost {
		return ""
	}
	_, rest, _ := strings.Cut(r.Body, `"alias":"`)
	alias, _, _ := strings.Cut(rest, `"`)
	return strings.Clone(alias)
}

// byID returns a map from the request ids in incidents' histories to requests.
func (c *calls) byID() map[string]*call {
	c.mu.Lock()
	defer c.mu.Unlock()
	all := make(map[string]*call, len(c.all))
	for n := range c.all {
		all[c.all[n].id] = &c.all[n]
	}
	return all
}

// reads returns the times of successful reads of each incident by its id. Before the first update of the incident, a read may be that of a
// lookup that has not found it yet: if a webhook comes meanwhile, the collector looks again, and forgets what it read.
func (c *calls) reads() map[string][]time.Time {
	none := c.texts.number("")
	c.mu.Lock()
	defer c.mu.Unlock()
	reads, updated := map[string][]time.Time{}, map[string]bool{}
	for n := range c.all {
		q := &c.all[n]
		updated[q.target] = updated[q.target] || q.method == http.MethodPut
		if q.method == http.MethodGet && q.status == http.StatusOK && q.fault == none && updated[q.target] {
			reads[q.target] = append(reads[q.target], q.at)
		}
	}
	return reads
}

// about describes the requests about an alias or its incidents.
func (c *calls) about(alias string, ids map[string]bool) []entry {
	c.mu.Lock()
	defer c.mu.Unlock()
	var entries []entry
	for n := range c.all {
		if q := &c.all[n]; q.target == alias || ids[q.target] {
			entries = append(entries, entry{q.at, fmt.Sprintf("request %s %s %s => %d %s: %.200s",
				q.id, q.method, q.target, q.status, c.texts.text(q.fault), q.body)})
		}
	}
	return entries
}

// seen reports whether the answer to a write certainly showed the incident.
func (c *call) seen(none text, blind []span) bool {
	if c == nil || c.status/100 != 2 || c.fault != none {
		return false
	}
	return c.method == http.MethodPost || !slices.ContainsFunc(blind, func(s span) bool {
		return !c.at.Before(s.from.Add(-answered)) && !c.at.After(s.to)
	})
}

// span is a period of time.
type span struct{ from, to time.Time }
