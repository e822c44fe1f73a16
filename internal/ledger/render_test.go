// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/alert24/otelcol-alert24/internal/incident"
	"github.com/alert24/otelcol-alert24/internal/protocol"
)

// The renderer gets its time from the ledger's clock, to tell the future from the past.
func TestRenderKnowsTheTime(t *testing.T) {
	cfg := testConfig(10, func() time.Time { return at(7) })
	var now time.Time
	cfg.Render = func(alias string, firing []incident.Alert, more incident.Context) incident.Content {
		now = more.Now
		return render(alias, firing, more)
	}
	l := New(cfg, NewMemory())
	apply(t, l, firing("am1", at(60)))
	l.Content(l.Get(theAlias))
	assert.Equal(t, at(7), now)
}

// counted makes a configuration count its renderings.
func counted(cfg Config) (Config, *atomic.Int64) {
	n := new(atomic.Int64)
	inner := cfg.Render
	cfg.Render = func(alias string, firing []incident.Alert, more incident.Context) incident.Content {
		n.Add(1)
		return inner(alias, firing, more)
	}
	return cfg, n
}

// A template that hangs delays only the calls of its own alias.
func TestRenderHoldsNoLock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hangs := make(chan struct{})
		cfg := testConfig(10, func() time.Time { return at(0) })
		var hang atomic.Bool
		cfg.Render = func(alias string, firing []incident.Alert, more incident.Context) incident.Content {
			if hang.Load() && alias == theAlias {
				<-hangs
			}
			return render(alias, firing, more)
		}
		l := New(cfg, NewMemory())
		apply(t, l, firing("am1", at(0)), of("b", firing("am1", at(0))))
		open(t, l, theAlias, "1")
		apply(t, l, saying("new", firing("am1", at(0))))
		hang.Store(true)
		peeked, claimed := make(chan protocol.Decision, 1), make(chan protocol.Decision, 1)
		go func() { peeked <- l.Peek(theAlias) }()
		go func() {
			_, d, _ := l.Claim(t.Context(), theAlias)
			claimed <- d
		}()
		synctest.Wait()
		apply(t, l, of("c", firing("am1", at(0))))
		apply(t, l, alert("f1", firing("am1", at(0))))
		open(t, l, "b", "2")
		assert.Equal(t, 3, l.Stats().Aliases)
		assert.Empty(t, peeked)
		assert.Empty(t, claimed)
		close(hangs)
		<-peeked
		assert.Equal(t, protocol.Update, (<-claimed).Call.Kind)
	})
}

// Rendered content is kept until the call is claimed, even if the entry does not count as pending.
func TestARefusedCreateIsTriedAgain(t *testing.T) {
	now := at(0)
	cfg, renders := counted(testConfig(10, func() time.Time { return now }))
	l := New(cfg, NewMemory())
	apply(t, l, firing("am1", at(0)))
	for tries := range 4 {
		d := l.Peek(theAlias)
		require.Equal(t, protocol.Create, d.Call.Kind, "try %d", tries)
		before := renders.Load()
		_, d, err := l.Claim(t.Context(), theAlias)
		require.NoError(t, err)
		require.Equal(t, protocol.Create, d.Call.Kind, "try %d", tries)
		assert.Equal(t, before, renders.Load(), "it is rendered already")
		refused := &protocol.Answered{
			Alias: theAlias, Call: d.Call, Answer: protocol.Answer{Result: protocol.Refused, Sent: contentOf(l, theAlias)},
		}
		require.NoError(t, l.Learn(t.Context(), []*protocol.Answered{refused}))
		if d := l.Peek(theAlias); d.Call.Kind == protocol.NoCall {
			require.True(t, d.Wake.After(now), "%v", d.Wake)
			now = d.Wake
		}
	}
}

