// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"strconv"
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

// appendRecord appends the record of e: the JSON that its tags say, written by hand because it is made for every alert
// that changes anything, by the one writer that all wait for.
func appendRecord(b []byte, e *Entry) []byte {
	o := object{b: b}
	o.begin("")
	o.b = strconv.AppendInt(o.key("schema"), int64(e.Schema), 10)
	if len(e.Members) > 0 {
		o.b = append(o.key("members"), '[')
		for i := range e.Members {
			if i > 0 {
				o.b = append(o.b, ',')
			}
			o.member(&e.Members[i])
		}
		o.b = append(o.b, ']')
	}
	if e.Incident != (Incident{}) {
		o.begin("incident")
		o.number("state", int64(e.Incident.State))
		o.text("id", e.Incident.ID)
		o.number("number", e.Incident.Number)
		o.time("started_at", e.Incident.StartedAt)
		o.end()
	}
	o.text("written", e.Written)
	if c := &e.Inflight; *c != (Call{}) {
		o.begin("inflight")
		o.number("kind", int64(c.Kind))
		o.text("id", c.ID)
		o.time("at", c.At)
		o.end()
	}
	if d := &e.Doubt; *d != (Doubt{}) {
		o.begin("doubt")
		o.flag("set", d.Set)
		o.number("creates", int64(d.Creates))
		o.text("closing", d.Closing)
		o.flag("finished", d.Finished)
		o.time("since", d.Since)
		o.end()
	}
	if len(e.Extra) > 0 {
		o.b = append(o.key("extra"), '[')
		for i, id := range e.Extra {
			if i > 0 {
				o.b = append(o.b, ',')
			}
			o.b = appendString(o.b, id)
		}
		o.b = append(o.b, ']')
	}
	if r := &e.Refused; *r != (Refusal{}) {
		o.begin("refused")
		o.number("kind", int64(r.Kind))
		o.text("hash", r.Hash)
		o.flag("minimal", r.Minimal)
		o.end()
	}
	o.text("reopening", e.Reopening)
	o.flag("reopened", e.Reopened)
	o.flag("dismissed", e.Dismissed)
	o.number("peak", int64(e.Peak))
	o.flag("left", e.Left)
	o.time("quiet_since", e.QuietSince)
	o.time("confirmed_at", e.ConfirmedAt)
	o.b = strconv.AppendUint(o.key("version"), e.Version, 10)
	o.end()
	return o.b
}

// object writes JSON objects without what is zero. Keys are plain ASCII.
type object struct {
	b []byte
}

func (o *object) member(m *Member) {
	o.begin("")
	o.b = m.Alert.AppendJSON(o.key("alert"))
	o.flag("firing", m.Firing)
	o.time("held_until", m.HeldUntil)
	o.text("epoch", m.Epoch)
	o.number("seq", m.Seq)
	o.b = appendTime(o.key("last_seen"), m.LastSeen)
	o.time("ends_at", m.EndsAt)
	o.text("resolved_by", m.ResolvedBy)
	o.time("resolved_at", m.ResolvedAt)
	o.end()
}

// begin opens an object: at key in the one that is open, or an element where key is empty.
func (o *object) begin(key string) {
	if key != "" {
		o.key(key)
	}
	o.b = append(o.b, '{')
}

func (o *object) end() { o.b = append(o.b, '}') }

// key writes a key and returns all so far.
func (o *object) key(key string) []byte {
	if o.b[len(o.b)-1] != '{' {
		o.b = append(o.b, ',')
	}
	o.b = append(o.b, '"')
	o.b = append(o.b, key...)
	o.b = append(o.b, `":`...)
	return o.b
}

func (o *object) text(key, s string) {
	if s != "" {
		o.b = appendString(o.key(key), s)
	}
}

func (o *object) number(key string, n int64) {
	if n != 0 {
		o.b = strconv.AppendInt(o.key(key), n, 10)
	}
}

func (o *object) flag(key string, set bool) {
	if set {
		o.b = append(o.key(key), "true"...)
	}
}

func (o *object) time(key string, t time.Time) {
	if !t.IsZero() {
		o.b = appendTime(o.key(key), t)
	}
}

// appendString appends s as a JSON string; what is not UTF-8 becomes U+FFFD.
func appendString(b []byte, s string) []byte {
	b, _ = jsontext.AppendQuote(b, s)
	return b
}

func appendTime(b []byte, t time.Time) []byte {
	return append(t.AppendFormat(append(b, '"'), time.RFC3339Nano), '"')
}
