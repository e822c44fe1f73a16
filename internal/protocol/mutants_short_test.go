// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package protocol

// shortMutants concern creates in the short form, severities that go alone, answers that show nothing, lists that show less than answers, and
// incidents that are closed for a moment.
var shortMutants = []mutant{
	{"a severity waits for a text that the API refuses", "refuses texts", 20000, `
func (p *Policy) decideUpdate(e *Timed, want *Content, now time.Time) Decision {
	n := e.copy()
	n.Refused.Short = true
	return p.decideUpdateOriginal(&n, want, now)
}`},
	{"a severity waits for a text on which the API fails", "severity only", 20000, `
func (p *Policy) decideUpdate(e *Timed, want *Content, now time.Time) Decision {
	n := e.copy()
	n.ContentFailures = 0
	return p.decideUpdateOriginal(&n, want, now)
}`},
	{"what is learned after an episode counts for the next one", "revives", 20000, `
func (p *Policy) changed(n *Timed, fired bool, now time.Time) {
	reopened := n.Reopened && !fired
	p.changedOriginal(n, fired, now)
	n.Reopened = n.Reopened || reopened
}`},
	{"an incident that is open after all stays dismissed", "reopen never", 20000, `
func (e *Entry) opened(f Shown, now time.Time) {
	dismissed := e.Dismissed
	e.openedOriginal(f, now)
	e.Dismissed = dismissed
}`},
	{"lists show at once what answers have shown", "lists lag", 20000, `
func (e *Timed) lookup(now time.Time) Decision {
	d := e.lookupOriginal(now)
	d.Call.Fresh = false
	return d
}`},
	{"lists show at once what was read before an update", "lists uneven", 20000, `
func (a *Answer) shows(c Call) bool {
	answer := *a
	answer.Before = Shown{}
	return answer.showsOriginal(c)
}`},
	{"an unseen close of a second incident is not verified", "racy", 20000, `
func (p *Policy) learnClose(n *Timed, c Call, a Answer, now time.Time) Lesson {
	if n.extra(c) && !a.Incident.Seen {
		p.closed(n, c)
		return ClosedIt
	}
	return p.learnCloseOriginal(n, c, a, now)
}`},
	{"what a person closed before an alert fires again stays closed", "reopen never", 20000, `
func (p *Policy) dismiss(n *Timed) {
	n.Unseen = false
	p.dismissOriginal(n)
}`},
	{"an incident that waits for its close counts as seen when its alert fires again", "reopen never", 20000, `
func (p *Policy) changed(n *Timed, fired bool, now time.Time) {
	p.changedOriginal(n, fired, now)
	n.Unseen = n.Unseen && (fired || !n.Firing())
}`},
	{"a short create counts as a whole one", "chokes", 20000, `
func (c Content) keepUnchanged(all *Content) Content { return c }`},
	{"a refusal of the short form ends the turns of both forms", "no lists", 20000, `
func (p *Policy) decideCreate(e *Timed, want *Content, now time.Time) Decision {
	d := p.decideCreateOriginal(e, want, now)
	if d.Call.Kind == Create && e.refuses(want) && e.Refused.Short && !e.Refused.Again {
		d.Call.Short = false
	}
	return d
}`},
}
