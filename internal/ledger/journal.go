// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"fmt"
	"strconv"

	"go.opentelemetry.io/collector/extension/xextension/storage"
)

const (
	// segmentPrefix begins the keys of the journal. No other keys come after them, so that bbolt, which keeps keys in
	// order, always writes the end of its tree.
	segmentPrefix = "segment/"
	// segmentBytes is where a segment ends, after a whole record, before it is compressed. With each value that is appended
	// bbolt writes up to four of its neighbours again, so segments are short; and records that share one compress better.
	segmentBytes = 4 << 10
	// segmentCost is what a segment takes beside its records, in bytes and roughly: it lets short ones be merged.
	segmentCost = 512
	// journalSlack is how much may lie on disk in vain before cleaning is worth its while.
	journalSlack = 1 << 20
)

// journal is the ledger as disk has it: records in the order in which they were written, in segments of a key each.
// The last record of an alias counts. So a transaction writes pages that lie side by side, however far apart its
// aliases are; and what no longer counts goes with the oldest segments, whose other records are written once more.
type journal struct {
	segments []segment // the oldest first
	last     uint64    // number that was used; none is used twice, even if its transaction failed
	bytes    int       // of all segments, before they are compressed
	live     int       // weight of the records that count
	disk     int       // bytes of all segments on disk
	slack    int
}

// segment is some records under one key.
type segment struct {
	number  uint64
	aliases []string // of its records, apart from those that did not count when it was read
	bytes   int      // before they are compressed
	disk    int      // afterwards
}

func segmentKey(number uint64) string { return fmt.Sprintf("%s%016x", segmentPrefix, number) }

func segmentNumber(key string) (uint64, error) {
	return strconv.ParseUint(key[len(segmentPrefix):], 16, 64)
}

// index takes note of which records count, once all are read.
func (j *journal) index(entries map[string]*Entry) {
	places := make(map[uint64]*segment, len(j.segments))
	for i := range j.segments {
		places[j.segments[i].number] = &j.segments[i]
	}
	for alias, e := range entries {
		if s := places[e.place]; s != nil {
			s.aliases = append(s.aliases, alias)
		}
		j.live += e.weight()
	}
}

// buffers are used again by each transaction.
type buffers struct{ records, values []byte }

// append returns segments with the records of those changes that disk must know, and what writes them.
func (j *journal) append(changes []change, b *buffers) (segments []segment, ops []*storage.Operation) {
	aliases := make([]string, 0, len(changes))
	b.values = b.values[:0]
	for {
		s := segment{number: j.last + 1}
		first, full := len(aliases), 0
		for b.records = b.records[:0]; len(changes) > 0 && full < segmentBytes; changes = changes[1:] {
			c := &changes[0]
			if !c.durable {
				continue
			}
			if c.next == nil || c.next.former {
				ops = append(ops, storage.DeleteOperation(formerPrefix+c.alias))
			}
			start := len(b.records)
			b.records = s.add(b.records, c)
			full += fills(len(b.records)-start, c.alias)
			aliases = append(aliases, c.alias)
		}
		if len(b.records) == 0 {
			return segments, ops
		}
		j.last++
		s.aliases = aliases[first:len(aliases):len(aliases)]
		start := len(b.values)
		b.values = appendSegment(b.values, s.aliases, b.records)
		value := b.values[start:len(b.values):len(b.values)]
		s.bytes, s.disk = segmentCost+len(b.records), len(value)
		segments = append(segments, s)
		ops = append(ops, storage.SetOperation(segmentKey(s.number), value))
	}
}

// fills is how much of a segment a record fills, in bytes. Its alias is not compressed.
func fills(record int, alias string) int { return record + 4*len(alias) }

// add appends the line of a change.
func (s *segment) add(b []byte, c *change) []byte {
	if c.next != nil {
		c.alias = c.next.Alias // the journal keeps it as long as the entry
		start := len(b)
		b = appendRecord(b, c.next)
		c.next.written(s.number, len(b)-start)
	}
	return append(b, '\n')
}

// replace takes note that disk has new segments, and no longer the oldest ones.
func (j *journal) replace(oldest int, by []segment) {
	for _, s := range j.segments[:oldest] {
		j.bytes -= s.bytes
		j.disk -= s.disk
	}
	for _, s := range by {
		j.bytes += s.bytes
		j.disk += s.disk
	}
	j.segments = append(j.segments[oldest:], by...)
}
