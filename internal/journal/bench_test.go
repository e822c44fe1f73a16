// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"fmt"
	"testing"

	"github.com/open-telemetry/opentelemetry-collector-contrib/extension/storage/filestorage"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/extension/xextension/storage"

	"github.com/alert24/otelcol-alert24/internal/ledger"
)

// BenchmarkCommit changes 20 of 100,000 records at a time, with keys far apart or adjacent, in the journal and, for comparison, in a
// storage with one key per record.
func BenchmarkCommit(b *testing.B) {
	const records, together = 100_000, 20
	for _, fsync := range []bool{true, false} {
		for _, apart := range []int{1, 4999} {
			change := func(n int) []ledger.Change {
				changes := make([]ledger.Change, together)
				for i := range changes {
					key, record := realistic((n*together+i)*apart%records, n)
					changes[i] = ledger.Change{Key: key, Record: []byte(record)}
				}
				return changes
			}
			run := func(name string, commit func(client storage.Client) func([]ledger.Change) error) {
				b.Run(fmt.Sprintf("%s/fsync=%t/apart=%d", name, fsync, apart), func(b *testing.B) {
					do := commit(openStorage(b, b.TempDir(), func(cfg *filestorage.Config) { cfg.FSync = fsync }))
					for from := 0; from < records; from += 1000 {
						changes := make([]ledger.Change, 1000)
						for i := range changes {
							key, record := realistic(from+i, 0)
							changes[i] = ledger.Change{Key: key, Record: []byte(record)}
						}
						require.NoError(b, do(changes))
					}
					n := 0
					for b.Loop() {
						b.StopTimer()
						n++
						changes := change(n)
						b.StartTimer()
						require.NoError(b, do(changes))
					}
					b.ReportMetric(float64(together*b.N)/b.Elapsed().Seconds(), "records/s")
				})
			}
			run("journal", func(client storage.Client) func([]ledger.Change) error {
				j, o := New(client), owner{}
				_, err := o.load(b.Context(), j)
				require.NoError(b, err)
				return func(changes []ledger.Change) error {
					for _, c := range changes {
						o[c.Key] = string(c.Record)
					}
					return j.Commit(b.Context(), changes, false)
				}
			})
			run("a key each", func(client storage.Client) func([]ledger.Change) error {
				return func(changes []ledger.Change) error {
					ops := make([]*storage.Operation, len(changes))
					for i, c := range changes {
						ops[i] = storage.SetOperation(c.Key, c.Record)
					}
					return client.Batch(b.Context(), ops...)
				}
			})
		}
	}
}

// BenchmarkLoad reads 100,000 records.
func BenchmarkLoad(b *testing.B) {
	client := openStorage(b, b.TempDir(), func(cfg *filestorage.Config) { cfg.FSync = false })
	j := New(client)
	_, err := owner{}.load(b.Context(), j)
	require.NoError(b, err)
	for i := range 1000 {
		records := owner{}
		for n := range 100 {
			key, record := realistic(i*100+n, 0)
			records[key] = record
		}
		require.NoError(b, owner{}.commit(b.Context(), j, records))
	}
	b.ReportAllocs()
	for b.Loop() {
		err := New(client).Load(b.Context(), func(ledger.Loaded) error { return nil }, owner{}.current)
		require.NoError(b, err)
	}
}
