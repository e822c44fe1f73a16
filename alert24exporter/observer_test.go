// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alert24exporter

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"
	logobserver "go.uber.org/zap/zaptest/observer"

	"github.com/alert24/otelcol-alert24/internal/alert24"
	"github.com/alert24/otelcol-alert24/internal/ledger"
	"github.com/alert24/otelcol-alert24/internal/protocol"
	"github.com/alert24/otelcol-alert24/internal/reconcile"
	"github.com/alert24/otelcol-alert24/internal/sandbox"
	"github.com/alert24/otelcol-alert24/internal/sandbox/sandboxtest"
	"github.com/alert24/otelcol-alert24/internal/seldom"
	"github.com/alert24/otelcol-alert24/internal/status"
)

// A pause that turns a call away must not hide what the bridge learned with it.
func TestWhatAPauseTurnedAway(t *testing.T) {
	e, logged := watchedExporter(t, sandboxtest.Start(t, sandbox.Options{}), host{}, nil)
	paused := &alert24.Error{Result: protocol.NotSent, Err: &reconcile.PausedError{}}
	learned := func(kind protocol.Kind, lesson protocol.Lesson) {
		a := protocol.Answered{Alias: "a", Call: protocol.Call{Kind: kind}, Timed: protocol.Timed{Entry: &protocol.Entry{Alias: "a"}}, Lesson: lesson}
		(*observer)(e).Learned(&a, paused)
	}
	learned(protocol.Create, protocol.Nothing)
	learned(protocol.Lookup, protocol.Retrying)
	assert.Empty(t, e.lately.results.Of("a"), "nothing came of it")
	assert.Empty(t, e.lately.notices.Newest(1))

	learned(protocol.Create, protocol.NotOpened) // its alert resolved meanwhile
	notices := e.lately.notices.Newest(1)
	require.Len(t, notices, 1)
	assert.Equal(t, status.NotOpened, notices[0].Kind)

	learned(protocol.Lookup, protocol.StillOpen) // it had read the known incident
	assert.Equal(t, 1, logged.FilterMessageSnippet("Incident is still open after its close").Len())
	for range 5 * seldom.PerMinute { // Alert24 ignores closes
		learned(protocol.Close, protocol.StillOpen)
	}
	assert.Equal(t, seldom.PerMinute, logged.FilterMessageSnippet("Incident is still open after its close").Len())
}

// A lookup whose alias has changed is not asked. People do not read that Alert24 did not answer it.
func TestALookupThatWasNotAskedHasNoResult(t *testing.T) {
	e, logged := watchedExporter(t, sandboxtest.Start(t, sandbox.Options{}), host{}, nil)
	(*observer)(e).Learned(&protocol.Answered{
		Alias: "a", Call: protocol.Call{Kind: protocol.Lookup}, Answer: protocol.Answer{TurnedAway: true},
		Timed: protocol.Timed{Entry: &protocol.Entry{Alias: "a"}},
	}, nil)
	assert.Empty(t, e.lately.results.Of("a"))
	assert.Zero(t, logged.FilterMessage("Result learned").Len())
}

// A call that waited too long at the gate is logged. It shows nothing about Alert24.
func TestWhatWaitedTooLong(t *testing.T) {
	e, logged := watchedExporter(t, sandboxtest.Start(t, sandbox.Options{}), host{}, nil)
	(*observer)(e).Called("a", protocol.Create, protocol.NotSent, 0, &alert24.Error{Result: protocol.NotSent, Err: reconcile.ErrNotPermitted})
	assert.True(t, e.lately.apiWorks())
	assert.Equal(t, 1, logged.FilterMessageSnippet("A request to Alert24 failed").Len())
}

