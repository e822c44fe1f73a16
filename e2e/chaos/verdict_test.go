// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package chaos

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/alert24/otelcol-alert24/internal/sandbox"
)

// requireChaos fails a run in which not everything happened.
func (r *run) requireChaos(t *testing.T, rules []sandbox.Fault, seconds int) {
	t.Helper()
	writes, reads := classes(rules)
	for class, n := range writes {
		assert.Positive(t, n, "no write met the fault: %s", class)
	}
	for class, n := range reads {
		assert.Positive(t, n, "no read met the fault: %s", class)
	}
	assert.GreaterOrEqual(t, r.kills, max(1, seconds/6), "kills")
	for _, disruption := range []string{"sent twice", "answer lost", "cut off in the middle", "stalled"} {
		assert.Positive(t, r.counts.disruptions[disruption], "webhooks %s", disruption)
	}
	assert.Positive(t, r.sandbox.Stats().LateCommits)
	echoes := 0
	for _, f := range r.families {
		echoes += f.echoes()
	}
	assert.Positive(t, echoes, "a replica that still says what the other has ended")
	firing, aliases := 0, 0
	for _, f := range r.families {
		for _, p := range f.problems {
			aliases++
			if len(p.firing()) > 0 {
				firing++
			}
		}
	}
	assert.GreaterOrEqual(t, aliases, families*instances)
	assert.NotZero(t, firing, "nothing fires at the end")
	assert.NotEqual(t, aliases, firing, "nothing is over at the end")
}

// requirePromise compares Alert24 with the alerts.
func (r *run) requirePromise(t *testing.T) {
	t.Helper()
	open, created := map[string][]sandbox.Incident{}, map[string]int{}
	for _, i := range r.sandbox.Incidents() {
		created[i.Alias]++
		if i.Open() {
			open[i.Alias] = append(open[i.Alias], i)
		}
	}
	wrong := 0
	for _, f := range r.families {
		for _, p := range f.problems {
			err := errors.Join(p.compare(open[p.alias]), f.boundCreates(p, created[p.alias]))
			delete(open, p.alias)
			if err == nil {
				continue
			}
			wrong++
			if wrong <= shown {
				t.Errorf("%s: %v\n%s", p.alias, err, r.history(f, p.alias))
			} else {
				t.Errorf("%s: %v", p.alias, err)
			}
		}
	}
	assert.Empty(t, open, "incidents that nobody asked for")
}

// compare says how the open incidents of an alias differ from what its alerts ask for.
func (p *problem) compare(open []sandbox.Incident) error {
	firing := p.firing()
	switch {
	case len(firing) == 0 && len(open) == 0:
		return nil
	case len(firing) == 0:
		return fmt.Errorf("no alert fires, %d incidents are open", len(open))
	case len(open) != 1:
		return fmt.Errorf("%d alerts fire, %d incidents are open", len(firing), len(open))
	}
	worst := firing[0]
	title := worst.summary(worst.revision)
	if len(firing) > 1 {
		title += fmt.Sprintf(" (+%d)", len(firing)-1)
	}
	severity := map[string]string{"critical": "critical", "warning": "high", "info": "low"}[worst.severity]
	if open[0].Title != title || open[0].Severity != severity {
		return fmt.Errorf("the incident is %q (%s), the alert %q (%s)", open[0].Title, open[0].Severity, title, severity)
	}
	return nil
}

// boundCreates says whether an alias got more incidents than it had episodes.
func (f *family) boundCreates(p *problem, created int) error {
	e := f.episodes(p.alias)
	if err := e.expect(p); err != nil {
		return err
	}
	if most := e.end(); created > most {
		return fmt.Errorf("%d incidents were created for at most %d episodes", created, most)
	}
	return nil
}

// episodes follows all webhooks about an alias.
func (f *family) episodes(alias string) *episodes {
	e := newEpisodes(echoWindow, echoHold)
	for _, m := range f.log {
		if m.about(alias) != "" {
			e.hear(alias, m)
		}
	}
	return e
}

// echoes counts how often a replica said that an alert fires, with a start from before its end, after the other had said
// that it is over.
func (f *family) echoes() int {
	n := 0
	over := map[*alert]saying{}
	by := map[*alert]int{}
	for _, m := range f.log {
		for i, a := range m.group {
			s := m.says[i]
			switch end, ok := over[a]; {
			case m.fate != taken:
			case !s.Firing:
				over[a], by[a] = s, m.replica
			case ok && by[a] != m.replica && !s.StartsAt.After(end.EndsAt):
				n++
				delete(over, a)
			}
		}
	}
	return n
}

// report shows what happened.
func (r *run) report(t *testing.T, rules []sandbox.Fault, chaos, calm time.Duration) {
	t.Helper()
	aliases, episodes, echoes := 0, 0, 0
	for _, f := range r.families {
		echoes += f.echoes()
		aliases += len(f.problems)
		for _, p := range f.problems {
			episodes += f.episodes(p.alias).end()
		}
	}
	writes, reads := classes(rules)
	stats := r.sandbox.Stats()
	var b strings.Builder
	fmt.Fprintf(&b, "chaos for %s, at rest %s later\n", chaos.Round(time.Second), calm.Round(time.Second))
	fmt.Fprintf(&b, "  %d kills, %d stops\n", r.kills, r.stops)
	fmt.Fprintf(&b, "  %d webhooks%s\n  answered%s\n", r.counts.webhooks, table(r.counts.disruptions), table(r.counts.answers))
	fmt.Fprintf(&b, "  API requests%s\n  faults of writes%s\n  faults of reads%s\n", table(stats.Requests), table(writes), table(reads))
	fmt.Fprintf(&b, "  %d late commits, %d firings that a replica said after the other's resolve\n  %d creates for at most %d episodes of %d aliases, %d open at the end",
		stats.LateCommits, echoes, stats.Creates(), episodes, aliases, stats.Open)
	t.Log(b.String())
}
