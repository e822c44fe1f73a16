// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/alert24/otelcol-alert24/internal/incident"
	"github.com/alert24/otelcol-alert24/internal/ledger"
	"github.com/alert24/otelcol-alert24/internal/protocol"
)

// TestLedgerAndJournal: whatever fails, a kill preserves what the ledger acknowledged. What it refused is not there, unless the disk
// had it and nothing was written since.
func TestLedgerAndJournal(t *testing.T) { //nolint:funlen // one random machine: its steps share the state
	rapid.Check(t, func(t *rapid.T) {
		m := &moody{disk: newDisk()}
		var l *ledger.Ledger
		open := func() {
			j := New(m)
			j.log.slack = 2000
			l = openLedger(t, j, func() time.Time { return at(0) })
		}
		open()
		sure, other := map[string]string{}, map[string][]string{}
		said := func(alias string) string {
			if e := l.Get(alias); e != nil {
				return e.Members.Get(keyOf(alias)).Alert.Unpack().Description
			}
			return ""
		}
		alias := rapid.Custom(func(t *rapid.T) string { return fmt.Sprint("alias-", rapid.IntRange(0, 10).Draw(t, "n")) })
		last := 0
		apply := func(t *rapid.T) {
			var events []protocol.Event
			next := map[string]string{}
			for _, a := range rapid.SliceOfNDistinct(alias, 1, 8, rapid.ID).Draw(t, "aliases") {
				last++
				next[a] = fmt.Sprint(last, strings.Repeat("x", rapid.SampledFrom([]int{0, 500, 5000}).Draw(t, "length")))
				ev := firing(at(0))
				ev = of(a, ev)
				ev.Alert = incident.Pack(&incident.Alert{Fingerprint: "f0", StartsAt: at(0), Description: next[a]})
				events = append(events, ev)
			}
			_, err := l.Apply(t.Context(), events, nil)
			for a, what := range next {
				if err == nil {
					sure[a] = what
				} else if m.now.lies {
					other[a] = append(other[a], what)
				}
			}
			if err == nil {
				clear(other)
			}
		}
		with := func(mood *bool) func(*rapid.T) {
			return func(t *rapid.T) {
				*mood = true
				apply(t)
				*mood = false
			}
		}
		t.Repeat(map[string]func(*rapid.T){
			"": func(t *rapid.T) {
				for i := range 11 {
					a := fmt.Sprint("alias-", i)
					require.Equal(t, sure[a], said(a), a)
				}
			},
			"apply":                                apply,
			"more":                                 apply,
			"fail":                                 with(&m.now.fails),
			"fail although it was done":            with(&m.now.lies),
			"fail although questions are answered": with(&m.now.refuses),
			"be full":                              with(&m.now.full),
			"check":                                func(t *rapid.T) { require.NoError(t, l.Check(t.Context())) },
			"die": func(t *rapid.T) {
				open()
				for i := range 11 {
					a := fmt.Sprint("alias-", i)
					require.Contains(t, append(other[a], sure[a]), said(a), a)
					sure[a] = said(a)
				}
				clear(other)
			},
		})
	})
}
