// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alert24exporter

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/alert24/otelcol-alert24/internal/journal"
	"github.com/alert24/otelcol-alert24/internal/ledger"
)

// A live alias takes the same space on disk after a day of repeats, whether they change the text or not.
func TestDiskIsConstantInRepeats(t *testing.T) {
	const (
		aliases = 100
		every   = 5 * time.Minute
		day     = 24 * time.Hour
	)
	for name, changes := range map[string]bool{"unchanged": false, "another text each time": true} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			now := time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)
			client := ledgerStorage(t, dir, false)
			l := ledger.New(testLedgerConfig(t, aliases, func() time.Time { return now }), journal.New(client))
			_, err := l.Load(t.Context())
			require.NoError(t, err)
			repeat := func(value int) {
				now = now.Add(every)
				_, err := l.Apply(t.Context(), benchmarkEvents(t, 0, aliases, value), nil)
				require.NoError(t, err)
			}
			size := func() int64 {
				files, err := filepath.Glob(filepath.Join(dir, "*"))
				require.NoError(t, err)
				require.Len(t, files, 1)
				info, err := os.Stat(files[0])
				require.NoError(t, err)
				return info.Size()
			}
			value := 1000  // the same number of digits all day
			for range 30 { // until the disk holds the maximum of superseded data
				repeat(value)
				value++
			}
			first := size()
			for range int(day / every) {
				if changes {
					value++
				}
				repeat(value)
			}
			assert.Equal(t, first, size(), "bytes after a day")
		})
	}
}
