// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/zap"

	"github.com/alert24/otelcol-alert24/internal/ledger"
)

const (
	benchEntries = 100_000
	benchRecord  = 1100 // bytes
)

func quiet(c *Config) { c.Log, c.Lease = zap.NewNop(), time.Minute }

// filled returns the leader of a component with many entries.
func filled(b *testing.B) (*DB, *Leader) {
	b.Helper()
	db := open(b, server.URL(server.Database(b)), quiet)
	l := lead(b, db)
	for from := 0; from < benchEntries; from += 10_000 {
		require.NoError(b, l.Commit(b.Context(), entries(from, 10_000, 1), false))
	}
	return db, l
}

// entries returns changes of n entries, with keys far apart from each other.
func entries(from, n, apart int) []ledger.Change {
	record := bytes.Repeat([]byte{'r'}, benchRecord)
	changes := make([]ledger.Change, n)
	for i := range changes {
		changes[i] = ledger.Change{Key: fmt.Sprintf("HighErrorRate:api-%06d", (from+i)*apart%benchEntries), Record: record}
	}
	return changes
}

// BenchmarkCommit changes some of 100,000 entries: as many at a time as a group of webhooks with 1 or 20 alerts each.
func BenchmarkCommit(b *testing.B) {
	_, l := filled(b)
	for _, n := range []int{8, 160} {
		b.Run(fmt.Sprintf("alerts=%d", n), func(b *testing.B) {
			i := 0
			for b.Loop() {
				i++
				if _, _, err := l.Inbox(b.Context(), nil); err != nil {
					b.Fatal(err)
				}
				if err := l.Commit(b.Context(), entries(i*n, n, 4999), false); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(n*b.N)/b.Elapsed().Seconds(), "alerts/s")
		})
	}
}

// BenchmarkLoad reads 100,000 entries.
func BenchmarkLoad(b *testing.B) {
	db, _ := filled(b)
	for b.Loop() {
		n := 0
		require.NoError(b, db.Load(b.Context(), func(ledger.Loaded) error { n++; return nil }))
		require.Equal(b, benchEntries, n)
	}
}

// BenchmarkAppend puts webhooks of 20 alerts into the inbox over 8 connections.
func BenchmarkAppend(b *testing.B) {
	url := server.URL(server.Database(b))
	db := open(b, url, quiet, func(c *Config) { c.InboxRows = 1 << 30; c.InboxBytes = 1 << 40 })
	l := lead(b, open(b, url, quiet))
	stop, done := make(chan struct{}), make(chan struct{})
	go func() { // the leader empties the inbox
		defer close(done)
		for {
			select {
			case <-stop:
				return
			case <-l.Wake():
			}
			rows, _, err := l.Inbox(b.Context(), nil)
			if err != nil {
				b.Error(err)
				return
			}
			var used ledger.Consumed
			for _, r := range rows {
				used.IDs = append(used.IDs, r.ID)
			}
			if err := l.CommitInbox(b.Context(), nil, used); err != nil {
				b.Error(err)
				return
			}
		}
	}()
	payload := bytes.Repeat([]byte{'p'}, 20*benchRecord/2)
	b.SetParallelism(4) // times two cores
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if err := db.Append(b.Context(), db.Arrival(), "", payload); err != nil {
				b.Error(err)
				return
			}
		}
	})
	b.ReportMetric(float64(20*b.N)/b.Elapsed().Seconds(), "alerts/s")
	close(stop)
	<-done
}
