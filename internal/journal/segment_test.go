// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"strings"
	"testing"

	"github.com/klauspost/compress/s2"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// segmentOf is the value of a segment; a nil record is a deletion.
func segmentOf(keys []string, records ...[]byte) []byte {
	var b []byte
	for _, r := range records {
		b = appendRecord(b, r)
	}
	return appendSegment(nil, keys, b)
}

// decode reads a whole segment. It may return keys in spite of an error.
func decode(value []byte) (keys []string, records [][]byte, err error) {
	cut, packed, err := cutSegment(nil, value)
	if err != nil {
		return nil, nil, err
	}
	for _, key := range cut {
		keys = append(keys, string(key))
	}
	var u unpacked
	if err := u.unpack(len(keys), value, packed); err != nil {
		return keys, nil, err
	}
	return keys, u.records, nil
}

func TestSegmentKeepsItsRecords(t *testing.T) {
	long := bytes.Repeat([]byte("x"), 100_000)
	for name, c := range map[string]struct {
		keys    []string
		records [][]byte
	}{
		"nothing": {nil, nil},
		"one":     {[]string{"a:b"}, [][]byte{[]byte("{}")}},
		"many":    {[]string{"a", `"b"`, "c\nd", "é", "\xff", "", strings.Repeat("k", 200)}, [][]byte{[]byte("{}"), nil, long, long, {}, {0, 10}, nil}},
	} {
		t.Run(name, func(t *testing.T) {
			var b []byte
			for _, r := range c.records {
				b = appendRecord(b, r)
			}
			before := []byte("before")
			value := appendSegment(before, c.keys, b)
			require.True(t, bytes.HasPrefix(value, before))
			keys, records, err := decode(value[len(before):])
			require.NoError(t, err)
			assert.Equal(t, c.keys, keys)
			require.Len(t, records, len(c.records))
			for i, r := range records {
				assert.Equal(t, c.records[i], r)
			}
		})
	}
}

// repaired is a value with correct checksums over arbitrary content.
func repaired(value []byte, head int) []byte {
	value = bytes.Clone(value)
	binary.LittleEndian.PutUint32(value, crc32.Checksum(value[checksums:head], castagnoli))
	binary.LittleEndian.PutUint32(value[4:], crc32.Checksum(value[head:], castagnoli))
	return value
}

func TestSegmentRefuses(t *testing.T) {
	one, two := []byte("1"), []byte("2")
	good := segmentOf([]string{"a", "b"}, one, two)
	const head = checksums + 1 + 4
	packed := func(records []byte) []byte { return repaired(append(bytes.Clone(good[:head]), records...), head) }
	ab := []string{"a", "b"}
	for name, c := range map[string]struct {
		value []byte
		keys  []string
	}{
		"nothing":              {nil, nil},
		"another text":         {[]byte("hello, this is another text"), nil},
		"only keys":            {good[:head], ab},
		"a cut segment":        {good[:len(good)-1], ab},
		"too few records":      {segmentOf(ab, one), ab},
		"too many records":     {segmentOf([]string{"a"}, one, two), []string{"a"}},
		"an unfinished record": {packed(s2.Encode(nil, []byte{2, '1', 3, '2'})), ab},
		"a size beyond bounds": {packed(binary.AppendUvarint(nil, maxSegment+1)), ab},
		"a key beyond bounds":  {repaired(append(make([]byte, checksums), 2, 9, 'a'), checksums+3), nil},
	} {
		t.Run(name, func(t *testing.T) {
			keys, records, err := decode(c.value)
			require.Error(t, err)
			assert.Equal(t, c.keys, keys)
			assert.Empty(t, records)
		})
	}
	for i := range good {
		damaged := bytes.Clone(good)
		damaged[i] ^= 4
		keys, _, err := decode(damaged)
		require.Error(t, err, "byte %d", i)
		if keys != nil {
			assert.Equal(t, ab, keys, "byte %d", i)
		}
	}
}

// FuzzSegment: any value is either refused, or is a segment that stays the same when it is written again.
func FuzzSegment(f *testing.F) {
	f.Add(segmentOf([]string{"a", "b"}, []byte("{}"), nil), 13)
	f.Add([]byte("0123456701"), 8)
	f.Add([]byte("01234567\x01\x00\xff\xff\xff\xff\x0f"), 10)
	f.Fuzz(func(t *testing.T, value []byte, head int) {
		if n := len(value); n > 1<<16 || head < checksums || head > n {
			return
		}
		value = repaired(value, head) // otherwise all values are refused
		keys, records, err := decode(value)
		if err != nil {
			return
		}
		again, same, err := decode(segmentOf(keys, records...))
		require.NoError(t, err)
		require.Equal(t, keys, again)
		require.Equal(t, records, same)
	})
}
