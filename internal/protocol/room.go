// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package protocol

import "math"

// Room is how many bytes of alerts a ledger can still take, as [Members.Bytes] counts them.
type Room struct {
	// Large is the room for alerts above largeBytes, All that for any.
	Large, All int64
	// Must: the events are acknowledged already, so none is refused.
	Must bool
}

// Boundless is the room of a ledger without a bound.
var Boundless = Room{Large: math.MaxInt64 / 2, All: math.MaxInt64 / 2}

const (
	// memberBytes is what a member takes without the text of its alert, with its place in the ledger's index.
	memberBytes = 512
	// largeBytes is twice the text of most alerts.
	largeBytes = 2 << 10
)

// Bytes is about how much memory the members take.
func (s *Members) Bytes() int64 { return s.bytes }

func (m *Member) bytes() int64 { return memberBytes + int64(m.Alert.Bytes()) }

// Refuses reports whether a new alert is refused.
func (r *Room) Refuses() bool { return r.All < memberBytes && !r.Must }

func (r *Room) take(bytes int64) { r.Large, r.All = r.Large-bytes, r.All-bytes }

// admit returns the event with the text that there is room for, or no event and the outcome. Without room, a known alert keeps the text
// that it has, and the resolve of an unknown one changes nothing: it is not remembered in case its echo comes.
func (r *Room) admit(known *Members, ev *Event) (admitted *Event, refused Outcome) {
	size := int64(ev.Alert.Bytes())
	if size+memberBytes <= r.All && (size <= largeBytes || size+memberBytes <= r.Large) {
		return ev, 0
	}
	m := known.Get(ev.Key)
	switch {
	case m == nil && r.Refuses() && ev.Firing:
		return nil, NoRoom
	case m == nil && r.Refuses() && !ev.Ignored:
		return nil, ResolveRepeated
	case !ev.Firing || m != nil && size <= int64(m.Alert.Bytes()):
		return ev, 0
	}
	cut := *ev
	if cut.Alert = ev.Alert.Brief(); m != nil {
		cut.Alert = ev.Alert.Saying(&m.Alert)
	}
	return &cut, 0
}
