// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package protocol

// replicaMutants break what replicas do around the protocol. Their code is in the model of the replicas.
var replicaMutants = []mutant{
	{"R1 a follower takes what comes too late", "plain replicas", 20000, ""},
	{"R2 the leader takes what comes too late", "plain replicas", 20000, ""},
	{"R3 the leader's own webhook goes before the inbox", "plain replicas", 20000, ""},
	{"R4 the inbox is read before a webhook joins", "plain replicas", 20000, ""},
	{"R5 the inbox is read after the last row", "plain replicas", 20000, ""},
	{"R6 rows leave the inbox in a transaction of their own", "plain replicas", 20000, ""},
	{"R7 rows leave the inbox before they are applied", "plain replicas", 20000, ""},
	{"R8 a deposed leader writes", "plain replicas", 20000, ""},
	{"R9 a leader works before it has read the inbox", "plain replicas", 20000, ""},
	{"R10 the former leader's call is not waited for", "plain replicas", 20000, `
func (p *Policy) Load(e *Entry, now time.Time) Timed {
	hasty := *p
	hasty.Unsettled = 0
	return hasty.LoadOriginal(e, now)
}`},
	{"R11 a webhook is older than what another sender said after it", "plain replicas", 20000, ""},
	{"R12 what waited in the inbox came late", "replicas", 60000, `
func (p *Policy) isEcho(m *Member, ev *Event, now time.Time) bool {
	came := *ev
	came.Waited = 0
	return p.isEchoOriginal(m, &came, now)
}`},
	{"R13 a new doubt cuts the former one short", "plain replicas", 20000, `
func (p *Policy) doubt(n *Timed, c Call, sent Content, now time.Time) {
	p.doubtOriginal(n, c, sent, now)
	n.SettleAt = now.Add(p.SettleTime)
}`},
	{"R14 a list of one replica is newer than what another one heard", "lists", 20000, `
func (p *Policy) decides(s *Snapshot, m *Member) bool {
	one := *p
	one.Punctual = false
	return one.decidesOriginal(s, m)
}`},
	{"R15 a list is as new as the moment when it is applied", "lists", 20000, ""},
	{"R16 a list from before the takeover decides", "lists", 20000, `
func (p *Policy) decides(s *Snapshot, m *Member) bool {
	always := *p
	always.HeardSince = time.Time{}
	return always.decidesOriginal(s, m)
}`},
	{"R17 a list that was read long ago is passed on", "lists repair", 20000, ""},
}

// replicaHistories broke the promise once, or would break it.
var replicaHistories = []fixed{
	{
		"a webhook that a follower put into the inbox late, after its sender had said more, fired without an end", "plain replicas",
		"toggle(0); handler stuck at follower 1; deliver; call answered; answer; 5 seconds; toggle(0); deliver; call answered; answer; 5 seconds",
		"R1 a follower takes what comes too late",
	},
	{
		"the same at the leader", "plain replicas",
		"toggle(0); handler stuck; deliver to follower 1; call answered; answer; 5 seconds; toggle(0); deliver to follower 1; call answered; answer; 5 seconds",
		"R2 the leader takes what comes too late",
	},
	{
		"a slow commit became visible after one that took a higher id", "plain replicas",
		"toggle(0); deliver; call answered; answer; toggle(0); slow commit at follower 1; toggle(1); second fires(1) to follower 2; " +
			"the leader reads the inbox; stuck handler through(0); the leader reads the inbox",
		"R5 the inbox is read after the last row",
	},
	{
		"a hold ended while nobody led, and what cancels it was in the inbox", "plain replicas",
		"toggle(0); deliver; call answered; answer; toggle(0); deliver; call answered; answer; second fires(0); 5 seconds; " +
			"nobody leads for 8; second resolves(0) to follower 1; 5 seconds; second; second; second; second; call answered",
		"R9 a leader works before it has read the inbox",
	},
	{
		"a firing that waited for its turn was dropped for the echo of another sender, and its sender believed that it was taken", "plain replicas",
		"toggle(1); deliver; toggle(1); toggle(1); nobody leads for 4; second; second; second; second; deliver to follower 1; slow commit at follower 1; second; second fires(1)",
		"R11 a webhook is older than what another sender said after it",
	},
	{
		"an echo that waited in the inbox until its window was over opened an incident", "replicas",
		"toggle(0); deliver; toggle(0); call answered; second; deliver; second; second; second; call answered; answer; " +
			"second fires(0) to follower 1; kill for 10; call done, no body",
		"R12 what waited in the inbox came late",
	},
	{
		"the new leader's own lost call ended the wait for the former leader's", "plain replicas",
		"toggle(0); toggle(1); deliver; toggle(0); call answered; deliver; answer; call answered, done at the end; " +
			"takeover, call done late by 6; call answered; call lost",
		"R13 a new doubt cuts the former one short",
	},
	{
		"a list that another replica had read before a firing ended its hold, and nobody was called", "lists",
		"toggle(0); deliver; call answered; answer; sync; toggle(0); deliver; call answered; answer; second; sync asked at follower 1; second; " +
			"toggle with old start(0); deliver; second; sync answered at follower 1; the leader reads the inbox",
		"R14 a list of one replica is newer than what another one heard",
	},
	{
		"a list that another replica had read before a resolve let its echo fire", "lists",
		"toggle(0); deliver; call answered; answer; second; sync asked at follower 1; second; toggle(0); deliver; call answered; answer; second; " +
			"second fires(0); second; sync answered at follower 1; the leader reads the inbox",
		"R15 a list is as new as the moment when it is applied",
	},
	{
		"a list that was read before a firing ended its hold after a takeover", "lists",
		"toggle(0); deliver; call answered; answer; sync; toggle(0); deliver; call answered; answer; second; sync asked at follower 2; second; " +
			"toggle with old start(0); deliver; second; takeover, call done late by 0; second; sync answered at follower 1; the leader reads the inbox",
		"R16 a list from before the takeover decides",
	},
	{
		"a replica that was paused passed on an alert that had resolved", "lists repair",
		"toggle(1); deliver; sync asked at follower 1; toggle(1); deliver; 5 seconds; 5 seconds; 5 seconds; sync answered at follower 1; second",
		"R17 a list that was read long ago is passed on",
	},
}
