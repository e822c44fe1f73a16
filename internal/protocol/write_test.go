// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package protocol

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/alert24/otelcol-alert24/internal/incident"
)

// TestPatch checks what an update sends, by what is due and what the incident shows.
func TestPatch(t *testing.T) {
	const edited = 7
	title, text, severity := Fields(incident.FieldTitle), Fields(incident.FieldDescription), Fields(incident.FieldSeverity)
	p := testPolicy()
	open := opened(t, p, at(0))
	was := *want(open)
	other := was
	other.News[incident.FieldDescription], other.Sent[incident.FieldDescription] = 2, 2
	moved := other
	moved.Sent[incident.FieldTitle] = 3
	link := was
	link.Sent[incident.FieldDescription] = 4
	worse := was.atLeast(incident.Critical)
	low := with(open, func(n *Timed) {
		hash := incident.HashText(incident.Low.String())
		n.Written.News[incident.FieldSeverity], n.Written.Shown[incident.FieldSeverity], n.Written.Peak = hash, hash, incident.Low
	})
	shown := func(f incident.Field, hash uint64) Shown {
		s := showing(was)
		s.Fields[f] = hash
		return s
	}
	sev := func(s incident.Severity) Shown { return shown(incident.FieldSeverity, incident.HashText(s.String())) }
	lower := was
	lower.Severity = incident.Medium
	lower.Sent[incident.FieldSeverity] = incident.HashText(incident.Medium.String())
	lower.News[incident.FieldSeverity] = lower.Sent[incident.FieldSeverity]
	for name, c := range map[string]struct {
		entry  Timed
		want   Content
		before Shown
		form   Form
		wrote  FieldSet
	}{
		"nothing is due":                          {open, was, showing(was), Full, 0},
		"a field that changed":                    {open, other, showing(was), Full, text},
		"what moves by itself rides along":        {open, moved, showing(was), Full, text | title},
		"but is no reason":                        {open, link, showing(was), Full, 0},
		"an edited field stays":                   {open, other, shown(incident.FieldDescription, edited), Full, 0},
		"another edited field does not ride":      {open, moved, shown(incident.FieldTitle, edited), Full, text},
		"it says so already":                      {open, other, shown(incident.FieldDescription, 2), Full, 0},
		"a severity that rises":                   {low, worse, sev(incident.Low), Full, severity},
		"a severity that rises over an edit":      {low, worse, sev(incident.Medium), Full, severity},
		"a severity that rises below an edit":     {low, lower, sev(incident.High), Full, 0},
		"a severity that falls stays edited":      {open, lower, sev(incident.High), Full, 0},
		"a severity that falls":                   {open, lower, sev(incident.Critical), Full, severity},
		"only what the form has":                  {open, other, showing(was), SeverityOnly, 0},
		"without having read it, all that is due": {open, other, Shown{}, TextOnly, text},
	} {
		t.Run(name, func(t *testing.T) { assert.Equal(t, c.wrote, Patch(c.entry.Entry, c.want, c.before, c.form)) })
	}
}

func TestTitles(t *testing.T) {
	p := testPolicy()
	open := opened(t, p, at(0))
	titles, all := open.Titles()
	assert.Equal(t, []uint64{want(open).Sent[incident.FieldTitle]}, titles)
	assert.False(t, all)
	_, all = with(open, func(n *Timed) { n.Unsure = []Content{{}} }).Titles()
	assert.True(t, all, "a call left whose content is not known")
}

// TestManyUnsure: of many unanswered updates, the entry keeps the oldest, the newest, and the fact that some are forgotten.
func TestManyUnsure(t *testing.T) {
	p := testPolicy()
	e := opened(t, p, at(0))
	for i := range 9 {
		e = with(e, func(n *Timed) {
			p.doubt(n, Call{Kind: Update, ID: "1"}, Content{Severity: incident.Low, Sent: incident.Hashes{uint64(i + 1)}}, at(i))
		})
	}
	var first []uint64
	for _, c := range e.Unsure {
		first = append(first, c.Sent[0])
	}
	assert.Equal(t, []uint64{1, 0, 8, 9}, first)
	f := showing(*want(e))
	f.Fields[0] = 3
	e = with(e, func(n *Timed) { n.recognise(&f, true) })
	assert.Zero(t, e.Written.Theirs, "one of those that are forgotten may explain it")
}

// An answer without a body leaves the cleaned text of an update unknown. An unanswered update may have written another one.
func TestCleanedTextOfUnansweredUpdate(t *testing.T) {
	p := testPolicy()
	e := opened(t, p, at(0))
	first := *want(e)
	other := first
	other.News[incident.FieldDescription], other.Sent[incident.FieldDescription] = 7, 8
	e = with(e, func(n *Timed) {
		n.Written.Shown[incident.FieldDescription] = 0
		n.Unsure = []Content{other}
	})
	found := showing(other)
	found.Fields[incident.FieldDescription] = 9 // cleaned
	e.recognise(&found, true)
	assert.True(t, e.Due(&first).Has(incident.FieldDescription))
	assert.False(t, e.Written.Theirs.Has(incident.FieldDescription))
}

// TestAudit compares entries with the list of open incidents.
// A create opens the incident of a close that did not show it, and Alert24 does not say that the create met one.
func TestCreateThatOpensAnUnseenIncidentIsNoEdit(t *testing.T) {
	p := testPolicy()
	e := with(closing(t, p, at(0)), func(n *Timed) {
		n.Written.Shown[incident.FieldDescription] |= cleanedBit
		n.Written.Cleaned = Fields(incident.FieldDescription)
	})
	e = answerNext(t, p, e, at(1), Answer{Result: Done, Incident: Shown{ID: "1"}})
	require.True(t, e.Unseen)
	e, _ = applyOne(p, e, fires(am1, at(2)).low(), at(2))
	f := showing(*want(e))
	f.Fields[incident.FieldDescription] |= cleanedBit
	e = answerNext(t, p, e, at(2), Answer{Result: Done, Met: true, Incident: f})
	assert.Zero(t, e.Written.Theirs, "our own text counts as a person's")
	assert.Equal(t, Fields(incident.FieldDescription), e.Due(want(e)), "Alert24 may have cleaned another text")
}

