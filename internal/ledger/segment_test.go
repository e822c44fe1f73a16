// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"bytes"
	"encoding/binary"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestSegmentKeepsItsRecords(t *testing.T) {
	long := strings.Repeat("x", 100_000) + "\n"
	for name, c := range map[string]struct {
		aliases []string
		records []string
	}{
		"nothing": {[]string{}, []string{}},
		"one":     {[]string{"a:b"}, []string{"{}\n"}},
		"many":    {[]string{"a", `"b"`, "c\nd", "é"}, []string{"{}\n", "\n", long, long}},
	} {
		t.Run(name, func(t *testing.T) {
			before := []byte("before")
			value := appendSegment(before, c.aliases, []byte(strings.Join(c.records, "")))
			require.True(t, bytes.HasPrefix(value, before))
			aliases, records, err := decodeSegment(value[len(before):])
			require.NoError(t, err)
			assert.Equal(t, c.aliases, aliases)
			require.Len(t, records, len(c.records))
			for i, r := range records {
				assert.Equal(t, c.records[i], string(r))
			}
		})
	}
}

func TestDecodeSegmentRefuses(t *testing.T) {
	good := appendSegment(nil, []string{"a", "b"}, []byte("1\n2\n"))
	for name, c := range map[string]struct {
		value   []byte
		aliases []string
	}{
		"nothing":              {nil, nil},
		"no list":              {[]byte("hello"), nil},
		"another list":         {[]byte("[1]\n"), nil},
		"only aliases":         {[]byte(`["a"]`), []string{"a"}},
		"a cut segment":        {good[:len(good)-1], []string{"a", "b"}},
		"too few records":      {appendSegment(nil, []string{"a", "b"}, []byte("1\n")), []string{"a", "b"}},
		"too many records":     {appendSegment(nil, []string{"a"}, []byte("1\n2\n")), []string{"a"}},
		"an unfinished record": {appendSegment(nil, []string{"a", "b"}, []byte("1\n2")), []string{"a", "b"}},
		"a size beyond bounds": {append([]byte("[\"a\"]\n"), binary.AppendUvarint(nil, maxSegment+1)...), []string{"a"}},
	} {
		t.Run(name, func(t *testing.T) {
			aliases, records, err := decodeSegment(c.value)
			require.Error(t, err)
			assert.Equal(t, c.aliases, aliases)
			assert.Empty(t, records)
		})
	}
}

// FuzzDecodeSegment: whatever disk holds is refused, or is a segment that stays the same when it is written again.
func FuzzDecodeSegment(f *testing.F) {
	f.Add(appendSegment(nil, []string{"a", "b"}, []byte("{}\n\n")))
	f.Add([]byte("[\"a\"]\n"))
	f.Add([]byte("[]\n\xff\xff\xff\xff\x0f"))
	f.Fuzz(func(t *testing.T, value []byte) {
		if n := len(value); n > 1<<16 {
			return
		}
		aliases, records, err := decodeSegment(value)
		if err != nil {
			return
		}
		again, same, err := decodeSegment(appendSegment(nil, aliases, bytes.Join(records, nil)))
		require.NoError(t, err)
		require.Equal(t, aliases, again)
		require.Equal(t, records, same)
	})
}
