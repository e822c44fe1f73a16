// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/klauspost/compress/s2"
	"go.opentelemetry.io/collector/extension/xextension/storage"

	"github.com/alert24/otelcol-alert24/internal/ledger"
)

// asidePrefix begins the keys under which unreadable segments are kept unchanged.
const asidePrefix = "aside/"

// Load implements ledger.Store. It reads the storage twice, so that it unpacks only live records.
func (j *Journal) Load(ctx context.Context, each func(ledger.Loaded) error, current func(key string, b []byte) []byte) error {
	walker, ok := j.client.Client.(storage.Walker)
	if !ok {
		return errors.New("the storage extension cannot list its keys; use file_storage")
	}
	j.current = current
	r := reader{log: &j.log, each: each}
	if err := walker.Walk(ctx, r.survey); err != nil {
		return err
	}
	if err := walker.Walk(ctx, r.read); err != nil {
		return err
	}
	r.index()
	j.reserve.held = r.reserved / reserveChunk
	j.publishSizes()
	j.tidy(ctx)
	j.reserve.fill(ctx)
	return nil
}

// tidy removes what a killed Check left behind, and damaged segments that make no record suspect. If it fails, the next start repeats it.
func (j *Journal) tidy(ctx context.Context) {
	ops := without(fillers(checkPrefix, 0))
	d := &j.log.damage
	if d.suspects == 0 {
		ops = append(ops, d.deletions()...)
	}
	if j.client.Batch(ctx, ops...) == nil && d.suspects == 0 {
		*d = damage{}
	}
}

// reader reads the storage, in any order.
type reader struct {
	*log
	each     func(ledger.Loaded) error
	reserved int // keys that belong to the reserve
	keys     [][]byte
	unpacked unpacked
}

// survey finds the live records.
func (r *reader) survey(key string, value []byte) ([]*storage.Operation, error) {
	number, ok, err := segmentNumber(key)
	if !ok || err != nil {
		if strings.HasPrefix(key, reservePrefix) {
			r.reserved++
		}
		return nil, err
	}
	r.last = max(r.last, number)
	if r.keys, _, err = cutSegment(r.keys[:0], value); err != nil {
		r.damage.segments = append(r.damage.segments, number)
		r.damage.last = max(r.damage.last, number)
	}
	for _, k := range r.keys {
		if r.places[string(k)].segment < number {
			r.places[string(k)] = place{segment: number}
		}
	}
	return nil, nil
}

// read hands over the live records of a segment. If the segment cannot be read, read returns the operation that keeps a copy aside.
func (r *reader) read(key string, value []byte) (aside []*storage.Operation, err error) {
	number, ok, _ := segmentNumber(key) // survey has checked it
	if !ok {
		return nil, nil
	}
	var packed []byte
	if r.keys, packed, err = cutSegment(r.keys[:0], value); err != nil {
		err = r.each(ledger.Loaded{Where: key})
		return []*storage.Operation{storage.SetOperation(asidePrefix+key, bytes.Clone(value))}, err
	}
	length, _ := s2.DecodedLen(packed) // 0 if it is damaged
	s := segment{number: number, bytes: segmentCost + length, disk: len(value)}
	readable := true
	if slices.ContainsFunc(r.keys, func(k []byte) bool { return r.counts(k, number) }) {
		readable, err = r.take(&s, key, r.unpacked.unpack(len(r.keys), value, packed) == nil)
	}
	if !readable {
		aside = []*storage.Operation{storage.SetOperation(asidePrefix+key, bytes.Clone(value))}
	}
	r.replace(0, []segment{s})
	return aside, err
}

func (r *reader) counts(key []byte, segment uint64) bool {
	return r.places[string(key)].segment == segment
}

// take hands over the live records of s; if they could not be unpacked, they are lost. It reports whether all can be read.
func (r *reader) take(s *segment, where string, unpacked bool) (readable bool, err error) {
	readable = unpacked
	for i, k := range r.keys {
		if !r.counts(k, s.number) {
			continue
		}
		l := ledger.Loaded{Key: string(k), Suspect: s.number < r.damage.last, Where: where}
		if unpacked {
			if l.Record = r.unpacked.records[i]; l.Record == nil {
				delete(r.places, l.Key) // deleted
				continue
			}
		}
		// The map, the segment and the ledger share the string.
		s.keys = append(s.keys, l.Key)
		r.places[l.Key] = place{s.number, int32(len(l.Record))} //nolint:gosec // maxSegment bounds it
		if err := r.each(l); errors.Is(err, ledger.ErrUnreadable) {
			readable = false
		} else if err != nil {
			return false, err
		}
	}
	return readable, nil
}

// index sorts the segments and counts the records after the reading.
func (r *reader) index() {
	slices.SortFunc(r.segments, func(a, b segment) int { return cmp.Compare(a.number, b.number) })
	for key, p := range r.places {
		r.live += p.weight(key)
		r.records += int64(p.size)
		if p.segment < r.damage.last {
			r.damage.suspects++
		}
	}
}