func TestCleanedTextOfReopenedIncidentIsNoEdit(t *testing.T) {
	p := testPolicy()
	e, _ := applyOne(p, Timed{}, fires(am1, at(0)), at(0))
	f := showing(*want(e))
	f.Open = false
	f.Fields[incident.FieldDescription] |= cleanedBit
	e = answerNext(t, p, e, at(0), Answer{Result: Done, Incident: f})
	f.Open = true
	e = answerNext(t, p, e, at(1), Answer{Result: Done, Incident: f})
	e, _ = applyOne(p, e, fires(am1, at(0)).says("more"), at(2))
	e = answerNext(t, p, e, at(2), Answer{Result: Unanswered, Before: f})
	f.Fields[incident.FieldDescription] = want(e).Sent[incident.FieldDescription] | cleanedBit
	e = answerNext(t, p, e, at(3), Answer{Result: Done, Began: at(3), Found: []Shown{f}})
	assert.Zero(t, e.Written.Theirs, "our own text counts as a person's")
}

func TestAudit(t *testing.T) {
	p := testPolicy()
	open := opened(t, p, at(0))
	closed := answerNext(t, p, closing(t, p, at(0)), at(0), done("1", false))
	left := with(closing(t, p, at(0)), func(n *Timed) { n.Left = true })
	foreign := with(open, func(n *Timed) { n.Incident, n.Foreign = Incident{}, "8" })
	assert.Same(t, open.Entry, p.Suspect(open, "1", at(0), at(9)).Entry, "it is ours")
	assert.Same(t, closed.Entry, p.Suspect(closed, "1", at(0), at(9)).Entry, "a person opened it again")
	assert.Same(t, left.Entry, p.Suspect(left, "1", at(0), at(9)).Entry)
	assert.Equal(t, Lookup, p.Decide(p.Suspect(open, "2", at(5), at(9)), want(open), at(9)).Call.Kind)
	assert.Equal(t, Lookup, p.Decide(p.Suspect(closed, "2", at(5), at(9)), nil, at(9)).Call.Kind)
	assert.Equal(t, Lookup, p.Decide(p.Missing(open, at(9)), want(open), at(9)).Call.Kind)
	assert.Same(t, closed.Entry, p.Missing(closed, at(9)).Entry)
	assert.Equal(t, "8", foreign.OpenID())
	assert.Equal(t, Create, p.Decide(p.Missing(foreign, at(9)), want(foreign), at(9)).Call.Kind)
	assert.Equal(t, "1", open.OpenID())
	assert.Empty(t, closed.OpenID())
}

func TestPending(t *testing.T) {
	p := testPolicy()
	open := opened(t, p, at(0))
	said, _ := applyOne(p, open, fires(am1, at(0)).says("other"), at(1))
	fired, _ := applyOne(p, Timed{}, fires(am1, at(0)), at(0))
	assert.False(t, Pending(open.Entry, want(open)))
	assert.True(t, Pending(said.Entry, want(said)))
	assert.False(t, Pending(said.Entry, nil), "not rendered")
	assert.True(t, Pending(fired.Entry, nil))
	assert.True(t, Pending(closing(t, p, at(0)).Entry, nil))
	assert.False(t, Pending(with(fired, func(n *Timed) { n.Foreign = "8" }).Entry, nil))
}

// A copy of the database may lack the incident. If the lookup that would tell fails, only a second 404 counts.
func TestASecond404(t *testing.T) {
	p := testPolicy()
	e, _ := applyOne(p, opened(t, p, at(0)), fires(am1, at(0)).says("news"), at(1))
	e.Attempts, e.FailedLooks = 1, 1
	gone := func(now time.Time) (lesson Lesson) {
		c := Call{Kind: Update, ID: "1", Content: *want(e)}
		e, lesson = p.Learn(p.Begin(e, c, now), c, Answer{Result: Gone}, now)
		return lesson
	}
	assert.Equal(t, Retrying, gone(at(1)))
	look := p.Decide(e, want(e), at(2)).Call
	assert.Equal(t, Lookup, look.Kind)
	e, _ = p.Learn(p.Begin(e, look, at(2)), look, Answer{Result: Denied}, at(2))
	assert.Equal(t, FoundClosed, gone(at(5)))
	assert.Equal(t, Create, p.Decide(e, want(e), at(5)).Call.Kind)
	assert.True(t, e.Unseen, "in case it is open after all")
}

// Lookups that failed before the first 404 do not show that none can verify it.
func TestASecond404BeforeItsLookup(t *testing.T) {
	p := testPolicy()
	e := with(opened(t, p, at(0)), func(n *Timed) {
		n.Doubt.Set, n.FailedLooks, n.LookAt, n.Written.News = true, 3, at(60), incident.Hashes{}
	})
	for i := range 2 {
		c := p.Decide(with(e, func(n *Timed) { n.RetryAt = time.Time{} }), want(e), at(i)).Call // the backoff has jitter
		require.Equal(t, Update, c.Kind)
		var lesson Lesson
		e, lesson = p.Learn(p.Begin(e, c, at(i)), c, Answer{Result: Gone}, at(i))
		require.Equal(t, Retrying, lesson)
		e.LookAt = at(60)
	}
}
