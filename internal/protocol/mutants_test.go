// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package protocol

import "slices"

// mutants switch off one rule each. Their names say what they break. The client, not the protocol, decides how a lookup reads the list.
var mutants = slices.Concat(firstMutants, syncMutants, replicaMutants, shortMutants, []mutant{
	{"B1 what is left to a person is closed in doubt", "left", 20000, `
func (p *Policy) decideClosed(e *Timed, now time.Time) Decision {
	if e.Incident.State == Open && e.Left && e.lookupDue(now) {
		return e.afterLook(Call{Kind: Close, ID: e.Incident.ID}, now)
	}
	return p.decideClosedOriginal(e, now)
}`},
	{"a forgotten alert leaves nothing to a person", "one left", 20000, `
func (p *Policy) changed(n *Timed, fired bool, now time.Time) {
	n.KeepsOpen = false
	p.changedOriginal(n, fired, now)
}`},
	{"what is left to a person is forgotten", "one left", 20000, `
func (p *Policy) expiresAt(e *Entry) time.Time {
	c := *e
	if c.Over() {
		c.Incident.State = Closed
	}
	return p.expiresAtOriginal(&c)
}`},
	{"an alert leaves the next incident, too", "one left", 20000, `
func (e *Entry) certainlyNone() bool { return false }`},
	{"an alert leaves what follows after a person's close", "one left, odd", 20000, `
func (p *Policy) dismiss(n *Timed) {
	keeps := n.KeepsOpen
	p.dismissOriginal(n)
	n.KeepsOpen = keeps
}`},
	{"B2 what was not heard of before the start is stale", "stale", 20000, `
func (p *Policy) heard(m *Member) time.Time { return m.LastSeen }`},
	{"an alert does not say when it is stale", "own rules", 20000, `
func (p *Policy) staleAfter(m *Member) time.Duration { return p.StaleAfter }`},
	{"an alert does not say what never means", "own rules", 20000, `
func (s *Members) final() bool { return false }`},
	{"a summary is never due", "buckets", 20000, `
func (p *Policy) sumDue(s *summary, firing bool, now time.Time) bool { return false }`},
	{"a packed entry forgets who resolved its alert", "buckets", 20000, `
func (u *unpacker) member() *Member {
	m := u.memberOriginal()
	m.ResolvedBy = ""
	return m
}`},
	{"every alert keeps its text", "brief", 20000, `
func (p *Policy) apply(n *Timed, ev *Event, now time.Time) Outcome {
	q := *p
	q.Members = 2
	return q.applyOriginal(n, ev, now)
}`},
	{"B3 a refused create is never tried again", "odd answers", 20000, `
func (p *Policy) learnRefused(n *Timed, c Call, a Answer, now time.Time) Lesson {
	l := p.learnRefusedOriginal(n, c, a, now)
	n.ParkedAt = now.Add(1000 * time.Hour)
	return l
}`},
	{"a create that is refused again is not parked", "odd answers", 20000, `
func (p *Policy) learnRefused(n *Timed, c Call, a Answer, now time.Time) Lesson {
	l := p.learnRefusedOriginal(n, c, a, now)
	n.Refused.Short = n.Refused.Short && c.Short
	return l
}`},
	{"B4 a close without a body is unanswered", "no bodies", 20000, `
func (p *Policy) learnClose(n *Timed, c Call, a Answer, now time.Time) Lesson {
	if !a.Incident.Seen {
		p.doubt(n, c, a.Sent, now)
		p.backOff(n, c, a, now)
		return Doubting
	}
	return p.learnCloseOriginal(n, c, a, now)
}`},
	{"B5 no look after a refused close", "odd answers", 20000, `
func (n *Timed) lookBefore(now time.Time) {}`},
	{"B6 a further incident first", "racy", 20000, `
func (p *Policy) decide(e *Timed, want *Content, now time.Time) Decision {
	if e.Inflight().Kind == NoCall && len(e.Extra) > 0 {
		return p.decideExtra(e, now)
	}
	return p.decideOriginal(e, want, now)
}`},
	{"B10 a close is believed whatever it shows", "odd answers", 20000, `
func (p *Policy) learnClose(n *Timed, c Call, a Answer, now time.Time) Lesson {
	a.Incident.Open = false
	return p.learnCloseOriginal(n, c, a, now)
}`},
	{"a 404 proves that an incident is closed", "odd answers", 20000, `
func (p *Policy) learnClose(n *Timed, c Call, a Answer, now time.Time) Lesson {
	l := p.learnCloseOriginal(n, c, a, now)
	n.Unseen = n.Unseen && a.Result != Gone
	return l
}`},
	{"a 404 proves that an incident was removed", "odd answers", 20000, `
func (p *Policy) learnGone(n *Timed, c Call, a Answer, now time.Time) Lesson {
	if c.Kind == Update {
		p.closed(n, c)
		return FoundClosed
	}
	return p.learnGoneOriginal(n, c, a, now)
}`},
	{"B11 what was not seen is confirmed", "odd answers", 20000, `
func (n *Timed) unseen(f Shown, now time.Time) {}`},
	{"a create that met an incident has written", "people", 20000, `
func (p *Policy) created(n *Timed, a Answer, now time.Time) Lesson {
	a.Met = false
	return p.createdOriginal(n, a, now)
}`},
	{"another tool's incident is adopted", "foreign", 20000, `
func (p *Policy) Learn(e Timed, c Call, a Answer, now time.Time) (Timed, Lesson) {
	if a.Result == Foreign {
		a.Result = Done
	}
	return p.LearnOriginal(e, c, a, now)
}`},
	{"another tool's closed incident is taken for ours", "foreign", 20000, ""},
	{"another tool's incident blocks forever", "foreign", 20000, `
func (p *Policy) Missing(e Timed, now time.Time) Timed { return e }`},
	{"edits are overwritten", "people", 20000, `
func (e *Entry) mayWrite(f incident.Field, want *Content) bool { return true }`},
	{"a severity that rises is not written over an edit", "people", 20000, `
func (e *Entry) mayWrite(f incident.Field, want *Content) bool { return !e.Written.Theirs.Has(f) }`},
	{"a person's worse severity is lowered", "people", 30000, `
func severityOf(hash uint64) incident.Severity { return 0 }`},
	{"a lookup without marks is complete", "no marks", 20000, `
func (e *Entry) Titles() ([]uint64, bool) { return nil, false }`},
	{"no slow tries", "odd answers", 20000, `
func (p *Policy) slow(e *Timed) time.Time { return time.Time{} }`},
	{"a call before its turn costs none of the later ones", "recovers", 20000, `
func (p *Policy) tried(n *Timed, c Call, now time.Time) {
	p.triedOriginal(n, c, now)
	n.LastTry = earliest(n.LastTry, now)
}`},
	{"a hurry forgets the calls before their turn", "recovers", 20000, `
func (p *Policy) Hurry(e Timed, since, now time.Time) Timed {
	e.LastTry = earliest(e.LastTry, since.Add(-1))
	return p.HurryOriginal(e, since, now)
}`},
	{"a pause makes a call before its turn free", "recovers", 20000, `
func (p *Policy) turnedAway(n *Timed, c Call) {
	p.turnedAwayOriginal(n, c)
	n.LastTry, n.Hurried = time.Time{}, false
}`},
	{"no delay of closes", "resolve delay", 20000, `
func (p *Policy) decideClosed(e *Timed, now time.Time) Decision {
	q := *p
	q.ResolveDelay = 0
	return q.decideClosedOriginal(e, now)
}`},
	{"what a person closed is opened", "reopen never", 20000, `
func (p *Policy) dismiss(n *Timed) {}`},
	{"the worst severity is forgotten", "only rises", 20000, `
func (p *Policy) changed(n *Timed, fired bool, now time.Time) {
	p.changedOriginal(n, fired, now)
	n.Peak = n.Worst()
}`},
	{"people are called again for the same severity", "renew", 20000, `
func (p *Policy) renews(e *Entry, want *Content) bool { return p.Renew && want.Severity >= incident.High && e.Due(want) != 0 }`},
	{"a renewal does not see that a person closed the incident", "renew never", 20000, `
func (p *Policy) Learn(e Timed, c Call, a Answer, now time.Time) (Timed, Lesson) {
	if c.Renew && (a.Result == Gone || a.Before.Seen) {
		a = Answer{Result: Done, Incident: a.Before}
	}
	return p.LearnOriginal(e, c, a, now)
}`},
	{"an incident is closed again and again to call people", "renew and rises", 20000, `
func (e *Entry) renewed(c Call) { e.Renewed = e.Worst() }`},
	{"an incident is closed to call people, and opened only once", "renew, revives", 20000, `
func (p *Policy) renews(e *Entry, want *Content) bool {
	n := *e
	n.Reopened = false
	return p.renewsOriginal(&n, want)
}`},
	{"no smaller updates", "no lists", 20000, `
func (p *Policy) shrink(n *Timed, c Call, now time.Time) bool {
	return c.Kind == Create && p.shrinkOriginal(n, c, now)
}`},
	{"no smaller creates", "no lists", 20000, `
func (t *Timers) triesShort() bool { return false }`},
	{"an answer is learnt twice", "plain", 20000, `
func (p *Policy) Learn(e Timed, c Call, a Answer, now time.Time) (Timed, Lesson) {
	if c.Kind != Lookup {
		e = e.copy()
		e.setInflight(c)
		e.Armed = false
	}
	return p.LearnOriginal(e, c, a, now)
}`},
	{"an answer that comes after the doubt teaches nothing", "all", 60000, `
func (p *Policy) learnAgain(n *Timed, c Call, a Answer, now time.Time) Lesson { return Nothing }`},
	{"a partial list disproves a further incident", "racy", 60000, `
func stillOpen(extra []string, found []Shown, depth Depth) []string { return stillOpenOriginal(extra, found, max(depth, All)) }`},
	{"cleaned text is a person's", "no flag", 30000, `
func (n *Entry) mayHaveSent(f incident.Field) bool { return false }`},
	{"a text that no answer has shown is the last one written", "cleans, odd", 20000, `
func (e *Entry) rewritten(f incident.Field, news uint64) bool { return false }`},
	{"the oldest unanswered call explains any text", "plain", 60000, `
func (n *Entry) agreed(f incident.Field) uint64 {
	if len(n.Unsure) == 0 {
		return 0
	}
	return n.Unsure[0].News[f]
}`},
	{"an unanswered create made any incident", "cleaned text", 60000, `
func (e *Entry) made(f *Shown) bool {
	shown := *f
	shown.CreatedAt = time.Time{}
	return e.madeOriginal(&shown)
}`},
	{"edits before a close that was ignored are forgotten", "cleaned text", 60000, `
func (n *Entry) mayBeOpen(id string) bool { return false }`},
	{"an end is cut below its start", "plain", 30000, `
func resolved(m *Member, ev *Event, now time.Time) *Member {
	next := resolvedOriginal(m, ev, now)
	next.EndsAt = now
	return next
}`},
	{"no audit", "people", 20000, `
func (p *Policy) Suspect(e Timed, id string, created, now time.Time) Timed { return e }`},
	{"a lookup counts whatever has changed", "plain", 20000, `
func (p *Policy) learnLookup(n *Timed, c Call, a Answer, now time.Time) Lesson {
	c.Version = n.Version
	return p.learnLookupOriginal(n, c, a, now)
}`},
	{"a lookup whose list failed teaches nothing", "no bodies", 60000, `
func (p *Policy) learnKnown(n *Timed, c Call, a Answer, now time.Time) Lesson { return Retrying }`},
	{"a lookup whose list failed ends doubt", "plain", 20000, `
func (p *Policy) learnKnown(n *Timed, c Call, a Answer, now time.Time) Lesson {
	if len(a.Found) > 0 {
		n.Doubt, n.Unsure = Doubt{}, nil
	}
	return p.learnKnownOriginal(n, c, a, now)
}`},
	{"any lookup that ends doubt is good news", "plain", 60000, `
func (e *Timed) rest() {
	if e.Settled() {
		e.Tries = 0
	}
}`},
	{"any open incident was made by an unanswered create", "people", 60000, `
func (e *Entry) made(f *Shown) bool { return true }`},
	{"B12 a time that is not told is long ago", "no times", 20000, `
func (m *Member) outlives(ev *Event) bool {
	return m.Unfinished() && ev.Alert.StartsAt.Before(m.Alert.StartsAt) && !ev.EndsAt.After(m.Alert.StartsAt)
}`},
	{"a renewal that failed is forgotten", "renew", 60000, `
func (p *Policy) learnClose(n *Timed, c Call, a Answer, now time.Time) Lesson {
	l := p.learnCloseOriginal(n, c, a, now)
	if c.Renew && l == StillOpen {
		n.Incident.State = Closed
	}
	return l
}`},
	{"links are news", "plain", 20000, `
func (e *Entry) Due(want *Content) (s FieldSet) {
	for f, sent := range want.Sent {
		if sent != e.Written.Shown[f] {
			s |= Fields(incident.Field(f))
		}
	}
	return s
}`},
	{"a create is repeated blindly", "plain", 20000, `
func (p *Policy) learnUnanswered(n *Timed, c Call, a Answer, now time.Time) Lesson {
	l := p.learnUnansweredOriginal(n, c, a, now)
	n.PeekBy = time.Time{}
	return l
}`},
	{"a lookup delays a new firing", "plain", 20000, `
func (p *Policy) decideCreate(e *Timed, want *Content, now time.Time) Decision {
	if e.lookupDue(now) {
		return e.lookup(now)
	}
	return p.decideCreateOriginal(e, want, now)
}`},
	{"resolved before the start", "plain", 20000, `
func (e *Entry) EndedAt() time.Time { return e.FirstStart() }`},
})
