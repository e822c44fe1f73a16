// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package protocol

import (
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
	"unique"

	"github.com/alert24/otelcol-alert24/internal/incident"
	"github.com/alert24/otelcol-alert24/internal/jsonobject"
)

// read reads the most common records without a JSON decoder, because a start may read a hundred thousand of them. It reports false for any
// other record, even a valid one.
func (h *head) read(record string) bool {
	r := reader{}
	r.object(record, func(name, value string) {
		switch name {
		case `"schema"`:
			h.Schema = int(r.number(value))
		case `"members"`:
			h.Members = r.members(value)
		case `"incident"`:
			r.incident(value, &h.Incident)
		case `"written"`:
			r.written(value, &h.Written)
		case `"doubt"`:
			r.doubt(value, &h.Doubt)
		case `"peak"`:
			h.Peak = r.severity(value)
		case `"quiet_since"`:
			h.QuietSince = r.time(value)
		case `"confirmed_at"`:
			h.ConfirmedAt = r.time(value)
		case `"version"`:
			h.Version = r.unsigned(value, 64)
		case `"pending"`:
			h.Pending = r.number(value)
		default:
			r.failed = true
		}
	})
	return !r.failed && h.Schema == Schema && utf8.ValidString(record)
}

// reader reads values, until it fails.
type reader struct{ failed bool }

func (r *reader) object(value string, each func(name, value string)) {
	ok := jsonobject.Each(value, func(name, value string) bool {
		each(name, value)
		return !r.failed
	})
	r.failed = r.failed || !ok
}

func (r *reader) members(value string) (all []wireMember) {
	ok := jsonobject.Items(value, func(value string) bool {
		var m wireMember
		r.member(value, &m)
		all = append(all, m)
		return !r.failed
	})
	r.failed = r.failed || !ok
	return all
}

func (r *reader) member(value string, m *wireMember) {
	r.object(value, func(name, value string) {
		switch name {
		case `"key"`:
			r.key(value, &m.Key)
		case `"alert"`:
			r.failed = r.failed || !m.Alert.Read(value)
		case `"left_open"`:
			m.LeftOpen = r.flag(value)
		case `"firing"`:
			m.Firing = r.flag(value)
		case `"held_until"`:
			m.HeldUntil = r.time(value)
		case `"epoch"`:
			m.Epoch = r.shared(value)
		case `"seq"`:
			m.Seq = r.number(value)
		case `"last_seen"`:
			m.LastSeen = r.time(value)
		case `"stale_after"`:
			m.StaleAfter = r.number(value)
		case `"witness"`:
			m.Witness = r.number(value)
		case `"final"`:
			m.Final = r.flag(value)
		case `"ends_at"`:
			m.EndsAt = r.time(value)
		case `"resolved_by"`:
			m.ResolvedBy = r.shared(value)
		case `"resolved_at"`:
			m.ResolvedAt = r.time(value)
		case `"shown_by"`:
			m.ShownBy = r.shared(value)
		default:
			r.failed = true
		}
	})
}

func (r *reader) incident(value string, i *Incident) {
	r.object(value, func(name, value string) {
		switch name {
		case `"state"`:
			i.State = State(r.small(value))
		case `"id"`:
			i.ID = r.text(value)
		case `"number"`:
			i.Number = r.number(value)
		case `"started_at"`:
			i.StartedAt = r.time(value)
		default:
			r.failed = true
		}
	})
}

func (r *reader) written(value string, w *Written) {
	r.object(value, func(name, value string) {
		switch name {
		case `"news"`:
			r.hashes(value, &w.News)
		case `"shown"`:
			r.hashes(value, &w.Shown)
		case `"theirs"`:
			w.Theirs = FieldSet(r.small(value))
		case `"cleaned"`:
			w.Cleaned = FieldSet(r.small(value))
		case `"peak"`:
			w.Peak = r.severity(value)
		default:
			r.failed = true
		}
	})
}

func (r *reader) doubt(value string, d *Doubt) {
	r.object(value, func(name, value string) {
		switch name {
		case `"set"`:
			d.Set = r.flag(value)
		case `"finished"`:
			d.Finished = r.flag(value)
		default:
			r.failed = true // few entries are in doubt
		}
	})
}

func (r *reader) number(value string) int64 {
	n, err := strconv.ParseInt(value, 10, 64)
	r.failed = r.failed || err != nil
	return n
}

func (r *reader) unsigned(value string, bits int) uint64 {
	n, err := strconv.ParseUint(value, 10, bits)
	r.failed = r.failed || err != nil
	return n
}

func (r *reader) small(value string) uint8 {
	return uint8(r.unsigned(value, 8)) //nolint:gosec // of 8 bits
}

func (r *reader) severity(value string) incident.Severity { return incident.Severity(r.small(value)) }

func (r *reader) flag(value string) bool {
	r.failed = r.failed || value != "true"
	return true
}

func (r *reader) time(value string) time.Time {
	s, ok := jsonobject.Text(value)
	t, err := time.Parse(time.RFC3339Nano, s)
	r.failed = r.failed || !ok || err != nil
	return t
}

// text copies a text that outlives the record.
func (r *reader) text(value string) string {
	s, ok := jsonobject.Text(value)
	r.failed = r.failed || !ok
	return strings.Clone(s)
}

// shared reads a text that thousands of members have.
func (r *reader) shared(value string) string {
	s, ok := jsonobject.Text(value)
	r.failed = r.failed || !ok
	return unique.Make(s).Value()
}

func (r *reader) key(value string, k *wireKey) {
	s, ok := jsonobject.Text(value)
	r.failed = r.failed || !ok || k.UnmarshalText([]byte(s)) != nil
}

func (r *reader) hashes(value string, h *incident.Hashes) {
	s, ok := jsonobject.Text(value)
	r.failed = r.failed || !ok || h.UnmarshalText([]byte(s)) != nil
}
