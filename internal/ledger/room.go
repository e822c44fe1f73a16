// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import "github.com/alert24/otelcol-alert24/internal/protocol"

const (
	// aliasBytes is how much memory a ledger has for the alerts of an alias on average: alerts of 1 KiB need three quarters of it.
	aliasBytes = 2 << 10
	// minBytes is what a ledger for few aliases has.
	minBytes = 64 << 20
)

// usage is what the entries need.
type usage struct {
	live  int   // entries
	bytes int64 // of the alerts of all entries but closed ones
}

func (u *usage) add(s *slot) { u.live, u.bytes = u.live+s.live(), u.bytes+s.bytes() }

func (u *usage) remove(s *slot) { u.live, u.bytes = u.live-s.live(), u.bytes-s.bytes() }

// bytes is what the alerts of the entry take.
func (s *slot) bytes() int64 {
	if s.entry == nil {
		return 0
	}
	return s.entry.Members.Bytes()
}

// usage returns what the entries need.
func (s *store) usage() usage {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.used
}

// notLive returns the number of entries that are not live, and the bytes of the closed ones.
func (s *store) notLive() (entries int, packed int64) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return len(s.slots) + len(s.closed) - s.used.live, s.packed
}

// room returns the room for the events of an alias. The last quarter is for alerts of usual size, so that they have their text even if
// large ones have taken the rest.
func (l *Ledger) room(s *slot, used usage, acknowledged bool) protocol.Room {
	if s.entry == nil && used.live >= l.cfg.Aliases && !acknowledged {
		return protocol.Room{}
	}
	return protocol.Room{Large: l.bytes/4*3 - used.bytes, All: l.bytes - used.bytes, Must: acknowledged}
}

// Full reports whether alerts with new aliases are refused.
func (l *Ledger) Full() bool {
	room := l.room(&slot{}, l.store.usage(), false)
	return room.Refuses()
}
