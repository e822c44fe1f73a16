// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package status

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/alert24/otelcol-alert24/internal/incident"
	"github.com/alert24/otelcol-alert24/internal/protocol"
)

func TestNext(t *testing.T) {
	at := func(d time.Duration) string { return start.Add(d).Local().Format(time.TimeOnly) }
	for says, c := range map[string]struct {
		happens func(l *life)
		pause   time.Duration
	}{
		"create now, because an alert fires and no open incident is known": {happens: (*life).fires},
		"create in 1 s, because an alert fires and no open incident is known": {happens: func(l *life) {
			l.fires()
			l.call(protocol.Create, &protocol.Answer{Result: protocol.NotSent})
		}},
		"lookup in 1 s, because the state in Alert24 is not certain": {happens: func(l *life) {
			l.fires()
			l.call(protocol.Create, &protocol.Answer{Result: protocol.Unanswered})
		}},
		"create when calls are allowed again at " + at(time.Minute) + ", because an alert fires and no open incident is known": {
			happens: (*life).fires, pause: time.Minute,
		},
		"create at " + at(6*time.Minute) + " unless the alert resolves": {happens: func(l *life) {
			l.fires()
			l.resolves()
			l.event(true, "am-2")
		}},
		"no call; the bridge forgets the alias at " + at(time.Hour): {happens: func(l *life) { l.fires(); l.resolves() }},
		"": {happens: func(l *life) { l.fires(); l.opens() }},
	} {
		t.Run(says, func(t *testing.T) {
			l := newLife(t)
			c.happens(l)
			pause := time.Time{}
			if c.pause > 0 {
				pause = start.Add(c.pause)
			}
			call, when := l.policy.Foresee(l.entry, nil, l.now)
			if l.entry.Firing() {
				call, when = l.policy.Foresee(l.entry, want(), l.now)
			}
			n := NextOf(l.entry.Entry, call, when, pause)
			if says == "" {
				assert.Nil(t, n)
				return
			}
			assert.Equal(t, says, n.String(l.now))
		})
	}
}

func TestTold(t *testing.T) {
	e := &protocol.Entry{Incident: protocol.Incident{State: protocol.Open, ID: "id-1", Number: 1042}, Foreign: "id-9"}
	seen := protocol.Answer{Result: protocol.Done, Found: []protocol.Shown{{ID: "id-1", Seen: true, Open: true}}}
	for want, a := range map[string]protocol.Answered{
		"opened #1042":                                       {Lesson: protocol.Opened},
		"found #1042 open":                                   {Lesson: protocol.FoundOpen},
		"wrote title of #1042":                               {Lesson: protocol.Updated, Answer: protocol.Answer{Wrote: protocol.Fields(incident.FieldTitle)}},
		"#1042 needed no change":                             {Lesson: protocol.Updated},
		"closed #1042":                                       {Lesson: protocol.ClosedIt},
		"closed #1043":                                       {Lesson: protocol.ClosedIt, Call: protocol.Call{Kind: protocol.Close, ID: "id-2"}, Answer: protocol.Answer{Incident: protocol.Shown{ID: "id-2", Number: 1043}}},
		"closed incident id-2":                               {Lesson: protocol.ClosedIt, Call: protocol.Call{Kind: protocol.Close, ID: "id-2"}},
		"#1042 was closed by somebody else":                  {Lesson: protocol.FoundClosed},
		"#1042 is still open":                                {Lesson: protocol.StillOpen},
		"it may have been carried out":                       {Lesson: protocol.Doubting},
		"the next updates of #1042 send fewer fields":        {Lesson: protocol.FewerFields},
		"saw #1042 open":                                     {Call: protocol.Call{Kind: protocol.Lookup}, Answer: seen},
		"saw no incident of the alias":                       {Call: protocol.Call{Kind: protocol.Lookup}, Answer: protocol.Answer{Result: protocol.Done}},
		"another tool's incident id-9 has the alias":         {Lesson: protocol.Blocked},
		"no incident was opened, and the alert has resolved": {Lesson: protocol.NotOpened},
		"": {Lesson: protocol.Retrying},
	} {
		a.Timed = protocol.Timed{Entry: e}
		assert.Equal(t, want, Told(&a))
	}
}
