// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package chaos

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"
)

// record has the webhooks about one alias, in order of their turns. An hour of chaos has millions of entries, so an entry has no
// pointers, and each distinct saying is stored once.
type record struct {
	heard  []heard
	said   []said
	texts  *texts
	echoes int
	over   [maxMembers]struct { // for echoes: who last ended an alert
		end     int64
		replica uint8 // from 1
	}
}

// heard is the part of one webhook about the alias.
type heard struct {
	from       int64 // start of the microseconds in which it was applied, if at all
	took       uint32
	arrival    uint32
	answer     text
	replica    uint8
	fate       fate
	disruption disruption
	says       [maxMembers]uint8 // indices in said, from 1; 0 if it says nothing
}

func (h *heard) to() int64 { return h.from + int64(h.took)*int64(time.Microsecond) }

// said is a possible statement about an alert.
type said struct {
	start, end int64 // in nanoseconds
	revision   int32
	firing     bool
}

// add adds the alerts from i to end of a message.
func (r *record) add(m *message, i, end int, texts *texts) {
	r.texts = texts
	h := heard{
		from: m.from.UnixNano(), arrival: uint32(m.arrival),
		took:   uint32((m.to.Sub(m.from) + time.Microsecond - 1) / time.Microsecond),
		answer: texts.number(m.answer), replica: uint8(m.replica),
		fate: m.fate, disruption: m.disruption,
	}
	for ; i < end; i++ {
		s := m.says[i]
		member := m.group[i].member
		what := said{start: s.StartsAt.UnixNano(), revision: int32(s.Revision), firing: s.Firing}
		if !s.Firing {
			what.end = s.EndsAt.UnixNano()
		}
		h.says[member] = r.place(what)
		if m.fate == taken {
			r.countEcho(member, what, h.replica+1)
		}
	}
	r.heard = append(r.heard, h)
}

func (r *record) place(what said) uint8 {
	n := slices.Index(r.said, what)
	if n < 0 {
		n = len(r.said)
		r.said = append(r.said, what)
	}
	if n >= 255 {
		panic("an alias has more changes than a record holds: see mostMore")
	}
	return uint8(n + 1)
}

// countEcho counts firings that a replica sent after the other replica had sent the resolve, with a start before the end in that
// resolve.
func (r *record) countEcho(member int, s said, replica uint8) {
	last := &r.over[member]
	switch {
	case !s.firing:
		last.end, last.replica = s.end, replica
	case last.replica != 0 && last.replica != replica && s.start <= last.end:
		r.echoes++
		last.replica = 0
	}
}

// describe describes an entry in words.
func (r *record) describe(h *heard, p *problem) string {
	var alerts []string
	for member, place := range h.says {
		if place == 0 {
			continue
		}
		s := r.said[place-1]
		text := fmt.Sprintf("alert %d (%s) ", member, p.alerts[member].severity)
		if s.firing {
			text += fmt.Sprintf("fires since %s, revision %d", time.Unix(0, s.start).Format("05.000"), s.revision)
		} else {
			text += fmt.Sprintf("resolved, %s to %s", time.Unix(0, s.start).Format("05.000"), time.Unix(0, s.end).Format("05.000"))
		}
		alerts = append(alerts, text)
	}
	how := ""
	if h.disruption != direct {
		how = " (" + h.disruption.String() + ")"
	}
	return fmt.Sprintf("webhook %d from replica %d%s: %s => %s, %s after %s", h.arrival, h.replica, how, strings.Join(alerts, "; "),
		h.fate, r.texts.text(h.answer), time.Duration(h.to()-h.from).Round(time.Millisecond))
}

// text is the number of a text.
type text uint16

// mostTexts bounds the table of texts.
const mostTexts = 10_000

// texts keeps each text once. It is safe for concurrent use.
type texts struct {
	mu      sync.Mutex
	numbers map[string]text
	all     []string
}

func (t *texts) number(s string) text {
	t.mu.Lock()
	defer t.mu.Unlock()
	n, known := t.numbers[s]
	switch {
	case known:
		return n
	case len(t.all) >= mostTexts:
		return text(mostTexts - 1)
	}
	if t.numbers == nil {
		t.numbers = map[string]text{}
	}
	s = strings.Clone(s)
	n = text(len(t.all))
	t.numbers[s] = n
	t.all = append(t.all, s)
	return n
}

func (t *texts) text(n text) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.all[n]
}

// packed is a compressed text: a run has a log for each of the collector's lives.
type packed []byte

func pack(s string) packed {
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, gzip.BestSpeed)
	if err == nil {
		_, _ = io.WriteString(w, s) // a buffer takes everything
		_ = w.Close()
	}
	return slices.Clip(b.Bytes())
}

func (p packed) text() string {
	r, err := gzip.NewReader(bytes.NewReader(p))
	if err != nil {
		return err.Error()
	}
	b, err := io.ReadAll(r)
	if err != nil {
		return err.Error()
	}
	return string(b)
}
