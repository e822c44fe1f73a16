// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

const (
	// segmentPrefix begins the keys of segments. No other keys of ours come after them, so that bbolt, which keeps keys in
	// order, always writes the end of its tree.
	segmentPrefix = "segment/"
	// segmentBytes is where a segment ends, after a whole record, before it is compressed. With each value that is appended
	// bbolt writes up to four of its neighbours again, so segments are short; and records that share one compress better.
	segmentBytes = 4 << 10
	// segmentCost is what a segment takes in addition to its records, in bytes and roughly: it lets short ones be merged.
	segmentCost = 512
	// defaultSlack is how many bytes of superseded records may lie on disk before cleaning pays.
	defaultSlack = 1 << 20
)

// log knows what the storage holds: segments in the order of their numbers. Of several records of a key the last one counts; it
// is live, the others are superseded. Cleaning copies the live records of the oldest segments to the end and deletes those segments.
type log struct {
	segments []segment // the oldest first
	last     uint64    // number that was used; none is used twice, even if its transaction failed
	places   map[string]place
	bytes    int // of all segments, before they are compressed
	disk     int // of all segments, compressed
	live     int // weight of the records that count
	records  int64
	slack    int
	damage   damage
}

// segment is some records under one key of the storage.
type segment struct {
	number uint64
	keys   []string // of its records, apart from those that did not count when it was read
	bytes  int      // before they are compressed
	disk   int      // afterwards
}

// place is where the record that counts is.
type place struct {
	segment uint64 // its number
	size    int32  // of the record, in bytes
}

// damage is the segments that are damaged beyond recognition: nobody knows their keys. They stay until no record is suspect.
type damage struct {
	segments []uint64
	last     uint64 // of them: older records are suspect, because a newer one may be lost
	suspects int    // records
}

func newLog() log { return log{places: map[string]place{}, slack: defaultSlack} }

func segmentKey(number uint64) string { return fmt.Sprintf("%s%016x", segmentPrefix, number) }

// segmentNumber returns the number of a segment; none has 0. A key that is not a segment's gives ok = false.
func segmentNumber(key string) (number uint64, ok bool, err error) {
	digits, ok := strings.CutPrefix(key, segmentPrefix)
	if !ok {
		return 0, false, nil
	}
	number, err = strconv.ParseUint(digits, 16, 64)
	if err != nil || number == 0 || key != segmentKey(number) {
		return 0, true, fmt.Errorf("the key %q in the ledger's storage is not the ledger's; remove it", key)
	}
	return number, true, nil
}

// fills is how much of a segment a record fills, in bytes. Its key is not compressed.
func fills(size int, key string) int { return size + prefixBytes + 4*len(key) }

// prefixBytes is the length of a record's own length, mostly.
const prefixBytes = 2

// weight is what a record takes in a journal without superseded records, in bytes before compression.
func (p place) weight(key string) int {
	if p.segment == 0 {
		return 0
	}
	return int(p.size) + prefixBytes + fills(int(p.size), key)*segmentCost/segmentBytes
}

// writeCost is the cost of writing a record, in records of usual size.
func writeCost(size int) int { return 1 + size/segmentBytes }

// maxLength is how long the journal may become before it is cleaned, in bytes.
func (l *log) maxLength() int { return 3*l.live + l.slack }

// minLength is how short cleaning makes it in a full storage: a shorter one would cost too much work.
func (l *log) minLength() int { return l.live + l.live/8 + l.slack/16 }

// put notes where the record of a key is now; a negative size says that there is none any more.
func (l *log) put(key string, segment uint64, size int) {
	old := l.places[key]
	if old.segment != 0 && old.segment < l.damage.last {
		l.damage.suspects--
	}
	var p place
	if size < 0 {
		delete(l.places, key)
	} else {
		p = place{segment, int32(min(size, math.MaxInt32))}
		l.places[key] = p
	}
	l.live += p.weight(key) - old.weight(key)
	l.records += int64(p.size) - int64(old.size)
}

// replace notes that disk has new segments, and no longer the oldest ones.
func (l *log) replace(oldest int, by []segment) {
	for _, s := range l.segments[:oldest] {
		l.bytes -= s.bytes
		l.disk -= s.disk
	}
	for _, s := range by {
		l.bytes += s.bytes
		l.disk += s.disk
	}
	l.segments = append(l.segments[oldest:], by...)
}
