// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package chaos

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/alert24/otelcol-alert24/internal/sandbox"
	"github.com/alert24/otelcol-alert24/internal/sandbox/fault"
)

// The collector's timers, all short. The API carries out late requests before settleTime has passed.
const (
	requestTimeout  = time.Second
	settleTime      = 2 * time.Second
	echoWindow      = 8 * time.Second // above peerTimeout, gossip and flushTimeout together
	echoHold        = 4 * time.Second
	closedRetention = 12 * time.Second
	refreshInterval = 5 * time.Second
	auditInterval   = 3 * time.Second
	lateCommit      = 1200 * time.Millisecond

	ourSource = "prometheus"
)

// settings override keys of the deployed configuration; storage and fsync stay as deployed.
func settings() []string {
	return []string{
		"exporters.alert24.timeout=" + requestTimeout.String(),
		"exporters.alert24.lifecycle.settle_time=" + settleTime.String(),
		"exporters.alert24.retry_on_failure.initial_interval=50ms",
		"exporters.alert24.retry_on_failure.max_interval=500ms",
		"exporters.alert24.limits.concurrent_requests=16",
		"exporters.alert24.limits.requests_per_second=0",
		"exporters.alert24.echo.window=" + echoWindow.String(),
		"exporters.alert24.echo.hold=" + echoHold.String(),
		"exporters.alert24.lifecycle.closed_retention=" + closedRetention.String(),
		"exporters.alert24.lifecycle.refresh_interval=" + refreshInterval.String(),
		"exporters.alert24.lifecycle.audit_interval=" + auditInterval.String(),
		"exporters.alert24.incident.source=" + ourSource,
		"receivers.alertmanager.shutdown_timeout=1s",
		"service.telemetry.logs.level=debug",
	}
}

// writeFaults has every class of failure of a write, with its share of the requests.
var writeFaults = map[string]sandbox.Fault{
	"503":                        {Status: 503, Probability: 0.02},
	"500 after the commit":       {Status: 500, Commit: true, Probability: 0.02},
	"503, late commit":           {Status: 503, CommitLate: lateCommit, Probability: 0.02},
	"429 with Retry-After":       {Status: 429, RetryAfter: time.Second, Probability: 0.005},
	"dropped before the commit":  {Drop: true, Probability: 0.02},
	"dropped after the commit":   {Drop: true, Commit: true, Probability: 0.02},
	"dropped, late commit":       {Drop: true, CommitLate: lateCommit, Probability: 0.03},
	"cut body":                   {Body: fault.Cut, Probability: 0.02},
	"HTML body":                  {Body: fault.HTML, Probability: 0.02},
	"empty body":                 {Body: fault.Empty, Probability: 0.02},
	"slow":                       {Delay: requestTimeout / 3, Probability: 0.05},
	"slower than the timeout":    {Delay: requestTimeout + lateCommit/4, Probability: 0.02},
	"no answer":                  {Hang: true, Probability: 0.02},
	"no answer after the commit": {Hang: true, Commit: true, Probability: 0.02},
	"no answer, late commit":     {Hang: true, CommitLate: lateCommit, Probability: 0.03},
}

// readFaults are the failures of lookups.
var readFaults = map[string]sandbox.Fault{
	"503":                     {Status: 503, Probability: 0.02},
	"dropped":                 {Drop: true, Probability: 0.02},
	"cut body":                {Body: fault.Cut, Probability: 0.02},
	"HTML body":               {Body: fault.HTML, Probability: 0.02},
	"slow":                    {Delay: requestTimeout / 3, Probability: 0.02},
	"slower than the timeout": {Delay: requestTimeout * 3 / 2, Probability: 0.01},
}

// proxyFaults are answers of a proxy in the API's place, to writes and to reads.
var proxyFaults = map[string]sandbox.Fault{
	"a proxy's 400":                   {Status: 400, Body: fault.HTML, Probability: 0.02},
	"a proxy's 400, after the commit": {Status: 400, Body: fault.HTML, Commit: true, Probability: 0.01},
}

// closeFaults are the API's refusals of a close.
var closeFaults = map[string]sandbox.Fault{
	"400 in the envelope": {Status: 400, Message: "Incident cannot be resolved", Probability: 0.05},
}

// faults makes the rules, each named after its operation and class. Each class gets one turn at the beginning, however short the
// run is. Afterwards chance decides.
func faults(in map[world]bool) []sandbox.Fault {
	var first, rest []sandbox.Fault
	add := func(classes map[string]sandbox.Fault, operations ...fault.Operation) {
		for n, class := range slices.Sorted(maps.Keys(classes)) {
			for i, operation := range operations {
				rule := classes[class]
				rule.Match.Operation = operation
				rule.Name = string(operation) + ": " + class
				rest = append(rest, rule)
				if i == n%len(operations) {
					rule.Probability, rule.Times = 1, 1
					first = append(first, rule)
				}
			}
		}
	}
	add(writeFaults, fault.Create, fault.Update, fault.Resolve)
	add(readFaults, fault.List)
	add(readFaults, fault.Get)
	if in[proxy] {
		add(proxyFaults, fault.Create, fault.Update, fault.Resolve)
		add(proxyFaults, fault.List)
		add(proxyFaults, fault.Get)
	}
	if in[refusedCloses] {
		add(closeFaults, fault.Resolve)
	}
	return append(first, rest...)
}

// classes counts how often each class was applied, to writes and to reads.
func classes(rules []sandbox.Fault) (writes, reads map[string]int) {
	writes, reads = map[string]int{}, map[string]int{}
	for _, rule := range rules {
		_, class, _ := strings.Cut(rule.Name, ": ")
		if rule.Match.Operation == fault.Get || rule.Match.Operation == fault.List {
			reads[class] += rule.Applied
		} else {
			writes[class] += rule.Applied
		}
	}
	return writes, reads
}

// counts are the counters of the senders. It is safe for concurrent use.
type counts struct {
	texts texts

	mu          sync.Mutex
	arrivals    int
	webhooks    int
	disruptions map[disruption]int
	answers     map[fate]int
}

func newCounts() *counts {
	return &counts{disruptions: map[disruption]int{}, answers: map[fate]int{}}
}

func (c *counts) nextArrival() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.arrivals++
	return c.arrivals
}

func (c *counts) webhook(how disruption) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.webhooks++
	if how != direct {
		c.disruptions[how]++
	}
}

// of counts the webhooks with this disruption.
func (c *counts) of(how disruption) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.disruptions[how]
}

func (c *counts) answer(f fate) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.answers[f]++
}

// table writes counts in the order of their names.
func table[K interface{ ~string | ~uint8 }](counts map[K]int) string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(counts)) {
		fmt.Fprintf(&b, "\n    %5d %v", counts[name], name)
	}
	return b.String()
}
