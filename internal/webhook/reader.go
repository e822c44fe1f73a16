// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package webhook

import (
	"bytes"
	"errors"
	"io"
	"math"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/alert24/otelcol-alert24/internal/attrs"
	"github.com/alert24/otelcol-alert24/internal/labels"
)

const (
	// ChunkBytes roughly bounds the memory of the records of one chunk, unless a single alert takes more.
	ChunkBytes = 2 << 20
	// alertBytes is roughly the memory of a record without labels and annotations, and pairBytes that of one such pair without its text.
	alertBytes = 1536
	pairBytes  = 64
)

// Reader reads webhooks, one after the other, with little garbage. It is not safe for concurrent use.
//
// A webhook whose alerts fit into one chunk is parsed once. Otherwise the first pass only checks the syntax and reads the group. Then
// the alerts are parsed again in chunks: first the firing ones, then the resolved ones. So a resolve never comes before a firing of the
// same alert in a later chunk.
//
// Reader works on tokens, because its errors then give positions without quoting the body, and because tokens are faster than reflection.
type Reader struct {
	json  *jsontext.Decoder
	chunk int // most bytes of one chunk's records
	names recordNames

	body   []byte
	list   int64 // where the list of alerts starts in body
	phase  phase
	hook   Webhook
	former Webhook // the one before, which usually has the same sender
	alerts []Alert // of the current chunk
	last   Alert   // the one that was read before them

	pairs    []labels.Label // of all sets of the current chunk
	cost     int            // approximate memory of the chunk's records
	resolved bool           // there are resolved alerts
	next     int            // position of the next alert
	scratch  []byte
}

// phase tells which alerts Next returns.
type phase int

const (
	whole     phase = iota // all of them: they fit into one chunk
	firing                 // the firing ones, in chunks
	resolving              // the resolved ones, in chunks
	done
)

// NewReader returns a Reader with chunks of about ChunkBytes.
func NewReader() *Reader { return newReader(ChunkBytes) }

func newReader(chunk int) *Reader {
	return &Reader{json: new(jsontext.Decoder), chunk: chunk}
}

// Decode reads a whole webhook into memory.
func Decode(body []byte) (*Webhook, error) {
	r := newReader(math.MaxInt)
	w, err := r.Open(body)
	if err != nil {
		return nil, err
	}
	_, err = r.Next()
	return w, err
}

// Open checks that body is one JSON object with a list of alerts, and reads everything except the alerts. Next reads those. The result
// is valid until the next webhook is opened, and body must not change until then. Strings may be kept.
func (r *Reader) Open(body []byte) (*Webhook, error) {
	r.body, r.list, r.phase = body, -1, whole
	r.former, r.hook = r.hook, Webhook{names: &r.names}
	if n := len(r.alerts); n > 0 {
		r.last = r.alerts[n-1]
	}
	r.startChunk()
	r.resolved, r.next = false, 0
	r.json.Reset(bytes.NewBuffer(body), lenient...)

	isList := r.json.PeekKind() == '['
	isObject, err := r.object(r.member)
	switch {
	case err != nil:
		return nil, err
	case isList:
		return nil, errIsList
	case !isObject:
		return nil, errNotObject
	}
	if _, err := r.json.ReadToken(); !errors.Is(err, io.EOF) {
		return nil, errTrailingData
	}
	w := &r.hook
	switch {
	case r.list < 0:
		return nil, errNoAlerts
	case w.Version != "" && w.Version != versionGrafana && w.Version != versionOld && w.Version != versionCurrent:
		return nil, errVersion
	}
	if r.phase == whole && r.cost+len(r.alerts)*w.repeatedBytes() > r.chunk {
		r.phase = firing // the group's labels make the records too large for one chunk
	}
	if r.phase == firing {
		w.Skipped, r.resolved = Skipped{}, false
		return w, r.rewind()
	}
	return w, nil
}

