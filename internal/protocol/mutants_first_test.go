// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package protocol

// firstMutants are the mutants M1 to M25 and N1 to N5.
var firstMutants = []mutant{
	{"M1 doubt ends with the next success", "plain", 3000, `
func (n *Timed) succeed(c Call) {
	n.succeedOriginal(c)
	n.Doubt = Doubt{}
}`},
	{"M2 closes have no write-ahead", "plain", 10000, loadWithout("Close")},
	{"M3 an unanswered close makes no doubt", "plain", 10000, noDoubt("Close")},
	{"M4 an unanswered update makes no doubt", "plain", 10000, noDoubt("Update")},
	{"M5 updates have no write-ahead", "plain", 30000, loadWithout("Update")},
	{"M6 creates have no write-ahead", "plain", 3000, loadWithout("Create")},
	{"M7 an early lookup ends doubt", "plain", 3000, `
func (p *Policy) learnLookup(n *Timed, c Call, a Answer, now time.Time) Lesson {
	c.Depth, a.Began = All, a.Began.Add(time.Hour)
	return p.learnLookupOriginal(n, c, a, now)
}`},
	{"M8 creates in order to learn", "plain", 3000, `
func (p *Policy) decideClosed(e *Timed, now time.Time) Decision {
	if e.Doubt.Creates > 0 {
		return e.write(Call{Kind: Create}, now)
	}
	return p.decideClosedOriginal(e, now)
}`},
	{"M9 closes while a create is unanswered", "plain", 10000, `
func (p *Policy) decideClosed(e *Timed, now time.Time) Decision {
	if e.Incident.State == Open && e.Doubt.Creates > 0 {
		return e.afterLook(Call{Kind: Close, ID: e.Incident.ID}, now)
	}
	return p.decideClosedOriginal(e, now)
}`},
	{"M10 a 5xx counts as not done", "plain", 3000, ""},
	{"M11 an answer is learnt on the entry that the call started from", "plain", 3000, ""},
	{"M12 the first resolve closes", "plain", 3000, `
func (p *Policy) applyResolve(n *Timed, m *Member, ev *Event, now time.Time) Outcome {
	o := p.applyResolveOriginal(n, m, ev, now)
	for _, m := range slices.Collect(n.Members.All()) {
		if m.Firing && o == Resolved {
			n.Members.set(resolved(m, ev, now))
			p.changed(n, true, now)
		}
	}
	return o
}`},
	{"M13 a firing is dropped for its old start", "plain", 3000, `
func (p *Policy) applyFiring(n *Timed, m *Member, ev *Event, now time.Time) Outcome {
	if !m.Unfinished() && !ev.Alert.StartsAt.After(m.EndsAt) {
		return OlderDropped
	}
	return p.applyFiringOriginal(n, m, ev, now)
}`},
	{"M14 the wall clock orders", "clock steps", 10000, `
func (p *Policy) apply(n *Timed, ev *Event, now time.Time) Outcome {
	if m := n.Members.Get(ev.Key); m != nil && now.Before(m.LastSeen) {
		return OlderDropped
	}
	return p.applyOriginal(n, ev, now)
}
func notAfter(t, now time.Time) time.Time { return t }`},
	{"M15 the order of arrival is the only order", "plain", 30000, `
func (m *Member) newerThan(ev *Event) bool { return false }`},
	{"M16 no echo is held", "plain", 30000, `
func (p *Policy) isEcho(m *Member, ev *Event, now time.Time) bool { return false }`},
	{"M17 any firing ends a hold", "plain", 30000, `
func (p *Policy) releases(m *Member, ev *Event) bool { return true }`},
	{"M18 a hold starts anew at each restart", "plain", 10000, `
func (p *Policy) Load(e *Entry, now time.Time) Timed {
	n := *e
	n.Members = n.Members.draft()
	for m := range e.Members.All() {
		if next := *m; m.held() {
			next.HeldUntil = now.Add(p.EchoHold)
			n.Members.set(&next)
		}
	}
	return p.LoadOriginal(&n, now)
}`},
	{"M19 a resolve of an older instance is believed", "plain", 3000, `
func (m *Member) outlives(ev *Event) bool { return false }`},
	{"M20 memory changes before disk", "plain", 3000, ""},
	{"M22 a close is finished again and again", "reopens", 30000, `
func (n *Timed) note(c Call, now time.Time) {
	n.noteOriginal(c, now)
	n.Doubt.Finished = false
}
func (p *Policy) created(n *Timed, a Answer, now time.Time) Lesson {
	l := p.createdOriginal(n, a, now)
	n.Doubt.Finished = false
	return l
}`},
	{"M23 the second of two incidents is left", "racy", 3000, `
func (p *Policy) decideExtra(e *Timed, now time.Time) Decision { return Decision{} }`},
	{"M24 an open incident is never looked at", "people", 3000, `
func (p *Policy) refreshDue(e *Entry, now time.Time) bool { return false }
func (p *Policy) Missing(e Timed, now time.Time) Timed { return e }`},
	{"M25 the end of doubt is kept as wall time over a restart", "clock steps", 30000, `
func (p *Policy) Load(e *Entry, now time.Time) Timed {
	n := p.LoadOriginal(e, now)
	n.SettleAt = n.Doubt.Since.Add(2 * p.SettleTime)
	return n
}`},
	{"N1 an echo takes the start of the instance that fires back", "plain", 10000, `
func (p *Policy) applyFiring(n *Timed, m *Member, ev *Event, now time.Time) Outcome {
	o := p.applyFiringOriginal(n, m, ev, now)
	if next := *n.Members.Get(ev.Key); next.Firing {
		next.Alert.StartsAt = ev.Alert.StartsAt
		n.Members.set(&next)
	}
	return o
}`},
	{"N3 the last lookup reads only what is new", "clock steps", 30000, `
func (e *Timed) lookup(now time.Time) Decision {
	d := e.lookupOriginal(now)
	if d.Call.Depth == All && e.Incident.State != Unknown {
		d.Call.Depth = Since
	}
	return d
}
func (p *Policy) learnLookup(n *Timed, c Call, a Answer, now time.Time) Lesson {
	if c.Depth == Since {
		c.Depth = All
	}
	return p.learnLookupOriginal(n, c, a, now)
}`},
	{"N4 an event that changes nothing arms a create in memory only", "plain", 30000, ""},
	{"N5 a timer of the past wakes", "plain", 3000, `
func (p *Policy) nextTimer(e *Timed, now time.Time) time.Time {
	return earliest(e.LookAt, p.nextTimerOriginal(e, now))
}`},
}

func loadWithout(kind string) string {
	return `
func (p *Policy) Load(e *Entry, now time.Time) Timed {
	n := *e
	if e.Inflight().Kind == ` + kind + ` {
		n.setInflight(Call{})
	}
	return p.LoadOriginal(&n, now)
}`
}

func noDoubt(kind string) string {
	return `
func (p *Policy) doubt(n *Timed, c Call, sent Content, now time.Time) {
	if c.Kind != ` + kind + ` {
		p.doubtOriginal(n, c, sent, now)
	}
}`
}
