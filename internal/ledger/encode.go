// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"strconv"

	"github.com/alert24/otelcol-alert24/internal/jsonobject"
)

// appendRecord appends the record of e: the JSON that its tags say, written by hand because it is made for every alert
// that changes anything, by the one writer that all wait for.
func appendRecord(b []byte, e *Entry) []byte {
	w := jsonobject.Writer{B: b}
	w.Open("")
	w.Number("schema", Schema)
	if len(e.Members) > 0 {
		w.B = append(w.Key("members"), '[')
		for i := range e.Members {
			if i > 0 {
				w.B = append(w.B, ',')
			}
			writeMember(&w, &e.Members[i])
		}
		w.B = append(w.B, ']')
	}
	if e.Incident != (Incident{}) {
		w.Open("incident")
		w.Number("state", int64(e.Incident.State))
		w.Text("id", e.Incident.ID)
		w.Number("number", e.Incident.Number)
		w.Time("started_at", e.Incident.StartedAt)
		w.Close()
	}
	w.Text("written", e.Written)
	if c := &e.Inflight; *c != (Call{}) {
		w.Open("inflight")
		w.Number("kind", int64(c.Kind))
		w.Text("id", c.ID)
		w.Time("at", c.At)
		w.Close()
	}
	if d := &e.Doubt; *d != (Doubt{}) {
		w.Open("doubt")
		w.Flag("set", d.Set)
		w.Flag("finished", d.Finished)
		w.Number("creates", int64(d.Creates))
		w.Text("closing", d.Closing)
		w.Time("since", d.Since)
		w.Close()
	}
	w.List("extra", e.Extra)
	if r := &e.Refused; *r != (Refusal{}) {
		w.Open("refused")
		w.Number("kind", int64(r.Kind))
		w.Flag("minimal", r.Minimal)
		w.Text("hash", r.Hash)
		w.Close()
	}
	w.Text("reopening", e.Reopening)
	w.Flag("reopened", e.Reopened)
	w.Flag("dismissed", e.Dismissed)
	w.Number("peak", int64(e.Peak))
	w.Flag("left", e.Left)
	w.Time("quiet_since", e.QuietSince)
	w.Time("confirmed_at", e.ConfirmedAt)
	w.B = strconv.AppendUint(w.Key("version"), e.Version, 10)
	w.Close()
	return w.B
}

func writeMember(w *jsonobject.Writer, m *Member) {
	w.Open("")
	w.B = m.Alert.AppendJSON(w.Key("alert"))
	w.Flag("firing", m.Firing)
	w.Time("held_until", m.HeldUntil)
	w.Text("epoch", m.Epoch)
	w.Number("seq", m.Seq)
	w.B = jsonobject.AppendTime(w.Key("last_seen"), m.LastSeen)
	w.Time("ends_at", m.EndsAt)
	w.Text("resolved_by", m.ResolvedBy)
	w.Time("resolved_at", m.ResolvedAt)
	w.Close()
}
