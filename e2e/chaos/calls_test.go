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
	// keptRequests is how many requests the sandbox keeps, and drainEvery how often they are taken over: far more often than
	// the log goes round.
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
	target string // the incident's id, of a create the alias
	status int
	fault  text
	body   string // its beginning
}

// calls takes the requests over from the sandbox, which keeps only the newest. It is safe for concurrent use.
type calls struct {
	texts texts

	mu   sync.Mutex
	all  []call
	last string // the id of the newest request that was taken over
	lost bool   // the log went round in between
}

// watch drains until ctx ends.
func (c *calls) watch(ctx context.Context, requests func() []sandbox.Request) {
	for sleep.For(ctx, drainEvery) {
		c.drain(requests(), time.Now().Add(-answered))
	}
}

// drain takes over what is older than until.
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

// byID finds the request that an incident's history names.
func (c *calls) byID() map[string]*call {
	c.mu.Lock()
	defer c.mu.Unlock()
	all := make(map[string]*call, len(c.all))
	for n := range c.all {
		all[c.all[n].id] = &c.all[n]
	}
	return all
}

// reads are the times at which each incident was read by its id and the answer was as it should be.
func (c *calls) reads() map[string][]time.Time {
	none := c.texts.number("")
	c.mu.Lock()
	defer c.mu.Unlock()
	reads := map[string][]time.Time{}
	for n := range c.all {
		if q := &c.all[n]; q.method == http.MethodGet && q.status == http.StatusOK && q.fault == none {
			reads[q.target] = append(reads[q.target], q.at)
		}
	}
	return reads
}

// about are the requests about an alias or its incidents, in words.
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

// seen says whether the answer to a write showed the incident, as far as that is certain.
func (c *call) seen(none text, blind []span) bool {
	if c == nil || c.status/100 != 2 || c.fault != none {
		return false
	}
	return c.method == http.MethodPost || !slices.ContainsFunc(blind, func(s span) bool {
		return !c.at.Before(s.from.Add(-answered)) && !c.at.After(s.to)
	})
}

// span is a time that something lasted.
type span struct{ from, to time.Time }
