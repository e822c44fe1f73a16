// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package chaos

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/alert24/otelcol-alert24/internal/sandbox"
	"github.com/alert24/otelcol-alert24/internal/sandbox/store"
)

// evidence is everything that the judge needs from a run.
type evidence struct {
	families  []*family
	webhooks  int
	incidents []sandbox.Incident
	byID      map[string]*call       // the requests
	reads     map[string][]time.Time // when each incident was certainly read by its id
	noFault   text
	ends      []span // the collector was killed or told to stop, and lived for an unknown part of this time
	pauses    []span // when the process was stopped
	blind     []span // when answers to updates did not show the incident
	// gap is the time between the API's search for the alias and the insert.
	gap time.Duration
}

// verdict is the result of the judge.
type verdict struct {
	findings []finding
	stray    []string // aliases of open incidents that no alert needs

	aliases, created, episodes, echoes int
	edited, marked, crossed, kept      int // fields, as in edits
	closedByHand                       int
	foreign, blocked                   int
	races, stale                       int // creates excused by a gap or a pause
	undecided                          int // aliases with too many possible histories
	steps, widest                      int
}

// finding is one wrong alias.
type finding struct {
	family  *family
	problem *problem
	err     error
}

// judge compares Alert24 with the alerts, alias by alias. It reads each record and each incident once.
func (e *evidence) judge() *verdict {
	v := &verdict{}
	byAlias := map[string][]*sandbox.Incident{}
	for n := range e.incidents {
		i := &e.incidents[n]
		byAlias[i.Alias] = append(byAlias[i.Alias], i)
	}
	creates := e.creates()
	for _, f := range e.families {
		for _, p := range f.problems {
			if err := e.judgeAlias(v, p, byAlias[p.alias], creates[p.alias]); err != nil {
				v.findings = append(v.findings, finding{f, p, err})
			}
			delete(byAlias, p.alias)
		}
	}
	for alias, incidents := range byAlias {
		if slices.ContainsFunc(incidents, func(i *sandbox.Incident) bool { return i.Open() }) {
			v.stray = append(v.stray, alias)
		}
	}
	return v
}

// creates returns the times at which creates of each alias arrived, if there were pauses.
func (e *evidence) creates() map[string][]time.Time {
	times := map[string][]time.Time{}
	if len(e.pauses) == 0 {
		return times
	}
	for _, c := range e.byID {
		if c.method == http.MethodPost {
			times[c.target] = append(times[c.target], c.at)
		}
	}
	return times
}

func (e *evidence) judgeAlias(v *verdict, p *problem, incidents []*sandbox.Incident, creates []time.Time) error {
	v.aliases++
	var (
		errs           []error
		ours, open     []*sandbox.Incident
		closes         int
		blocked        bool
		title, severe  bool // a person wrote it last
		foreignTouched error
	)
	for _, i := range incidents {
		if i.History[0].By != store.ByAPI {
			v.foreign++
			blocked = blocked || i.Open()
			foreignTouched = errors.Join(foreignTouched, leftAlone(i))
			continue
		}
		ours = append(ours, i)
		s, err := e.follow(i)
		errs = append(errs, err)
		closes += s.closes
		v.edited, v.marked, v.crossed, v.kept = v.edited+s.edited, v.marked+s.marked, v.crossed+s.crossed, v.kept+s.kept+len(s.marks)
		if i.Open() && (!s.reopened || len(p.firing()) > 0) {
			open = append(open, i)
			title, severe = s.byHand["title"], s.byHand["severity"]
		}
	}
	v.created += len(ours)
	v.closedByHand += closes
	if blocked && len(open) == 0 && len(p.firing()) > 0 {
		v.blocked++ // the other tool's incident blocks ours
	} else {
		errs = append(errs, p.compare(open, title, severe))
	}
	return errors.Join(append(errs, foreignTouched, e.boundCreates(v, p, ours, closes, creates))...)
}

// compare returns how the open incidents of an alias differ from its alerts, ignoring people's edits.
func (p *problem) compare(open []*sandbox.Incident, titleByHand, severityByHand bool) error {
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
	title := titleOf(firing)
	severity := map[string]string{"critical": "critical", "warning": "high", "info": "low"}[worst.severity]
	if !titleByHand && open[0].Title != title || !severityByHand && open[0].Severity != severity {
		return fmt.Errorf("the incident is %q (%s), the alert %q (%s)", open[0].Title, open[0].Severity, title, severity)
	}
	return nil
}

// titleOf returns the title of the incident of firing alerts, the worst first.
func titleOf(firing []*alert) string {
	title := firing[0].summary(firing[0].revision)
	if more := len(firing) - 1; more > 0 {
		title += fmt.Sprintf(" (+%d)", more)
	}
	return title
}

// boundCreates checks that an alias did not get more incidents than it had episodes. Each incident that a person closed while its
// alert fires may have a successor. Two racing creates, or a create that a paused process sends when it continues, cannot be told
// apart from what the promise allows.
func (e *evidence) boundCreates(v *verdict, p *problem, ours []*sandbox.Incident, closes int, creates []time.Time) error {
	b := newEpisodes()
	b.follow(&p.record)
	v.steps, v.widest = v.steps+b.steps, max(v.widest, b.widest)
	v.echoes += p.record.echoes
	if b.undecided {
		v.undecided++
		return nil
	}
	if err := b.expect(p); err != nil {
		return err
	}
	most := b.end()
	v.episodes += most
	excess := len(ours) - most - closes
	if excess <= 0 {
		return nil
	}
	races, stale := e.racing(ours), e.nearPauses(creates)
	v.races += min(excess, races)
	v.stale += min(max(0, excess-races), stale)
	if excess > races+stale {
		return fmt.Errorf("%d incidents were created for at most %d episodes, %d closed by people, %d races and %d stops of the process",
			len(ours), most, closes, races, stale)
	}
	return nil
}

// racing counts incidents that were created during the API's search for the previous one.
func (e *evidence) racing(ours []*sandbox.Incident) int {
	n := 0
	for k := 1; k < len(ours); k++ {
		if ours[k].CreatedAt.Sub(ours[k-1].CreatedAt) <= 2*e.gap {
			n++
		}
	}
	return n
}

// nearPauses counts the pauses after which a process may have sent a request that it decided on before.
func (e *evidence) nearPauses(creates []time.Time) int {
	n := 0
	for _, p := range e.pauses {
		if slices.ContainsFunc(creates, func(at time.Time) bool {
			return at.After(p.from.Add(-requestTimeout)) && at.Before(p.to.Add(2*requestTimeout))
		}) {
			n++
		}
	}
	return n
}
