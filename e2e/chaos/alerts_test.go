// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package chaos

import (
	"cmp"
	"context"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/alert24/otelcol-alert24/internal/sleep"
)

// 24 alert names on 4 instances each are 96 aliases at any time. After a few changes, an alias is left alone and another takes its
// place. So later changes do not hide a mistake, and a run compares hundreds of final states. Of the aliases left firing, a family
// keeps the newest, so a long run costs no more per second than a short one.
const (
	families   = 24
	instances  = 4
	fewChanges = 3
	mostMore   = 6
	mostLeft   = 40
)

// problem is the problem behind an alias. Its alerts differ in severity and mount point. Its family's mutex guards it; the record
// has its own.
type problem struct {
	alias   string
	alerts  []*alert
	changes int // until it is left alone
	leftAt  time.Time
	record  record
}

// alert is Prometheus's view of one alert. Its family's mutex guards it.
type alert struct {
	problem     *problem
	member      int // place among the alerts of its alias
	labels      map[string]string
	severity    string
	fingerprint string

	firing         bool
	startsAt, ends time.Time
	revision       int // of its annotations

	// The last word of the pair of Alertmanagers, and when each of the two knows it.
	said, before saying
	heardAt      time.Time
}

// saying is what a webhook says of an alert.
type saying struct {
	Firing   bool
	StartsAt time.Time
	EndsAt   time.Time
	Revision int
	// Sure means that it was acknowledged. Otherwise the bridge may have accepted the alert or not.
	Sure bool
}

// covers reports whether no webhook is needed, because s was said and now is the state.
func (s *saying) covers(now *saying) bool {
	return s.Sure && s.Firing == now.Firing && s.StartsAt.Equal(now.StartsAt) && (!now.Firing || s.Revision == now.Revision)
}

func (a *alert) now() saying {
	return saying{Firing: a.firing, StartsAt: a.startsAt, EndsAt: a.ends, Revision: a.revision}
}

func (a *alert) summary(revision int) string {
	return fmt.Sprintf("%s %s %s, value %d", a.labels["alertname"], a.labels["instance"], a.labels["mountpoint"], revision)
}

// family is the alerts with one name. Its webhooks leave one after another, so their order is known.
type family struct {
	number int
	name   string

	wire turn // held while a webhook is on its way, and to use the problems' records

	mu       sync.Mutex // guards the rest
	problems []*problem // all problems of the run
	alive    []*problem
	left     []*problem // left alone while firing, oldest first
	groups   []*group
}

// turn is a lock whose waiters synctest sees as blocked.
type turn chan struct{}

func (t turn) Lock()   { t <- struct{}{} }
func (t turn) Unlock() { <-t }

// group is alerts that are notified together.
type group struct {
	severity string // common to all, if the family is grouped by severity
	alerts   []*alert
}

// severitiesOf has the severities of the alerts of an alias. With two warnings, the oldest is the worst.
var severitiesOf = [][]string{{"critical"}, {"critical", "warning"}, {"warning", "warning", "info"}, {"warning", "critical", "info"}}

// newFamily makes a family. Every second one is also grouped by severity, so an alias is in several groups.
func newFamily(n int, random *rand.Rand) *family {
	f := &family{number: n, name: "Alert" + strconv.Itoa(n), wire: make(turn, 1), groups: []*group{{}}}
	if n%2 == 0 {
		f.groups = []*group{{severity: "critical"}, {severity: "warning"}, {severity: "info"}}
	}
	for range instances {
		f.add(random)
	}
	return f
}

// add starts another alias.
func (f *family) add(random *rand.Rand) {
	n := len(f.problems)
	instance := fmt.Sprintf("host-%d.example", n)
	p := &problem{alias: f.name + ":" + instance, changes: fewChanges + random.IntN(mostMore)}
	for m, severity := range severitiesOf[(f.number+n)%len(severitiesOf)] {
		a := &alert{
			problem: p, member: m, severity: severity,
			labels: map[string]string{
				"alertname": f.name, "instance": instance, "severity": severity, "mountpoint": "/" + strconv.Itoa(m),
			},
			said: saying{Sure: true}, before: saying{Sure: true},
		}
		hash := fnv.New64a()
		fmt.Fprint(hash, a.labels)
		a.fingerprint = fmt.Sprintf("%016x", hash.Sum64())
		p.alerts = append(p.alerts, a)
		for _, g := range f.groups {
			if g.severity == "" || g.severity == severity {
				g.alerts = append(g.alerts, a)
			}
		}
	}
	f.problems, f.alive = append(f.problems, p), append(f.alive, p)
}

// run changes the family until ctx ends.
func (f *family) run(ctx context.Context, random *rand.Rand) {
	for sleep.For(ctx, time.Duration(random.ExpFloat64()*float64(changeEvery))) {
		f.live(random, time.Now().UTC().Truncate(time.Millisecond))
	}
}

// live starts, changes or ends one alert of the family.
func (f *family) live(random *rand.Rand, now time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := random.IntN(len(f.alive))
	p := f.alive[n]
	p.change(random, now)
	p.changes--
	if p.changes > 0 {
		return
	}
	p.leftAt = now
	f.alive = slices.Delete(f.alive, n, n+1)
	f.add(random)
	if len(p.firing()) == 0 {
		return
	}
	f.left = append(f.left, p)
	if len(f.left) > mostLeft {
		f.left[0].resolve(now)
		f.left = slices.Delete(f.left, 0, 1)
	}
}

// resolve ends all alerts of a problem: the machine is healthy again.
func (p *problem) resolve(now time.Time) {
	for _, a := range p.alerts {
		if a.firing {
			a.firing, a.ends = false, now
		}
	}
}

// any returns one of the live aliases.
func (f *family) any(random *rand.Rand) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.alive[random.IntN(len(f.alive))].alias
}

func (p *problem) change(random *rand.Rand, now time.Time) {
	a := p.alerts[random.IntN(len(p.alerts))]
	switch {
	case a.firing && random.IntN(4) == 0:
		a.revision++
	case a.firing && random.IntN(3) == 0:
		a.firing, a.ends = false, now
	case a.firing:
		p.resolve(now)
	default:
		// If a lease ran out while the condition held, the alert fires again with the old start.
		if a.startsAt.IsZero() || random.IntN(5) > 0 {
			a.startsAt = now
		}
		a.firing, a.ends = true, time.Time{}
	}
}

// firing returns the firing alerts, the worst first, and of equal ones the oldest.
func (p *problem) firing() []*alert {
	rank := []string{"critical", "warning", "info"}
	firing := slices.DeleteFunc(slices.Clone(p.alerts), func(a *alert) bool { return !a.firing })
	slices.SortFunc(firing, func(a, b *alert) int {
		return cmp.Or(
			slices.Index(rank, a.severity)-slices.Index(rank, b.severity),
			a.startsAt.Compare(b.startsAt),
			strings.Compare(a.fingerprint, b.fingerprint),
		)
	})
	return firing
}
