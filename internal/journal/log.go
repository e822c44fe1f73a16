// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math"
	"strconv"
	"strings"
)

const (
	// segmentPrefix begins the keys of segments. It sorts after all our other keys. bbolt keeps keys in order, so it always writes at the
	// end of its tree.
	segmentPrefix = "segment/"
	// segmentBytes is the size, before compression, at which a segment ends after a whole record. For each appended value bbolt rewrites
	// up to four neighbours, so segments are short. But records in one segment compress better.
	segmentBytes = 4 << 10
	// segmentCost is roughly what a segment takes in addition to its records, in bytes. It makes merging short segments pay.
	segmentCost = 512
	// defaultSlack is how many bytes of superseded records may remain on disk before cleaning pays.
	defaultSlack = 1 << 20
)

// log knows what the storage holds: segments in the order of their numbers. The last record of a key is live, the others are
// superseded. Cleaning copies the live records of the oldest segments to the end and deletes those segments.
type log struct {
	segments []segment // the oldest first
	last     uint64    // the highest number used so far; no number is used twice, even if its transaction failed
	places   map[string]place
	bytes    int // of all segments, before compression
	disk     int // of all segments, after compression
	live     int // weight of the live records
	records  int64
	slack    int
	damage   damage
}

// segment is several records under one key of the storage.
type segment struct {
	number uint64
	keys   []string // of its records, except those that were superseded or deleted when it was read
	bytes  int      // before compression
	disk   int      // after compression
}

// place tells where the live record of a key is.
type place struct {
	segment uint64 // its number
	size    int32  // of the record, in bytes
}

// damage lists the segments that are damaged beyond recognition: their keys are unknown. They stay until no record is suspect.
type damage struct {
	segments []uint64
	last     uint64 // the newest of them: older records are suspect, because a newer version may be lost
	suspects int    // number of suspect records
}

func newLog() log { return log{places: map[string]place{}, slack: defaultSlack} }

func segmentKey(number uint64) string {
	return segmentPrefix + hex.EncodeToString(binary.BigEndian.AppendUint64(nil, number))
}

// segmentNumber returns the number of a segment, which is never 0. For a key that is not a segment's, ok is false.
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

// fills is how many bytes of a segment a record fills. Keys are not compressed.
func fills(size int, key string) int { return size + prefixBytes + 4*len(key) }

// prefixBytes is the usual size of a record's length prefix.
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

// maxLength is the length in bytes beyond which the journal is cleaned.
func (l *log) maxLength() int { return 3*l.live + l.slack }

// minLength is the length to which a full storage is cleaned. A shorter journal would cost too much work.
func (l *log) minLength() int { return l.live + l.live/8 + l.slack/16 }

// put notes where the record of a key is now; a negative size means that it was deleted.
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

// replace notes that disk has new segments, and no longer has the oldest ones.
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