// While alerts change, a claim renders a bounded number of times. Then it asks to be repeated later.
func TestAClaimWhileAlertsChange(t *testing.T) {
	cfg := testConfig(10, func() time.Time { return at(0) })
	var l *Ledger
	var changes, renders int
	cfg.Render = func(alias string, firing []incident.Alert, more incident.Context) incident.Content {
		c := render(alias, firing, more)
		renders++
		if changes > 0 {
			changes--
			apply(t, l, saying(fmt.Sprint("change ", changes), firingNow()))
		}
		return c
	}
	l = New(cfg, NewMemory())
	apply(t, l, firingNow())
	open(t, l, theAlias, "1")
	apply(t, l, saying("new", firingNow()))

	renders, changes = 0, 1000
	e, d, err := l.Claim(t.Context(), theAlias)
	require.NoError(t, err)
	assert.Nil(t, e)
	assert.Equal(t, protocol.NoCall, d.Call.Kind)
	assert.Equal(t, at(0).Add(renderPause), d.Wake)
	assert.Equal(t, maxRenders, renders)

	changes = 1
	_, d, err = l.Claim(t.Context(), theAlias)
	require.NoError(t, err)
	assert.Equal(t, protocol.Update, d.Call.Kind, "nothing is lost")
	content, sent := l.Content(l.Get(theAlias))
	assert.Equal(t, "change 0", content.Description)
	assert.Equal(t, sent, d.Call.Content)
}

func firingNow() protocol.Event { return firing("am1", at(0)) }

// Alerts change and calls run concurrently: in the end Alert24 shows the alerts that fire.
func TestClaimsAndChangesAtOnce(t *testing.T) {
	l := New(testConfig(10, time.Now), NewMemory())
	apply(t, l, firingNow())
	open(t, l, theAlias, "1")
	var wg sync.WaitGroup
	done := make(chan struct{})
	wg.Go(func() {
		defer close(done)
		for i := range 300 {
			apply(t, l, saying(strconv.Itoa(i), firingNow()))
		}
	})
	said := ""
	call := func() bool {
		if l.Peek(theAlias).Call.Kind == protocol.NoCall {
			return false
		}
		e, d, err := l.Claim(t.Context(), theAlias)
		if !assert.NoError(t, err) || d.Call.Kind != protocol.Update {
			return err == nil
		}
		content, sent := l.Content(e)
		said = content.Description
		a := &protocol.Answered{Alias: theAlias, Call: d.Call, Answer: written(sent)}
		return assert.NoError(t, l.Learn(t.Context(), []*protocol.Answered{a}))
	}
	for running := true; running; {
		select {
		case <-done:
			running = false
		default:
			call()
		}
	}
	wg.Wait()
	for call() {
	}
	assert.Equal(t, "299", said)
	assert.Zero(t, l.Stats().Pending)
}

// Pending counts from the first change that Alert24 lacks until Alert24 has all changes.
func TestPendingMarks(t *testing.T) {
	now := at(0)
	l := New(testConfig(10, func() time.Time { return now }), NewMemory())
	apply(t, l, firingNow())
	assert.Equal(t, at(0), l.Stats().Oldest)
	now = at(2)
	a := answer(t, l, theAlias, protocol.Create, written(contentOf(l, theAlias)))
	assert.Equal(t, 2*time.Second, a.Waited)
	assert.Zero(t, l.Stats().Pending)

	now = at(10)
	apply(t, l, saying("one", firingNow()))
	require.Equal(t, protocol.Update, l.Peek(theAlias).Call.Kind)
	assert.Equal(t, at(10), l.Stats().Oldest)
	now = at(20)
	apply(t, l, saying("two", firingNow()))
	assert.Equal(t, at(10), l.Stats().Oldest, "it has waited since")
	require.Equal(t, protocol.Update, l.Peek(theAlias).Call.Kind)
	now = at(30)
	a = answer(t, l, theAlias, protocol.Update, written(contentOf(l, theAlias)))
	assert.Equal(t, 20*time.Second, a.Waited)
	assert.Zero(t, l.Stats().Pending)
	assert.Nil(t, l.store.get(theAlias).view, "nothing of it is kept")

	// A change that is undone needs no call.
	apply(t, l, saying("three", firingNow()))
	require.Equal(t, protocol.Update, l.Peek(theAlias).Call.Kind)
	apply(t, l, saying("two", firingNow()))
	require.Equal(t, protocol.NoCall, l.Peek(theAlias).Call.Kind)
	assert.Zero(t, l.Stats().Pending)
	assert.Nil(t, l.store.get(theAlias).view, "nothing of it is kept")
}

