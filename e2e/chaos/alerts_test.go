// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package chaos

import (
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"strconv"
	"sync"
	"time"
)

// 24 alert names on 4 instances each are 96 aliases. The alerts of an alias differ in severity and mount point.
const (
	families  = 24
	instances = 4
)

// alert is what Prometheus knows of one alert. Its family guards it.
type alert struct {
	alias       string
	member      int // place among the alerts of its alias
	labels      map[string]string
	severity    string
	fingerprint string

	firing         bool
	startsAt, ends time.Time
	revision       int // of its annotations

	// What the pair of Alertmanagers said of it last, and when each of the two knows.
	said, before saying
	heardAt      time.Time
}

// saying is what a webhook says of an alert.
type saying struct {
	Firing   bool
	StartsAt time.Time
	EndsAt   time.Time
	Revision int
	// Sure: it was acknowledged. Without that the alert may have been taken or not.
	Sure bool
}

// covers says whether nothing needs to be said when now is the case and s was said.
func (s *saying) covers(now *saying) bool {
	return s.Sure && s.Firing == now.Firing && s.StartsAt.Equal(now.StartsAt) && (!now.Firing || s.Revision == now.Revision)
}

func (a *alert) now() saying {
	return saying{Firing: a.firing, StartsAt: a.startsAt, EndsAt: a.ends, Revision: a.revision}
}

func (a *alert) summary(revision int) string {
	return fmt.Sprintf("%s %s %s, value %d", a.labels["alertname"], a.labels["instance"], a.labels["mountpoint"], revision)
}

// family is the alerts with one name. Its webhooks leave one after the other, so that their order is known.
type family struct {
	name   string
	groups [][]*alert // as Alertmanager's group_by cuts them

	wire sync.Mutex // held while a webhook is on its way
	log  []*message // guarded by wire

	mu     sync.Mutex // guards the alerts
	alerts []*alert
}

// severitiesOf are the alerts of an alias. Two warnings make the oldest the worst.
var severitiesOf = [][]string{{"critical"}, {"critical", "warning"}, {"warning", "warning", "info"}, {"warning", "critical", "info"}}

// newFamily makes a family. Every other one is grouped by severity as well, so that an alias is in several groups.
func newFamily(n int) *family {
	f := &family{name: "Alert" + strconv.Itoa(n)}
	groups := map[string][]*alert{}
	for i := range instances {
		for m, severity := range severitiesOf[(n+i)%len(severitiesOf)] {
			instance := fmt.Sprintf("host-%d.example", i)
			a := &alert{
				alias: f.name + ":" + instance, member: m, severity: severity,
				labels: map[string]string{
					"alertname": f.name, "instance": instance, "severity": severity, "mountpoint": "/" + strconv.Itoa(m),
				},
				said: saying{Sure: true}, before: saying{Sure: true},
			}
			hash := fnv.New64a()
			fmt.Fprint(hash, a.labels)
			a.fingerprint = fmt.Sprintf("%016x", hash.Sum64())
			f.alerts = append(f.alerts, a)
			key := ""
			if n%2 == 0 {
				key = severity
			}
			groups[key] = append(groups[key], a)
		}
	}
	for _, key := range []string{"", "critical", "warning", "info"} {
		if len(groups[key]) > 0 {
			f.groups = append(f.groups, groups[key])
		}
	}
	return f
}

// live lets one alert of the family begin, change or end.
func (f *family) live(random *rand.Rand, now time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	a := f.alerts[random.IntN(len(f.alerts))]
	switch {
	case a.firing && random.IntN(4) == 0:
		a.revision++
	case a.firing && random.IntN(3) == 0:
		a.firing, a.ends = false, now
	case a.firing:
		for _, b := range f.alerts { // the machine is well again
			if b.alias == a.alias && b.firing {
				b.firing, b.ends = false, now
			}
		}
	default:
		// A lease that ran out while the condition held begins again with the old start.
		if a.startsAt.IsZero() || random.IntN(5) > 0 {
			a.startsAt = now
		}
		a.firing, a.ends = true, time.Time{}
	}
}

// firing returns the alerts of an alias that fire, worst first, then the oldest.
func (f *family) firing(alias string) []*alert {
	rank := []string{"critical", "warning", "info"}
	var firing []*alert
	for _, a := range f.alerts {
		if a.alias == alias && a.firing {
			firing = append(firing, a)
		}
	}
	slices.SortFunc(firing, func(a, b *alert) int {
		if d := slices.Index(rank, a.severity) - slices.Index(rank, b.severity); d != 0 {
			return d
		}
		if d := a.startsAt.Compare(b.startsAt); d != 0 {
			return d
		}
		return slices.Compare([]byte(a.fingerprint), []byte(b.fingerprint))
	})
	return firing
}

// aliases of the family, each once.
func (f *family) aliases() []string {
	var all []string
	for _, a := range f.alerts {
		if !slices.Contains(all, a.alias) {
			all = append(all, a.alias)
		}
	}
	return all
}