// Alert24 answers, but an incident that may be ours shows neither alias nor mark: the API works.
func TestALookupThatIsIncompleteIsNoFailureOfTheAPI(t *testing.T) {
	e, logged := watchedExporter(t, sandboxtest.Start(t, sandbox.Options{}), host{}, nil)
	require.Eventually(t, func() bool { return e.lately.answers().State == status.APIAnswers }, soon, tick) // the check at start has ended
	call := func(err *alert24.Error) { (*observer)(e).Called("a", protocol.Lookup, protocol.Incomplete, 0, err) }
	call(&alert24.Error{Result: protocol.Incomplete, Status: http.StatusBadGateway})
	assert.False(t, e.lately.apiWorks())
	call(&alert24.Error{Result: protocol.Incomplete, FromAPI: true, Err: errors.New("the list shows an open incident that may be ours")})
	assert.True(t, e.lately.apiWorks())
	assert.Equal(t, 2, logged.FilterMessageSnippet("A request to Alert24 failed").Len())
}

// If an alias has two open incidents, the line about a close names the one that was closed.
func TestTheLineOfACloseNamesItsIncident(t *testing.T) {
	e, logged := watchedExporter(t, sandboxtest.Start(t, sandbox.Options{}), host{}, nil)
	entry := &protocol.Entry{Alias: "a", Incident: protocol.Incident{State: protocol.Open, ID: "id-1", Number: 1}}
	(*observer)(e).Learned(&protocol.Answered{
		Alias: "a", Call: protocol.Call{Kind: protocol.Close, ID: "id-2"}, Timed: protocol.Timed{Entry: entry}, Lesson: protocol.ClosedIt,
		Answer: protocol.Answer{Incident: protocol.Shown{ID: "id-2", Number: 2, Seen: true}},
	}, nil)
	lines := logged.FilterMessage("Incident closed").All()
	require.Len(t, lines, 1)
	assert.Equal(t, "id-2", lines[0].ContextMap()["incident_id"])
	assert.EqualValues(t, 2, lines[0].ContextMap()["incident_number"])
	assert.Equal(t, "closed #2", e.lately.results.Of("a")[0].Text)
}

// During a takeover, the former leader's loop may still try to write. The storage is not at fault.
func TestATakeoverIsNoFaultOfTheStorage(t *testing.T) {
	e, logged := watchedExporter(t, sandboxtest.Start(t, sandbox.Options{}), host{}, nil)
	failed := func(err error) int {
		(*observer)(e).StorageFailed(err)
		return logged.FilterMessageSnippet("The ledger cannot be written").Len()
	}
	assert.Zero(t, failed(fmt.Errorf("cannot write the ledger to storage: %w", ledger.ErrDeposed)))
	assert.Equal(t, 1, failed(errors.New("the disk is full")))
}

// A former leader compares nothing with the ledger, so its last count of orphans must not stay.
func TestFormerLeaderHasNoOrphans(t *testing.T) {
	telemetry, set := measured(t)
	e, err := newExporter(set, configOf(sandboxtest.Start(t, sandbox.Options{})))
	require.NoError(t, err)
	defer e.telemetry.shutdown()
	(*observer)(e).Audited(2, nil)
	e.telemetry.forgetAPI(t.Context())
	assert.Zero(t, metricValue(t, telemetry, "otelcol_exporter_alert24_orphans"))
}

// Another tool's incident with the alias is one warning. No request has failed.
func TestAnotherToolsIncidentIsOneWarning(t *testing.T) {
	box := sandboxtest.Start(t, sandbox.Options{})
	_, err := box.OtherToolCreates(sandbox.Patch{Title: new("theirs"), Alias: new("one")})
	require.NoError(t, err)
	e, logged := watchedExporter(t, box, host{}, nil)
	send(t, e, "firing", "one", nil)
	warnings := func() []string {
		var lines []string
		for _, line := range logged.All() {
			if line.Level >= zap.WarnLevel && line.ContextMap()["alias"] != nil {
				lines = append(lines, line.Message)
			}
		}
		return lines
	}
	require.Eventually(t, func() bool { return len(warnings()) > 0 }, soon, tick)
	assert.Equal(t, []string{"Another tool's open incident has this alias; ours is opened when that one is closed"}, warnings())
}

