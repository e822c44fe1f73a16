// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package protocol

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

// TestNotOpened: if an alert resolves while it is in doubt whether its incident was opened, the lesson is NotOpened only once that is certain.
func TestNotOpened(t *testing.T) {
	p := testPolicy()
	create := func() Timed {
		e, _ := applyOne(p, Timed{}, fires(am1, at(0)), at(0))
		e = p.Begin(e, p.Decide(e, want(e), at(0)).Call, at(0))
		e, _ = applyOne(p, e, resolves(am1, at(0), at(1)), at(1))
		return e
	}
	for result, lesson := range map[Result]Lesson{Unanswered: Doubting, NotSent: NotOpened, Refused: NotOpened, Denied: NotOpened} {
		_, l := p.Learn(create(), Call{Kind: Create}, Answer{Result: result}, at(2))
		assert.Equal(t, lesson.String(), l.String(), result.String())
	}
	e, _ := p.Learn(create(), Call{Kind: Create, At: at(0)}, Answer{Result: Unanswered}, at(2))
	for now := at(3); ; now = now.Add(time.Second) {
		d := p.Decide(e, nil, now)
		if d.Call.Kind == NoCall {
			continue
		}
		var l Lesson
		e, l = p.Learn(p.Begin(e, d.Call, now), d.Call, Answer{Result: Done, Began: now}, now)
		if !e.Doubt.Set {
			assert.Equal(t, NotOpened.String(), l.String())
			assert.True(t, e.Over())
			break
		}
		assert.Equal(t, Nothing.String(), l.String())
	}
	e, _ = p.Learn(create(), Call{Kind: Create, At: at(0)}, Answer{Result: Unanswered}, at(2))
	d := p.Decide(e, nil, at(20))
	_, l := p.Learn(p.Begin(e, d.Call, at(20)), d.Call, Answer{Result: Done, Began: at(20), Found: []Shown{{ID: "1", Seen: true, Open: true}}}, at(20))
	assert.Equal(t, FoundOpen.String(), l.String())
	_, l = p.Learn(p.Begin(e, d.Call, at(20)), d.Call, Answer{Result: Done, Began: at(20), Found: []Shown{{ID: "1", Seen: true}}}, at(20))
	assert.Equal(t, Nothing.String(), l.String(), "perhaps the create made it, and a person closed it")
}
