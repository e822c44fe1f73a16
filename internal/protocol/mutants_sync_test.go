// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package protocol

// syncMutants switch off the rules of snapshots.
var syncMutants = []mutant{
	{"a snapshot ends what no snapshot showed", "sync", 20000, lacksWith("m.ShownBy = s.Source")},
	{"a snapshot ends what another source showed", "sync", 20000, lacksWith(`if m.ShownBy != "" {
		m.ShownBy = s.Source
	}`)},
	{"an incomplete snapshot ends", "sync", 20000, lacksWith("c := *s; c.Complete = true; s = &c")},
	{"the first absence ends", "sync", 20000, lacksWith("m.AbsentSince = now.Add(-s.AbsentFor)")},
	{"an absence ends nothing", "sync", 20000, lacksWith("if m.Firing && m.HeldUntil.IsZero() { return }")},
	{"a hold outlives its absence", "sync", 20000, lacksWith("if m.held() { return }")},
	{"an absence is counted over what was heard", "sync", 20000, `
func (m *Member) stamp(ev *Event, now time.Time) {
	since := m.AbsentSince
	m.stampOriginal(ev, now)
	m.AbsentSince = since
}`},
	{"an absence is counted over what was listed", "sync", 20000, listedWith("", "m.AbsentSince = since")},
	{"what is listed is not heard", "sync and stale", 20000, listedWith("", "m.LastSeen = seen")},
	{"a suppressed alert begins to fire", "sync", 20000, listedWith("active = true", "")},
	{"a snapshot knows what came later", "sync", 20000, `
func (p *Policy) decides(s *Snapshot, m *Member) bool { return true }`},
	{"disk does not know what was shown", "sync", 20000, `
func (s Sighting) Durable() bool { return s.Wakes() }`},
	{"an absence ends now", "sync", 20000, `
func (m *Member) end(at time.Time) { m.endOriginal(at.Add(time.Hour)) }`},
	{"a resolve waits forever", "sync apart", 20000, `
func waitOver(m *Member, now time.Time) bool { return false }`},
	{"a resolve does not wait", "sync apart", 20000, `
func (p *Policy) wait(n *Timed, m *Member, ev *Event, now time.Time) Outcome {
	now2 := *ev
	now2.Wait = 0
	return p.applyResolve(n, m, &now2, now)
}`},
	{"a resolve counts although the alert is listed", "sync apart", 20000, listedWith("", `if m.Firing && m.HeldUntil.IsZero() && !held.IsZero() {
		m.HeldUntil = held
	}`)},
	{"a wait begins anew", "sync apart", 20000, `
func (p *Policy) wait(n *Timed, m *Member, ev *Event, now time.Time) Outcome {
	next := *m
	next.HeldUntil = time.Time{}
	return p.waitOriginal(n, &next, ev, now)
}`},
	{"a resolve counts although its source is silent", "sync guarded", 20000, `
func (s *Snapshot) attests(m *Member, heard, now time.Time, did *Sighting) { s.attestsOriginal(m, now, now, did) }`},
	{"what a silent source lacks ends", "sync guarded", 20000, `
func (s *Snapshot) absent(m *Member, now time.Time, did *Sighting) {
	c := *s
	c.Heard = nil
	c.absentOriginal(m, now, did)
}`},
	{"a resolve waits for its source forever", "sync guarded", 20000, `
func (s *Snapshot) attests(m *Member, heard, now time.Time, did *Sighting) {}`},
	{"a resolve does not wait for its source", "sync guarded", 20000, `
func waitOf(ev *Event) time.Duration { return min(ev.Wait, maxWait) }`},
	{"an alert forgets its source", "sync guarded", 20000, `
func (m *Member) stamp(ev *Event, now time.Time) {
	m.stampOriginal(ev, now)
	m.Witness = 0
}`},
	{"a firing does not end a wait", "sync apart", 20000, `
func (p *Policy) firesAgain(n *Timed, m *Member, ev *Event, now time.Time) Outcome { return p.wait(n, m, ev, now) }`},
	{"what a list passes on does not begin", "repair", 20000, `
func (p *Policy) startFiring(n *Timed, m *Member, ev *Event, now time.Time) Outcome {
	if ev.ListedBy != "" {
		return OlderDropped
	}
	return p.startFiringOriginal(n, m, ev, now)
}`},
	{"no list ends what a list passed on", "repair", 20000, `
func (m *Member) shown(ev *Event) {}`},
	{"a list says more than a webhook", "repair", 20000, `
func (p *Policy) applyFiring(n *Timed, m *Member, ev *Event, now time.Time) Outcome {
	said := *ev
	said.ListedBy = ""
	return p.applyFiringOriginal(n, m, &said, now)
}`},
	{"a list is newer than what came later", "repair", 60000, `
func (m *Member) newerThan(ev *Event) bool { return ev.ListedBy == "" && m.newerThanOriginal(ev) }`},
}

func lacksWith(first string) string {
	return `
func (s *Snapshot) lacks(m *Member, decides bool, now time.Time, did *Sighting) {
	` + first + `
	s.lacksOriginal(m, decides, now, did)
}`
}

func listedWith(before, after string) string {
	return `
func (s *Snapshot) listed(m *Member, active, decides bool, now time.Time, did *Sighting) {
	since, seen, held := m.AbsentSince, m.LastSeen, m.HeldUntil
	_, _, _ = since, seen, held
	` + before + `
	s.listedOriginal(m, active, decides, now, did)
	` + after + `
}`
}