// member reads a member of the webhook.
func (r *Reader) member(name []byte) (err error) {
	w, like := &r.hook, &r.former
	switch string(name) {
	case "version":
		w.Version, err = r.text(like.Version)
	case "receiver":
		w.Receiver, err = r.text(like.Receiver)
	case "externalURL":
		w.ExternalURL, err = r.text(like.ExternalURL)
	case "groupKey":
		w.GroupKey, err = r.text(like.GroupKey)
	case "notification_reason":
		w.NotificationReason, err = r.text(like.NotificationReason)
	case "truncatedAlerts":
		w.TruncatedAlerts, err = r.number(32) // small enough that sums never overflow
		w.TruncatedAlerts = max(w.TruncatedAlerts, 0)
	case "orgId":
		w.OrgID, err = r.number(64)
	case "groupLabels":
		w.GroupLabels, err = r.groupSet(like.GroupLabels)
	case "routeLabels":
		w.RouteLabels, err = r.groupSet(like.RouteLabels)
	case "alerts":
		err = r.readList()
	default:
		err = r.skip()
	}
	return err
}

// groupSet reads a set that does not belong to a chunk.
func (r *Reader) groupSet(like labels.Set) (labels.Set, error) {
	start, cost := len(r.pairs), r.cost
	s, err := r.set(like)
	kept := append(labels.Set(nil), s.pairs...)
	r.pairs, r.cost = r.pairs[:start], cost
	return kept, err
}

// readList reads the list of alerts. Beyond the first chunk it only checks the syntax.
func (r *Reader) readList() error {
	if r.json.PeekKind() == 'n' {
		return r.skip()
	}
	if r.list >= 0 {
		return errTwoLists
	}
	switch tok, err := r.json.ReadToken(); {
	case err != nil:
		return syntaxError(err)
	case tok.Kind() != '[':
		return errNotList
	}
	r.list = r.json.InputOffset() - 1
	return r.rest(func() error {
		if r.cost > r.chunk {
			r.phase = firing
			return r.skip()
		}
		return r.readAlert()
	})
}

// rewind goes to the start of the list of alerts.
func (r *Reader) rewind() error {
	r.next = 0
	r.json.Reset(bytes.NewBuffer(r.body[r.list:]), lenient...)
	return r.token()
}

func (r *Reader) startChunk() {
	r.alerts, r.pairs, r.cost = r.alerts[:0], r.pairs[:0], 0
}

// Next puts the next chunk into the Webhook's Alerts, and returns false when there are no more.
func (r *Reader) Next() (bool, error) {
	for {
		switch r.phase {
		case done:
			r.hook.Alerts = nil
			return false, nil
		case whole:
			r.phase = done
		default:
			r.startChunk()
			if err := r.fill(); err != nil {
				return false, err
			}
		}
		if r.hook.Alerts = r.alerts; len(r.alerts) > 0 {
			return true, nil
		}
	}
}

// fill reads alerts until the chunk is full or the list, and thus the phase, ends.
func (r *Reader) fill() error {
	repeated := r.hook.repeatedBytes()
	for r.json.PeekKind() != ']' {
		if r.cost+len(r.alerts)*repeated > r.chunk {
			return nil
		}
		if err := r.readAlert(); err != nil {
			return err
		}
	}
	if r.phase == firing && r.resolved {
		r.phase = resolving
		return r.rewind()
	}
	r.phase = done
	return nil
}

// before returns the alert before the current one, which resembles it.
func (r *Reader) before() *Alert {
	if n := len(r.alerts); n > 1 {
		return &r.alerts[n-2]
	}
	return &r.last
}

// readAlert reads one alert, and adds it to the chunk if it is usable and belongs to the phase.
func (r *Reader) readAlert() error {
	pairs, cost := len(r.pairs), r.cost
	r.alerts = append(r.alerts, Alert{Position: r.next})
	r.next++
	a := &r.alerts[len(r.alerts)-1]
	start := r.json.InputOffset()
	reason, err := r.parseAlert(a)
	if err != nil {
		return err
	}
	r.cost += alertBytes + int(r.json.InputOffset()-start)
	isResolved := a.Status == attrs.StatusResolved
	switch {
	case reason != "":
		if r.phase != resolving { // the first phase counted it
			r.hook.Skipped.add(a, reason)
		}
	case isResolved && r.phase == firing:
		r.resolved = true
	case !isResolved && r.phase == resolving:
	default:
		return nil
	}
	r.alerts, r.pairs, r.cost = r.alerts[:len(r.alerts)-1], r.pairs[:pairs], cost
	return nil
}
