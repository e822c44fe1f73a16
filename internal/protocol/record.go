// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package protocol

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"

	"github.com/alert24/otelcol-alert24/internal/incident"
	"github.com/alert24/otelcol-alert24/internal/jsonobject"
)

// Schema is the version of the records that this code writes.
const Schema = 1

// ErrSchema is returned for records of a newer version of this program.
var ErrSchema = errors.New("the ledger was written by a newer version; start that version, or give this one another storage directory")

// AppendRecord appends the record of e, the JSON form of [head]. The code is written by hand for speed: every alert that changes anything
// needs a record, and all webhooks wait for the one writer. If there is more than one bucket, each has a record of its own.
func AppendRecord(b []byte, e *Entry) []byte {
	w := jsonobject.Writer{B: b}
	w.Open("")
	w.Number("schema", Schema)
	switch n := len(e.Members.buckets); {
	case n == 1:
		writeMembers(&w, e.Members.buckets[0].members)
	case n > 1:
		w.Number("buckets", int64(n))
	}
	if e.Incident != (Incident{}) {
		w.Open("incident")
		w.Number("state", int64(e.Incident.State))
		w.Text("id", e.Incident.ID)
		w.Number("number", e.Incident.Number)
		w.Time("started_at", e.Incident.StartedAt)
		w.Close()
	}
	if wr := &e.Written; *wr != (Written{}) {
		w.Open("written")
		writeHashes(&w, "news", wr.News)
		writeHashes(&w, "shown", wr.Shown)
		w.Number("theirs", int64(wr.Theirs))
		w.Number("cleaned", int64(wr.Cleaned))
		w.Number("peak", int64(wr.Peak))
		w.Close()
	}
	if len(e.Unsure) > 0 {
		w.B = append(w.Key("unsure"), '[')
		for i := range e.Unsure {
			if i > 0 {
				w.B = append(w.B, ',')
			}
			writeContent(&w, "", &e.Unsure[i])
		}
		w.B = append(w.B, ']')
	}
	writeCalls(&w, e)
	w.List("extra", e.Extra)
	writeFlags(&w, e)
	w.Close()
	return w.B
}

func writeCalls(w *jsonobject.Writer, e *Entry) {
	if c := e.Inflight(); c.Kind != NoCall {
		w.Open("inflight")
		w.Number("kind", int64(c.Kind))
		w.Text("id", c.ID)
		w.Time("at", c.At)
		if c.Short {
			// After a restart nobody knows what was sent, so an update follows.
			c.Content = Content{Severity: c.Content.Severity}
		}
		if c.Content != (Content{}) {
			writeContent(w, "content", &c.Content)
		}
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
	if r := &e.Refused; *r != (Refusal{}) {
		w.Open("refused")
		w.Number("kind", int64(r.Kind))
		w.Flag("short", r.Short)
		w.Flag("again", r.Again)
		w.B = strconv.AppendUint(w.Key("hash"), r.Hash, 10)
		w.Close()
	}
}

func writeFlags(w *jsonobject.Writer, e *Entry) {
	w.Text("foreign", e.Foreign)
	w.Text("reopening", e.Reopening)
	w.Flag("reopened", e.Reopened)
	w.Flag("dismissed", e.Dismissed)
	w.Number("continues", e.Continues)
	w.Number("renewed", int64(e.Renewed))
	w.Number("peak", int64(e.Peak))
	w.Flag("left", e.Left)
	w.Flag("keeps_open", e.KeepsOpen)
	w.Flag("unseen", e.Unseen)
	w.Time("quiet_since", e.QuietSince)
	w.Time("confirmed_at", e.ConfirmedAt)
	w.B = strconv.AppendUint(w.Key("version"), e.Version, 10)
}

func writeContent(w *jsonobject.Writer, key string, c *Content) {
	if key == "" {
		w.B = append(w.B, '{')
	} else {
		w.Open(key)
	}
	writeHashes(w, "news", c.News)
	writeHashes(w, "sent", c.Sent)
	w.Number("severity", int64(c.Severity))
	w.Close()
}

func writeHashes(w *jsonobject.Writer, key string, h incident.Hashes) {
	if h == (incident.Hashes{}) {
		return
	}
	w.B, _ = h.AppendText(append(w.Key(key), '"')) // it never fails
	w.B = append(w.B, '"')
}

// Buckets returns the number of bucket records of e, which may be nil.
func (e *Entry) Buckets() int {
	if e == nil || len(e.Members.buckets) == 1 {
		return 0
	}
	return len(e.Members.buckets)
}

// Changed reports whether the record of bucket i differs from that of former, which may be nil.
func (e *Entry) Changed(former *Entry, i int) bool {
	if former.Buckets() != e.Buckets() {
		return true
	}
	return !e.Members.buckets[i].shares(&former.Members.buckets[i])
}

// NoMembers returns the record of a bucket without members.
func NoMembers() []byte { return fmt.Appendf(nil, `{"schema":%d}`, Schema) }

// AppendBucket appends the record of bucket i.
func AppendBucket(b []byte, e *Entry, i int) []byte {
	w := jsonobject.Writer{B: b}
	w.Open("")
	w.Number("schema", Schema)
	writeMembers(&w, e.Members.buckets[i].members)
	w.Close()
	return w.B
}

func writeMembers(w *jsonobject.Writer, members []Member) {
	if len(members) == 0 {
		return
	}
	w.B = append(w.Key("members"), '[')
	for i := range members {
		if i > 0 {
			w.B = append(w.B, ',')
		}
		writeMember(w, &members[i])
	}
	w.B = append(w.B, ']')
}

func writeMember(w *jsonobject.Writer, m *Member) {
	w.B = append(w.B, '{')
	w.B = append(w.Key("key"), '"')
	w.B = append(base64.RawStdEncoding.AppendEncode(w.B, m.Key[:]), '"')
	w.B = m.Alert.AppendJSON(w.Key("alert"))
	w.Flag("left_open", m.Alert.LeftOpen)
	w.Flag("firing", m.Firing)
	w.Time("held_until", m.HeldUntil)
	w.Text("epoch", m.Epoch)
	w.Number("seq", m.Seq)
	w.B = jsonobject.AppendTime(w.Key("last_seen"), m.LastSeen)
	w.Number("stale_after", int64(m.StaleAfter))
	w.Number("witness", int64(m.Witness)) //nolint:gosec // the same bits
	w.Flag("final", m.Final)
	w.Time("ends_at", m.EndsAt)
	w.Text("resolved_by", m.ResolvedBy)
	w.Time("resolved_at", m.ResolvedAt)
	w.Text("shown_by", m.ShownBy)
	w.Close()
}
