// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package chaos

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/alert24/otelcol-alert24/internal/sandbox"
	"github.com/alert24/otelcol-alert24/internal/sandbox/store"
)

// scene is the smallest history: one alert fires, and one incident is open for it.
type scene struct {
	evidence
	problem *problem
	calls   int
}

var sceneBegin = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

func at(second int) time.Time { return sceneBegin.Add(time.Duration(second) * time.Second) }

// endsAt returns the end of a process at once.
func endsAt(t time.Time) []span { return []span{{t, t}} }

func newScene() *scene {
	f := newFamily(1, rand.New(rand.NewPCG(1, 1)))
	p := f.problems[3] // its only alert is critical
	f.problems = []*problem{p}
	s := &scene{problem: p, evidence: evidence{
		families: []*family{f}, byID: map[string]*call{}, reads: map[string][]time.Time{}, gap: 20 * time.Millisecond,
	}}
	s.says(1, true)
	s.creates(2)
	return s
}

// says lets the alert fire or resolve, and Alertmanager report it.
func (s *scene) says(second int, firing bool) {
	a := s.problem.alerts[0]
	a.firing, a.ends = firing, at(second)
	if firing {
		a.startsAt, a.ends = at(second), time.Time{}
	}
	s.problem.record.add(&message{
		arrival: second, group: []*alert{a}, says: []saying{a.now()}, from: at(second), to: at(second), fate: taken,
	}, 0, 1, &texts{})
}

// creates adds an incident with the content of the alert.
func (s *scene) creates(second int) {
	a := s.problem.alerts[0]
	s.incidents = append(s.incidents, sandbox.Incident{
		ID: fmt.Sprint("incident-", len(s.incidents)), Number: len(s.incidents) + 1, Alias: s.problem.alias, Status: store.StatusOpen,
		Title: a.summary(a.revision), Severity: a.severity, CreatedAt: at(second), Source: ourSource,
	})
	s.api(second, store.Created, http.MethodPost, s.problem.alias)
}

// api adds a change of the last incident by a request of ours.
func (s *scene) api(second int, kind store.Kind, method, target string, changes ...sandbox.Change) {
	s.calls++
	c := &call{id: fmt.Sprint("req_", s.calls), at: at(second), method: method, target: target, status: http.StatusOK}
	s.byID[c.id] = c
	s.event(sandbox.Event{At: at(second), Kind: kind, By: store.ByAPI, Request: c.id, Changes: changes})
}

func (s *scene) puts(second int, field, from, to string) {
	s.api(second, store.Updated, http.MethodPut, s.last().ID, sandbox.Change{Field: field, From: from, To: to})
}

func (s *scene) closes(second int) {
	s.last().Status = store.StatusResolved
	s.api(second, store.Resolved, http.MethodPut, s.last().ID, sandbox.Change{Field: "status", From: "open", To: "resolved"})
}

func (s *scene) person(second int, field, from, to string) {
	s.event(sandbox.Event{At: at(second), Kind: store.Updated, By: store.ByPerson, Changes: []sandbox.Change{{Field: field, From: from, To: to}}})
}

func (s *scene) personCloses(second int) {
	s.last().Status = store.StatusResolved
	s.event(sandbox.Event{At: at(second), Kind: store.Resolved, By: store.ByPerson})
}

func (s *scene) otherTool(second int) {
	s.incidents = append(s.incidents, sandbox.Incident{ID: "foreign", Number: 99, Alias: s.problem.alias, Status: store.StatusOpen, Source: "other-tool"})
	s.event(sandbox.Event{At: at(second), Kind: store.Created, By: store.ByOtherTool})
}

func (s *scene) last() *sandbox.Incident { return &s.incidents[len(s.incidents)-1] }

func (s *scene) event(e sandbox.Event) { s.last().History = append(s.last().History, e) }

const (
	lostEdit = "though a person had edited it"
	tooMany  = "incidents were created for at most"
)