// Content is rendered once, however often an alias that waits is looked at.
func TestAnAliasThatWaitsIsRenderedOnce(t *testing.T) {
	renders := 0
	cfg := testConfig(10, func() time.Time { return at(0) })
	cfg.Render = func(alias string, firing []incident.Alert, more incident.Context) incident.Content {
		renders++
		return render(alias, firing, more)
	}
	l := New(cfg, NewMemory())
	apply(t, l, firingNow())
	answer(t, l, theAlias, protocol.Create, protocol.Answer{Result: protocol.NotSent})
	apply(t, l, firingNow())
	require.Equal(t, protocol.NoCall, l.Peek(theAlias).Call.Kind)
	assert.Equal(t, 1, renders)
	apply(t, l, saying("news", firingNow()))
	for range 2 {
		l.Peek(theAlias)
		assert.Equal(t, 2, renders)
	}
}

// Pending also changes with what time, the audit and an answer show.
func TestPendingWithoutNews(t *testing.T) {
	now := at(0)
	l := New(testConfig(10, func() time.Time { return now }), NewMemory())
	apply(t, l, firingNow())
	_, d, err := l.Claim(t.Context(), theAlias)
	require.NoError(t, err)
	apply(t, l, saying("news", firingNow())) // nobody renders it
	foreign := protocol.Answer{Result: protocol.Foreign, Incident: protocol.Shown{ID: "9"}}
	require.NoError(t, l.Learn(t.Context(), []*protocol.Answered{{Alias: theAlias, Call: d.Call, Answer: foreign}}))
	assert.Zero(t, l.Stats().Pending, "it is blocked")
	now = at(10)
	_, err = l.Missing(t.Context(), theAlias)
	require.NoError(t, err)
	assert.Equal(t, at(10), l.Stats().Oldest, "it is no longer blocked")

	ends := of("ends", firingNow())
	ends.StaleAfter = minute
	apply(t, l, resolved("am1", at(0), at(5)), ends)
	open(t, l, "ends", "1")
	require.Zero(t, l.Stats().Pending)
	now = at(70)
	_, d, err = l.Claim(t.Context(), "ends")
	require.NoError(t, err)
	require.Equal(t, protocol.Close, d.Call.Kind)
	assert.Equal(t, at(70), l.Stats().Oldest)
}

// Right after a start, open incidents do not count as pending.
func TestLoadDoesNotCountWhatIsOpenAsPending(t *testing.T) {
	m := NewMemory()
	cfg := testConfig(2, func() time.Time { return at(0) })
	l := New(cfg, m)
	apply(t, l, firingNow())
	assert.Equal(t, 1, l.Stats().Pending)
	open(t, l, theAlias, "1")
	assert.Zero(t, l.Stats().Pending)

	l = New(cfg, m)
	_, err := l.Load(t.Context())
	require.NoError(t, err)
	assert.Zero(t, l.Stats().Pending)
	assert.Equal(t, protocol.NoCall, l.Peek(theAlias).Call.Kind)
	assert.Zero(t, l.Stats().Pending)

	cfg.Render = func(string, []incident.Alert, incident.Context) incident.Content {
		c := incident.Content{Title: "a new template", Severity: incident.Critical}
		c.News = c.Hashes()
		return c
	}
	l = New(cfg, m)
	_, err = l.Load(t.Context())
	require.NoError(t, err)
	before := l.Revision()
	assert.Equal(t, protocol.Update, l.Peek(theAlias).Call.Kind)
	assert.Equal(t, 1, l.Stats().Pending)
	assert.NotEqual(t, before, l.Revision(), "people see it")
}
