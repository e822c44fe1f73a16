// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alert24exporter

import (
	"context"
	"errors"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/plog"

	"github.com/alert24/otelcol-alert24/internal/ledger"
	"github.com/alert24/otelcol-alert24/internal/protocol"
	"github.com/alert24/otelcol-alert24/internal/sandbox"
	"github.com/alert24/otelcol-alert24/internal/sandbox/sandboxtest"
)

// lease is how much later than an alert's end its watchdog must be heard.
const lease = time.Millisecond

// holding is a term over store that holds resolves of cluster eu. It runs nothing by itself.
func holding(t *testing.T, store ledger.Store) (w *watch, take func(ld plog.Logs)) {
	t.Helper()
	cfg := configOf(sandboxtest.Start(t, sandbox.Options{}))
	watchdogs(4 * lease)(cfg)
	cfg.Watchdog.HoldResolves = true
	e := unstarted(t, cfg)
	term, err := e.begin(t.Context(), e.ledgerConfig(), e.loopConfig(), store)
	require.NoError(t, err)
	take = taker(t, term)
	take(of("Watchdog", "firing", watchdogKey))
	take(listOf(watchdogKey))
	take(of("Down", "firing", downKey))
	return term.watch, take
}

// A check of the held resolves may begin before a resolve is in the ledger, and end afterwards. The next check still looks at it.
func TestResolveHeldDuringACheckIsCheckedLater(t *testing.T) {
	w, take := holding(t, nil)
	began := time.Now()
	ends := func() { w.held(&protocol.Snapshot{}, protocol.Sighting{}) } // it has seen no held resolve
	require.True(t, w.holds.due(began))
	take(of("Down", "resolved", downKey))
	ends()
	assert.True(t, w.holds.due(began.Add(attestEvery)))
}

// Records from elsewhere can name any source. The real one, which comes again, is remembered.
func TestSourcesOfHeldResolvesAreBounded(t *testing.T) {
	h := holds{bySource: newBySource[int]()}
	now := time.Now()
	for i := range 2 * maxSources {
		h.see("made up "+strconv.Itoa(i), 1, now)
		h.see("am", 7, now)
	}
	assert.Equal(t, maxSources, h.bySource.Len())
	assert.Equal(t, 7, h.most())
	h.see("am", 0, now)
	assert.Equal(t, 1, h.most())
}

// A whole check may run while a resolve waits for the storage.
func TestResolveThatWaitsForTheStorageIsCheckedLater(t *testing.T) {
	w, take := holding(t, nil)
	began := time.Now()
	w.punctual = func(context.Context) func() error {
		return func() error {
			w.holds.due(began)
			w.held(&protocol.Snapshot{}, protocol.Sighting{})
			return nil
		}
	}
	take(of("Down", "resolved", downKey))
	assert.True(t, w.holds.due(began.Add(attestEvery)))
}

// fragile is an empty store. Its writes fail while broken is set.
type fragile struct {
	ledger.Store
	broken bool
}

func (*fragile) Load(context.Context, func(ledger.Loaded) error, func(string, []byte) []byte) error {
	return nil
}

func (f *fragile) Commit(context.Context, []ledger.Change, bool) error {
	if f.broken {
		return errors.New("broken")
	}
	return nil
}

func (*fragile) Size() int64 { return 0 }

// If a check fails, the resolves are checked again.
func TestFailedCheckIsRepeated(t *testing.T) {
	store := &fragile{}
	w, take := holding(t, store)
	take(of("Down", "resolved", downKey))
	time.Sleep(2 * lease)
	take(of("Watchdog", "firing", watchdogKey))
	began := time.Now()
	require.True(t, w.holds.due(began))
	store.broken = true
	require.Error(t, w.attest(t.Context()))
	assert.True(t, w.holds.due(began.Add(attestEvery)))
}
