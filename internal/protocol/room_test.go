// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package protocol

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/alert24/otelcol-alert24/internal/incident"
)

// roomy is the event of the i-th alert with a text of n bytes.
func roomy(i, n int, firing bool) Event {
	ev := fires("am1", at(0))
	if !firing {
		ev = resolves("am1", at(0), at(1))
	}
	ev.Key = Key{byte(i), 1}
	ev.Alert = incident.Pack(&incident.Alert{
		Fingerprint: string(rune('a' + i)), Severity: incident.High, StartsAt: ev.Alert.StartsAt, Description: strings.Repeat("x", n),
	})
	return ev
}

// textOf is the length of the i-th alert's description, or -1 if the alert is not known.
func textOf(e Timed, i int) int {
	m := e.Members.Get(Key{byte(i), 1})
	if m == nil {
		return -1
	}
	a := m.Alert.Unpack()
	return len(a.Description)
}

func TestAlertsWithoutRoom(t *testing.T) {
	const small, large = 1000, 3000
	p := testPolicy()
	e, _ := p.Apply(Timed{}, []Event{roomy(0, large, true), roomy(1, small, true), roomy(2, small, true), roomy(2, 0, false)}, at(0))
	for name, tt := range map[string]struct {
		room Room
		ev   Event
		want Outcome
		text int
	}{
		"a new large one has no text":               {Room{Large: large, All: 1 << 20}, roomy(3, large, true), Fired, 0},
		"a small one has, in the rest":              {Room{Large: -large, All: 1 << 20}, roomy(3, small, true), Fired, small},
		"but no more than there is":                 {Room{All: small}, roomy(3, small, true), Fired, 0},
		"a new one is refused":                      {Room{All: memberBytes - 1}, roomy(3, small, true), NoRoom, -1},
		"but not one that is acknowledged":          {Room{All: -1, Must: true}, roomy(3, small, true), Fired, 0},
		"the resolve of an unknown one is dropped":  {Room{}, roomy(3, small, false), ResolveRepeated, -1},
		"a repeat says the same":                    {Room{}, roomy(0, large, true), Repeated, large},
		"a longer text does not replace the former": {Room{}, roomy(0, large+1, true), Repeated, large},
		"a shorter one does":                        {Room{}, roomy(0, large-1, true), Changed, large - 1},
		"a known one fires again, without its text": {Room{}, roomy(2, small, true), EchoHeld, 0},
		"a resolve counts":                          {Room{}, roomy(1, small, false), Resolved, 0},
	} {
		t.Run(name, func(t *testing.T) {
			ev := tt.ev
			if tt.want == EchoHeld {
				ev.Sender = "am2"
			}
			next, did := p.ApplyWithin(tt.room, e, []Event{ev}, at(2))
			assert.Equal(t, []Outcome{tt.want}, did)
			assert.Equal(t, tt.text, textOf(next, int(ev.Key[0])))
			if tt.want == NoRoom {
				assert.Same(t, e.Entry, next.Entry)
			}
		})
	}
	worse := roomy(0, large+1, true)
	worse.Alert.Severity = incident.Critical
	next, did := p.ApplyWithin(Room{}, e, []Event{worse}, at(2))
	assert.Equal(t, []Outcome{Changed}, did)
	assert.Equal(t, large, textOf(next, 0))
	assert.Equal(t, incident.Critical, next.Worst(), "its severity has room")

	ignored := roomy(0, 0, false)
	ignored.Ignored = true
	for want, ev := range map[Outcome]Event{NoRoom: roomy(0, 0, true), Ignored: ignored} {
		none, did := p.ApplyWithin(Room{}, Timed{}, []Event{ev}, at(0))
		assert.Equal(t, []Outcome{want}, did)
		assert.Nil(t, none.Entry)
	}
}

// The text of an alert arrives with its next repeat once there is room.
func TestTextsComeLater(t *testing.T) {
	p, ev := testPolicy(), roomy(0, 3000, true)
	e, _ := p.ApplyWithin(Room{All: memberBytes}, Timed{}, []Event{ev}, at(0))
	says := e.Members.Says()
	require.Zero(t, textOf(e, 0))
	e, did := p.Apply(e, []Event{ev}, at(1))
	assert.Equal(t, []Outcome{Changed}, did)
	assert.Equal(t, 3000, textOf(e, 0))
	whole, _ := p.Apply(Timed{}, []Event{ev}, at(0))
	assert.NotEqual(t, says, whole.Members.Says(), "content that was rendered with the text is not that without")
}

// Whatever comes, the alerts of an entry take no more than there is room for. Known alerts and resolves are not refused.
func TestRoom(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, bound := testPolicy(), rapid.Int64Range(0, 20_000).Draw(t, "bound")
		p.Members = rapid.IntRange(0, 10).Draw(t, "members")
		var e Timed
		for range rapid.IntRange(1, 10).Draw(t, "webhooks") {
			events := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Event {
				return roomy(rapid.IntRange(0, 20).Draw(t, "alert"), rapid.IntRange(0, 5000).Draw(t, "text"), rapid.Bool().Draw(t, "firing"))
			}), 1, 10).Draw(t, "events")
			var used int64
			if e.Entry != nil {
				used = e.Members.Bytes()
			}
			next, did := p.ApplyWithin(Room{Large: bound/2 - used, All: bound - used}, e, events, at(0))
			for i, o := range did {
				if o == NoRoom && e.Entry != nil && (!events[i].Firing || e.Members.Get(events[i].Key) != nil) {
					t.Fatalf("event %d is refused", i)
				}
			}
			if e = next; e.Entry == nil {
				continue
			}
			if e.Members.Bytes() >= bound+memberBytes { // the last one may have no text, but a fingerprint
				t.Fatalf("%d of %d bytes", e.Members.Bytes(), bound)
			}
			checkBytes(t, e.Entry)
		}
	})
}

// checkBytes: Bytes is the sum over all members.
func checkBytes(t interface{ Fatalf(string, ...any) }, e *Entry) {
	var sum int64
	for m := range e.Members.All() {
		sum += m.bytes()
	}
	if sum != e.Members.Bytes() {
		t.Fatalf("the members take %d bytes, not %d", sum, e.Members.Bytes())
	}
}
