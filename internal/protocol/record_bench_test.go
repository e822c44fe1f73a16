// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package protocol

import (
	"encoding/base64"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/stretchr/testify/require"
)

// MarshalText writes what UnmarshalText reads, for the library.
func (k wireKey) MarshalText() ([]byte, error) {
	return base64.RawStdEncoding.AppendEncode(nil, k[:]), nil
}

// BenchmarkRecord compares AppendRecord with the library, which encodes the same head by reflection. The time to convert an entry into a
// head is not measured.
func BenchmarkRecord(b *testing.B) {
	e := whole()
	record := AppendRecord(nil, e)
	var h head
	require.NoError(b, json.Unmarshal(record, &h, recordOptions))
	library, err := json.Marshal(&h, recordOptions)
	require.NoError(b, err)
	require.JSONEq(b, string(record), string(library))
	b.Run("own", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			record = AppendRecord(record[:0], e)
		}
	})
	b.Run("library", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := json.Marshal(&h, recordOptions); err != nil {
				b.Fatal(err)
			}
		}
	})
}