// However often one alias fails, a refused key is still logged, and a rate limit has its own name.
func TestEachCauseOfAFailedRequestHasItsLine(t *testing.T) {
	e, logged := watchedExporter(t, sandboxtest.Start(t, sandbox.Options{}), host{}, nil)
	call := func(result protocol.Result, httpStatus int) {
		err := &alert24.Error{Op: "create incident", Result: result, Status: httpStatus}
		(*observer)(e).Called("a", protocol.Create, result, 0, err)
	}
	for range 5 * seldom.PerMinute {
		call(protocol.Unanswered, http.StatusServiceUnavailable)
	}
	call(protocol.Denied, http.StatusUnauthorized)
	call(protocol.NotSent, http.StatusTooManyRequests)
	lines := logged.FilterMessage("A request to Alert24 failed")
	assert.Equal(t, seldom.PerMinute, lines.FilterField(zap.String("result", "unanswered")).Len())
	assert.Equal(t, 1, lines.FilterField(zap.String("result", "denied")).Len())
	assert.Equal(t, 1, lines.FilterField(zap.String("result", "rate_limited")).Len())
	assert.Zero(t, lines.FilterField(zap.String("result", "not_sent")).Len())
}

// The line about a refused key also tells how long calls wait.
func TestTheLineOfAPauseSaysUntilWhen(t *testing.T) {
	for name, f := range map[string]sandbox.Fault{
		"denied": {Status: http.StatusUnauthorized}, "rate_limited": {Status: http.StatusTooManyRequests, RetryAfter: time.Minute},
	} {
		box := sandboxtest.Start(t, sandbox.Options{})
		require.NoError(t, box.SetFaults([]sandbox.Fault{f}))
		began := time.Now()
		e, logged := watchedExporter(t, box, host{}, func(c *Config) { c.RetryConfig.MaxInterval = time.Minute })
		send(t, e, "firing", "one", nil)
		var lines []logobserver.LoggedEntry
		require.Eventually(t, func() bool {
			lines = logged.FilterField(zap.String("result", name)).All()
			return len(lines) > 0
		}, soon, tick, name)
		until, told := lines[0].ContextMap()["calls_wait_until"].(time.Time)
		require.True(t, told, name)
		assert.Greater(t, until.Sub(began), 30*time.Second, name)
	}
}

// deposed is the leadership of a replica that no longer leads.
type deposed struct{ ledger.Leadership }

func (deposed) CommitInbox(context.Context, []ledger.Change, ledger.Consumed) error {
	return ledger.ErrDeposed
}

// A replica that no longer leads cannot write. This shows nothing about the database.
func TestTheEndOfALeadIsNoFailureOfTheStorage(t *testing.T) {
	e, _ := watchedExporter(t, sandboxtest.Start(t, sandbox.Options{}), host{}, nil)
	require.ErrorIs(t, measuredLeadership{deposed{}, e.telemetry}.Commit(t.Context(), nil, false), ledger.ErrDeposed)
	o, _ := ask[status.Overview](t, e, status.PathOverview)
	assert.True(t, o.Storage.Up)
	assert.Zero(t, e.telemetry.writesFailed.Load())
}

// For an entry from the database, only its version shows that its title may have changed.
func TestTitlesOfEntriesFromTheDatabase(t *testing.T) {
	e, _ := watchedExporter(t, sandboxtest.Start(t, sandbox.Options{}), host{}, nil)
	var known titles
	send(t, e, "firing", "a", map[string]string{"alert24.title": "before"})
	stored := func() []ledger.Listed {
		record := protocol.AppendRecord(nil, e.ledger().Get("a"))
		entry, err := protocol.Decode("a", record, nil)
		require.NoError(t, err)
		return []ledger.Listed{{Entry: entry}}
	}
	assert.Equal(t, []string{"before"}, known.of(e.renderer, stored()))
	send(t, e, "firing", "a", map[string]string{"alert24.title": "after"})
	assert.Equal(t, []string{"after"}, known.of(e.renderer, stored()))
}
