// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package reconcile

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/alert24/otelcol-alert24/internal/incident"
)

// TestAPageWaitsForNoOtherAliasAfterAnOutage: the closes of many incidents were not answered, and Alert24 answers again. An alert that
// fires again pages people at once, although the others need lookups and closes for a long time.
func TestAPageWaitsForNoOtherAliasAfterAnOutage(t *testing.T) {
	const n = 600
	for _, outage := range []time.Duration{30 * time.Second, time.Minute, 90 * time.Second, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute} {
		for _, after := range []time.Duration{0, 10 * time.Second, 20 * time.Second} {
			t.Run(fmt.Sprint(outage, " and ", after), func(t *testing.T) {
				inWorld(t, options{rate: 15}, func(w *world) {
					name := func(i int) string { return fmt.Sprint("alias-", i) }
					for i := range n {
						w.fire(name(i), incident.High, "fires")
					}
					pass(10 * time.Minute)
					w.fate(always("", "", fails))
					for i := range n {
						w.resolve(name(i))
					}
					pass(outage)
					w.fate(nil)
					pass(after)
					for i := n - 1; ; i-- {
						if e := w.ledger.Get(name(i)); e.IsOpen() && e.CloseInDoubt() {
							w.pagesWithin(name(i), 3*time.Second)
							return
						}
					}
				})
			})
		}
	}
}

// TestLookupsAfterAnOutageShareReadings: many closes were not answered. The list shows all of their incidents, so none is read by its id until
// its close was answered.
func TestLookupsAfterAnOutageShareReadings(t *testing.T) {
	inWorld(t, options{rate: 15}, func(w *world) {
		name := func(i int) string { return fmt.Sprint("alias-", i) }
		for i := range page {
			w.fire(name(i), incident.High, "fires")
		}
		pass(time.Minute)
		w.fate(always(opClose, "", fails))
		for i := range page {
			w.resolve(name(i))
		}
		pass(time.Minute)
		assert.Empty(t, w.requests(opRead, ""))
		w.fate(nil)
		pass(10 * time.Minute)
		assert.Empty(t, w.rowsOpen())
		assert.LessOrEqual(t, len(w.requests(opRead, "")), page)
	})
}

// pagesWithin lets the alert of an alias fire again, and checks that a new incident opens soon.
func (w *world) pagesWithin(alias string, most time.Duration) {
	w.t.Helper()
	fired := time.Now()
	w.fire(alias, incident.Critical, "fires again")
	pass(5 * time.Minute)
	creates := w.requests(opCreate, alias)
	require.Len(w.t, creates, 2)
	assert.LessOrEqual(w.t, creates[1].at.Sub(fired), most)
	assert.Len(w.t, w.open(alias), 1)
}