// judgeCases are wrong outcomes, which the judge must find, and outcomes that the promise allows.
var judgeCases = map[string]struct {
	happens func(*scene)
	wrong   string
}{
	"all is well":           {func(*scene) {}, ""},
	"closed while it fires": {func(s *scene) { s.closes(5) }, "1 alerts fire, 0 incidents are open"},
	"open after the end":    {func(s *scene) { s.says(5, false) }, "no alert fires, 1 incidents are open"},
	"closed in time":        {func(s *scene) { s.says(5, false); s.closes(6) }, ""},
	"two are open":          {func(s *scene) { s.creates(60) }, "1 alerts fire, 2 incidents are open"},
	"another title":         {func(s *scene) { s.last().Title = "x" }, `the incident is "x"`},
	"another count":         {func(s *scene) { s.last().Title += " (+2)" }, ` (+2)" (`},
	"another severity":      {func(s *scene) { s.last().Severity = "low" }, `(low), the alert`},

	"one create too many":                 {func(s *scene) { s.closes(5); s.creates(60) }, tooMany},
	"a second episode":                    {func(s *scene) { s.says(5, false); s.closes(6); s.says(60, true); s.creates(61) }, ""},
	"a successor of what a person closed": {func(s *scene) { s.personCloses(5); s.creates(60) }, ""},
	"two successors":                      {func(s *scene) { s.personCloses(5); s.creates(60); s.closes(62); s.creates(99) }, tooMany},
	"two creates at once":                 {func(s *scene) { s.closes(5); s.creates(2) }, ""},
	"a create after a pause": {func(s *scene) {
		s.closes(5)
		s.creates(60)
		s.pauses = []span{{at(56), at(59)}}
	}, ""},
	"a pause of long ago": {func(s *scene) {
		s.closes(5)
		s.creates(60)
		s.pauses = []span{{at(26), at(29)}}
	}, tooMany},

	"an edit is lost":          {func(s *scene) { s.person(10, "title", "a", "b"); s.puts(20, "title", "b", "c") }, lostEdit},
	"another field is written": {func(s *scene) { s.person(10, "title", "a", "b"); s.puts(20, "description", "b", "c") }, ""},
	"an edit crosses a write":  {func(s *scene) { s.person(10, "title", "a", "b"); s.puts(11, "title", "b", "c") }, ""},
	"the edit had been read": {func(s *scene) {
		s.person(10, "title", "a", "b")
		s.reads["incident-0"] = []time.Time{at(11)}
		s.puts(12, "title", "b", "c")
	}, lostEdit},
	"the edit had been read by a process that ended": {func(s *scene) {
		s.person(10, "title", "a", "b")
		s.reads["incident-0"] = []time.Time{at(11)}
		s.ends = endsAt(at(12))
		s.puts(12, "title", "b", "c")
	}, ""},
	"the edit had been read long before the process ended": {func(s *scene) {
		s.person(10, "title", "a", "b")
		s.reads["incident-0"] = []time.Time{at(11)}
		s.ends = endsAt(at(11).Add(learning + 1))
		s.puts(14, "title", "b", "c")
	}, lostEdit},
	"the edit had been read by the process that writes, which then ends": {func(s *scene) {
		s.person(10, "title", "a", "b")
		s.reads["incident-0"] = []time.Time{at(11)}
		s.puts(12, "title", "b", "c")
		s.ends = endsAt(at(12).Add(1))
	}, lostEdit},
	"the process that wrote was being killed": {func(s *scene) {
		s.ends = []span{{at(1), at(3)}} // it creates the incident at 2, and learns nothing
		s.person(5, "title", "a", "b")
		s.puts(20, "title", "b", "c")
	}, ""},
	"the edit was read later": {func(s *scene) {
		s.person(10, "title", "a", "b")
		s.reads["incident-0"] = []time.Time{at(13)}
		s.puts(12, "title", "b", "c")
	}, ""},
	"a pause before the write": {func(s *scene) {
		s.pauses = []span{{at(9), at(19)}}
		s.person(10, "title", "a", "b")
		s.puts(20, "title", "b", "c")
	}, ""},
	"severity rises": {func(s *scene) {
		s.person(10, "severity", "critical", "medium")
		s.puts(20, "severity", "medium", "high")
	}, ""},
	"severity falls": {func(s *scene) {
		s.person(10, "severity", "critical", "medium")
		s.puts(20, "severity", "medium", "low")
	}, lostEdit},
	"a status is set back": {func(s *scene) {
		s.person(10, "status", "open", "acknowledged")
		s.puts(20, "status", "acknowledged", "open")
	}, lostEdit},
	"an acknowledged one closes": {func(s *scene) { s.person(10, "status", "open", "acknowledged"); s.says(19, false); s.closes(20) }, ""},
	"the title is a person's":    {func(s *scene) { s.person(10, "title", "a", "b"); s.last().Title = "b" }, ""},
	"a late write went over a person's title": {func(s *scene) {
		s.person(10, "title", "a", "b")
		s.puts(12, "title", "b", "late")
		s.byID["req_2"].fault = 1
		s.last().Title = "late"
	}, ""},
	"a write went over a person's title": {func(s *scene) {
		s.person(10, "title", "a", "b")
		s.puts(12, "title", "b", "late")
		s.last().Title = "late"
	}, `the incident is "late"`},
	"the severity is a person's": {func(s *scene) { s.person(10, "severity", "critical", "medium"); s.last().Severity = "medium" }, ""},
	"an edit of an unseen write": {func(s *scene) {
		s.blind = []span{{at(8), at(9)}}
		s.puts(9, "title", "a", "b")
		s.person(10, "title", "b", "c")
		s.puts(20, "title", "c", "d")
	}, ""},
	"an edit once it was read": {func(s *scene) {
		s.blind = []span{{at(8), at(9)}}
		s.puts(9, "title", "a", "b")
		s.reads["incident-0"] = []time.Time{at(13)}
		s.person(14, "title", "b", "c")
		s.puts(49, "title", "c", "d")
	}, lostEdit},
	"an edit once it was read by a lookup that may have begun before the write": {func(s *scene) {
		s.blind = []span{{at(8), at(9)}}
		s.puts(9, "title", "a", "b")
		s.reads["incident-0"] = []time.Time{at(11)}
		s.person(14, "title", "b", "c")
		s.puts(49, "title", "c", "d")
	}, ""},
	"an edit of a write whose process ended": {func(s *scene) {
		s.ends = endsAt(at(2).Add(learning))
		s.person(10, "title", "a", "b")
		s.puts(49, "title", "b", "c")
	}, ""},
	"an edit of a write whose process was paused before it saw the answer": {func(s *scene) {
		s.pauses = []span{{at(2), at(9)}}
		s.person(10, "title", "a", "b")
		s.puts(49, "title", "b", "c")
	}, ""},
	"an edit once it was read by a process that ended": {func(s *scene) {
		s.blind = []span{{at(8), at(9)}}
		s.puts(9, "title", "a", "b")
		s.reads["incident-0"] = []time.Time{at(13)}
		s.ends = endsAt(at(13).Add(learning))
		s.person(16, "title", "b", "c")
		s.puts(49, "title", "c", "d")
	}, ""},
	"an edit of a closed episode": {func(s *scene) {
		s.person(10, "title", "a", "b")
		s.personCloses(11)
		s.last().Status = "open"
		s.puts(20, "title", "b", "c")
	}, ""},
	"a reopened one stays a person's": {func(s *scene) {
		s.says(5, false)
		s.closes(6)
		s.event(sandbox.Event{At: at(7), Kind: store.Reopened, By: store.ByPerson})
		s.last().Status = "open"
	}, ""},

	"another tool's stays":       {func(s *scene) { s.otherTool(10) }, ""},
	"another tool's is closed":   {func(s *scene) { s.otherTool(10); s.closes(20) }, "incident 99 of another tool was resolved"},
	"another tool's is written":  {func(s *scene) { s.otherTool(10); s.puts(20, "title", "a", "b") }, "incident 99 of another tool was updated"},
	"another tool's is met":      {func(s *scene) { s.otherTool(10); s.api(20, store.Duplicate, http.MethodPost, s.problem.alias) }, ""},
	"another tool's blocks":      {func(s *scene) { s.says(5, false); s.closes(6); s.says(30, true); s.otherTool(29) }, ""},
	"it blocks only what fires":  {func(s *scene) { s.says(5, false); s.otherTool(29) }, "no alert fires, 1 incidents are open"},
	"it no longer blocks":        {func(s *scene) { s.closes(6); s.otherTool(29); s.personCloses(31) }, "1 alerts fire, 0 incidents are open"},
	"a history that was cut off": {func(s *scene) { s.last().HistoryDropped = 1 }, "its history was cut"},
}

func TestJudge(t *testing.T) {
	for name, c := range judgeCases {
		t.Run(name, func(t *testing.T) {
			s := newScene()
			c.happens(s)
			v := s.judge()
			assert.Empty(t, v.stray)
			switch {
			case c.wrong == "" && len(v.findings) > 0:
				t.Error(v.findings[0].err)
			case c.wrong != "" && assert.Len(t, v.findings, 1):
				assert.ErrorContains(t, v.findings[0].err, c.wrong)
			}
		})
	}

	t.Run("an incident that nobody asked for", func(t *testing.T) {
		s := newScene()
		s.families = nil
		assert.Equal(t, []string{s.problem.alias}, s.judge().stray)
	})
}
