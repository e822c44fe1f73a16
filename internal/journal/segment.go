// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"slices"

	"github.com/klauspost/compress/s2"
)

// The value of a segment is
//
//	checksum of the keys, with their length · checksum of the records · length of the keys · keys · records
//
// A key is its length and its bytes. The records are compressed together: alerts resemble each other, and the time of a commit depends
// on its size. A record is its length plus one and its bytes, or 0 if it is deleted. Storage extensions keep no checksums.
const checksums = 8

var (
	castagnoli = crc32.MakeTable(crc32.Castagnoli)

	errKeys    = errors.New("the keys of a journal segment cannot be read")
	errRecords = errors.New("the records of a journal segment are damaged")
)

// maxSegment bounds the memory, in bytes, that a damaged segment can claim. It exceeds any segment of several records. A longer segment
// is accepted only if its value is long, too.
const maxSegment = 64 << 20

// appendRecord appends a record to those of a segment; nil marks a deletion.
func appendRecord(b, record []byte) []byte {
	if record == nil {
		return append(b, 0)
	}
	b = binary.AppendUvarint(b, uint64(len(record))+1)
	return append(b, record...)
}

// appendSegment appends the value of a segment. records is built by appendRecord.
func appendSegment(b []byte, keys []string, records []byte) []byte {
	var length int
	for _, key := range keys {
		length += uvarintLen(len(key)) + len(key)
	}
	start := len(b)
	b = append(b, make([]byte, checksums)...)
	b = binary.AppendUvarint(b, uint64(length))
	for _, key := range keys {
		b = binary.AppendUvarint(b, uint64(len(key)))
		b = append(b, key...)
	}
	head := len(b)
	b = slices.Grow(b, s2.MaxEncodedLen(len(records)))
	b = b[:head+len(s2.Encode(b[head:cap(b)], records))]
	binary.LittleEndian.PutUint32(b[start:], crc32.Checksum(b[start+checksums:head], castagnoli))
	binary.LittleEndian.PutUint32(b[start+4:], crc32.Checksum(b[head:], castagnoli))
	return b
}

func uvarintLen(n int) int {
	length := 1
	for ; n >= 0x80; n >>= 7 {
		length++
	}
	return length
}

// cutSegment appends the keys of a segment to keys, and returns its compressed records. Both share the memory of value.
func cutSegment(keys [][]byte, value []byte) (all [][]byte, packed []byte, err error) {
	if len(value) < checksums {
		return nil, nil, errKeys
	}
	rest := value[checksums:]
	head, packed, ok := cutBytes(rest, 0)
	if !ok || crc32.Checksum(rest[:len(rest)-len(packed)], castagnoli) != binary.LittleEndian.Uint32(value) {
		return nil, nil, errKeys
	}
	for len(head) > 0 {
		var key []byte
		if key, head, ok = cutBytes(head, 0); !ok {
			return nil, nil, errKeys
		}
		keys = append(keys, key)
	}
	return keys, packed, nil
}

// cutBytes returns the bytes after a length prefix, and the rest. The prefix is the length plus more.
func cutBytes(b []byte, more uint64) (cut, rest []byte, ok bool) {
	length, n := binary.Uvarint(b)
	if n <= 0 || length < more {
		return nil, nil, false
	}
	if b, length = b[n:], length-more; length > uint64(len(b)) {
		return nil, nil, false
	}
	return b[:length:length], b[length:], true
}

// unpacked holds the records of a segment. They share the memory of buffer.
type unpacked struct {
	buffer  []byte
	records [][]byte // nil for a deletion
}

// unpack reads the records of a segment with this number of keys; value is the whole segment, packed the records from cutSegment.
func (u *unpacked) unpack(keys int, value, packed []byte) error {
	if crc32.Checksum(packed, castagnoli) != binary.LittleEndian.Uint32(value[4:]) {
		return errRecords
	}
	n, err := s2.DecodedLen(packed)
	if err != nil || n > max(maxSegment, 256*len(packed)) {
		return errRecords
	}
	if u.buffer, err = s2.Decode(u.buffer[:cap(u.buffer)], packed); err != nil {
		return fmt.Errorf("%w: %w", errRecords, err)
	}
	u.records = u.records[:0]
	for rest := u.buffer; len(rest) > 0; {
		if rest[0] == 0 {
			u.records, rest = append(u.records, nil), rest[1:]
			continue
		}
		record, after, ok := cutBytes(rest, 1)
		if !ok {
			return errRecords
		}
		u.records, rest = append(u.records, record), after
	}
	if len(u.records) != keys {
		return fmt.Errorf("%w: %d records for %d keys", errRecords, len(u.records), keys)
	}
	return nil
}
