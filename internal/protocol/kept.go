// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package protocol

import (
	"encoding/binary"
	"reflect"
	"time"
	"unique"

	"github.com/alert24/otelcol-alert24/internal/incident"
)

// Kept is the compact form of a closed entry, kept for a while in case its alert fires again.
type Kept struct {
	// QuietSince is that of the entry. The other times are offsets from it, so that they keep the monotonic clock.
	QuietSince time.Time

	fields string
}

// Pack returns the compact form of an entry. It reports false if the entry is not closed or has more than a Kept can hold.
func Pack(e Timed) (Kept, bool) {
	if !e.Over() || e.IsOpen() || e.Members.Held() > 0 || e.QuietSince.IsZero() {
		return Kept{}, false
	}
	rest := e.copy()
	rest.Alias, rest.Members, rest.Incident, rest.Written, rest.Doubt.Finished = "", Members{}, Incident{}, Written{}, false
	rest.QuietSince, rest.ConfirmedAt, rest.Version = time.Time{}, time.Time{}, 0
	rest.SettleAt, rest.LookAt, rest.FullAt, rest.Looks = time.Time{}, time.Time{}, time.Time{}, 0 // no lookup and no update is due
	rest.Tries, rest.LastTry, rest.Called, rest.ListsAt = 0, time.Time{}, time.Time{}, time.Time{} // Called is not needed: the next call follows news
	if rest.Timers != (Timers{}) || !reflect.ValueOf(*rest.Entry).IsZero() {
		return Kept{}, false
	}
	p := packer{zero: e.QuietSince, b: make([]byte, 0, 512)}
	p.flag(e.Doubt.Finished)
	p.b = append(p.b, byte(e.Incident.State))
	p.text(e.Incident.ID)
	p.number(e.Incident.Number)
	p.time(e.Incident.StartedAt)
	p.hashes(&e.Written.News)
	p.hashes(&e.Written.Shown)
	p.b = append(p.b, byte(e.Written.Theirs), byte(e.Written.Cleaned), byte(e.Written.Peak))
	p.time(e.ConfirmedAt)
	p.b = binary.AppendUvarint(p.b, e.Version)
	p.number(int64(e.Tries))
	p.time(e.LastTry)
	p.time(e.ListsAt)
	p.number(int64(len(e.Members.buckets)))
	p.number(int64(e.Members.n))
	p.b = binary.AppendUvarint(p.b, e.Members.text)
	for m := range e.Members.All() {
		if !m.Alert.IsBrief() {
			return Kept{}, false
		}
		p.member(m)
	}
	return Kept{QuietSince: e.QuietSince, fields: string(p.b)}, true
}

// Bytes is the length of what was packed.
func (c *Kept) Bytes() int { return len(c.fields) }

// Unpack returns the entry.
func (c *Kept) Unpack(alias string) Timed {
	u := unpacker{zero: c.QuietSince, b: []byte(c.fields)}
	e := Timed{Entry: &Entry{Alias: alias, QuietSince: c.QuietSince}}
	e.Doubt.Finished = u.flag()
	e.Incident = Incident{State: State(u.byte()), ID: u.text(), Number: u.number(), StartedAt: u.time()}
	e.Written = Written{
		News: u.hashes(), Shown: u.hashes(), Theirs: FieldSet(u.byte()), Cleaned: FieldSet(u.byte()), Peak: incident.Severity(u.byte()),
	}
	e.ConfirmedAt = u.time()
	e.Version = u.unsigned()
	e.Tries, e.LastTry, e.ListsAt = int32(u.number()), u.time(), u.time() //nolint:gosec // it was one
	if n := int(u.number()); n > 0 {
		e.Members.spread(n)
	}
	n := u.number()
	text := u.unsigned()
	for range n {
		e.Members.set(u.member())
	}
	e.Members.text = text
	e.Members.seal()
	return e
}

type packer struct {
	zero time.Time
	b    []byte
}

func (p *packer) flag(f bool) {
	if f {
		p.b = append(p.b, 1)
	} else {
		p.b = append(p.b, 0)
	}
}

func (p *packer) number(n int64) { p.b = binary.AppendVarint(p.b, n) }

func (p *packer) text(s string) { p.b = append(binary.AppendUvarint(p.b, uint64(len(s))), s...) }

func (p *packer) time(t time.Time) {
	p.flag(!t.IsZero())
	if !t.IsZero() {
		p.number(int64(t.Sub(p.zero)))
	}
}

func (p *packer) hashes(h *incident.Hashes) {
	at := len(p.b)
	p.b = append(p.b, 0)
	for i, v := range h {
		if v != 0 {
			p.b[at] |= 1 << i
			p.b = binary.LittleEndian.AppendUint64(p.b, v)
		}
	}
}

func (p *packer) member(m *Member) {
	p.b = append(p.b, m.Key[:]...)
	p.text(m.Alert.Fingerprint)
	p.b = append(p.b, byte(m.Alert.Severity))
	p.flag(m.Alert.LeftOpen)
	p.time(m.Alert.StartsAt)
	p.text(m.Epoch)
	p.number(m.Seq)
	p.time(m.LastSeen)
	p.number(int64(m.StaleAfter))
	p.time(m.EndsAt)
	p.text(m.ResolvedBy)
	p.time(m.ResolvedAt)
	p.text(m.ShownBy)
}

// unpacker reads what packer wrote in this process.
type unpacker struct {
	zero time.Time
	b    []byte
}

func (u *unpacker) take(n int) []byte {
	b := u.b[:n]
	u.b = u.b[n:]
	return b
}

func (u *unpacker) byte() byte { return u.take(1)[0] }

func (u *unpacker) flag() bool { return u.byte() != 0 }

func (u *unpacker) unsigned() uint64 {
	v, n := binary.Uvarint(u.b)
	u.take(n)
	return v
}

func (u *unpacker) number() int64 {
	v, n := binary.Varint(u.b)
	u.take(n)
	return v
}

func (u *unpacker) text() string { return string(u.take(int(u.unsigned()))) } //nolint:gosec // it was a length

func (u *unpacker) time() time.Time {
	if !u.flag() {
		return time.Time{}
	}
	return u.zero.Add(time.Duration(u.number()))
}

func (u *unpacker) hashes() (h incident.Hashes) {
	set := FieldSet(u.byte())
	for i := range h {
		if set&(1<<i) != 0 {
			h[i] = binary.LittleEndian.Uint64(u.take(8))
		}
	}
	return h
}

func (u *unpacker) member() *Member {
	var m Member
	copy(m.Key[:], u.take(len(m.Key)))
	a := incident.Packed{Fingerprint: u.text(), Severity: incident.Severity(u.byte()), LeftOpen: u.flag(), StartsAt: u.time()}
	m.Alert = a.Brief()
	m.Epoch, m.Seq, m.LastSeen = u.text(), u.number(), u.time()
	m.StaleAfter, m.EndsAt, m.ResolvedBy, m.ResolvedAt = time.Duration(u.number()), u.time(), u.text(), u.time()
	m.ShownBy = unique.Make(u.text()).Value()
	return &m
}
