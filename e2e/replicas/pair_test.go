// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package replicas

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/alert24/otelcol-alert24/e2e/harness"
	"github.com/alert24/otelcol-alert24/e2e/harness/kit"
	"github.com/alert24/otelcol-alert24/internal/sandbox"
)

// A pair of real Alertmanagers with gossip: each alert has one incident, whatever the two send twice, late or again.
func TestPairOfAlertmanagers(t *testing.T) { kit.EachReading(t, testPair) }

func testPair(t *testing.T, switches func(*sandbox.Switches)) { //nolint:funlen // one story: each step needs the one before
	t.Helper()
	found := kit.Binaries(t, harness.CollectorEnv, harness.AlertmanagerEnv)
	b := startBench(t, switches)
	pair, err := harness.StartPair(t.Context(), found.Alertmanager, t.TempDir(), b.relay.urls())
	t.Cleanup(func() {
		assert.NoError(t, pair.Close())
		if t.Failed() && err == nil {
			t.Logf("alertmanager 0:\n%s\nalertmanager 1:\n%s", pair.Members[0].Tail(), pair.Members[1].Tail())
		}
	})
	require.NoError(t, err)
	post := func(t *testing.T, alerts ...harness.Alert) {
		t.Helper()
		require.NoError(t, pair.Post(t.Context(), alerts...))
	}
	// Programs started in a part of the test outlive that part, so they get the context of the whole.
	restart := func() error { return pair.Restart(t.Context(), 0) }
	restartCollector := func() error { return b.collector.Start(t.Context()) }
	over := func(a harness.Alert) harness.Alert {
		a.EndsAt = kit.Milliseconds(time.Now())
		return a
	}

	t.Run("as usual", func(t *testing.T) {
		alert := kit.AlertOn("usual")
		post(t, alert)
		b.incident(t, "usual", kit.IsOpen)
		post(t, over(alert))
		b.incident(t, "usual", kit.IsResolved)
	})

	t.Run("echo", func(t *testing.T) { testEcho(t, b, pair) })

	t.Run("one is killed while an alert fires", func(t *testing.T) {
		before, during := kit.AlertOn("before"), kit.AlertOn("during")
		post(t, before)
		b.incident(t, "before", kit.IsOpen)
		pair.Members[0].Kill()
		post(t, before, during)
		b.said(t, "during", func(w relayed) bool { return w.sender == 1 && w.answer == http.StatusOK })
		b.incident(t, "during", kit.IsOpen)
		post(t, over(before))
		b.incident(t, "before", kit.IsResolved)

		require.NoError(t, restart())
		post(t, during) // like Prometheus, this also tells the one that was down
		b.said(t, "during", func(w relayed) bool { return w.sender == 0 && w.answer == http.StatusOK })
		post(t, over(during))
		b.incident(t, "during", kit.IsResolved)
		b.incident(t, "before", kit.IsResolved)
	})

	t.Run("the collector answers 503 for a while", func(t *testing.T) {
		opens, ends := kit.AlertOn("opens"), kit.AlertOn("ends")
		post(t, ends)
		b.incident(t, "ends", kit.IsOpen)
		b.relay.refuse.Store(true)
		post(t, opens, over(ends))
		for _, instance := range []string{"opens", "ends"} {
			for sender := range pair.Members { // both try
				b.said(t, instance, func(w relayed) bool { return w.sender == sender && w.answer == http.StatusServiceUnavailable })
			}
		}
		assert.Empty(t, kit.IncidentsOf(b.sandbox, "HighErrorRate:opens"))
		b.relay.refuse.Store(false)
		b.incident(t, "opens", kit.IsOpen)
		b.incident(t, "ends", kit.IsResolved)
		post(t, over(opens))
		b.incident(t, "opens", kit.IsResolved)
	})

	t.Run("the collector crashes and is away for a while", func(t *testing.T) {
		opens, ends := kit.AlertOn("opens-away"), kit.AlertOn("ends-away")
		post(t, ends)
		b.incident(t, "ends-away", kit.IsOpen)
		b.collector.Kill()
		post(t, opens, over(ends))
		for _, instance := range []string{"opens-away", "ends-away"} {
			for sender := range pair.Members {
				b.said(t, instance, func(w relayed) bool { return w.sender == sender && w.answer == http.StatusServiceUnavailable })
			}
		}
		require.NoError(t, restartCollector())
		b.incident(t, "opens-away", kit.IsOpen)
		b.incident(t, "ends-away", kit.IsResolved)
		post(t, over(opens))
		b.incident(t, "opens-away", kit.IsResolved)
	})
}

// testEcho ends alerts at moments spread over the second member's wait. If that member waits with the firing state until the first
// has sent the resolve, it sends a firing after it: the echo. A few rounds make sure that there is one.
func testEcho(t *testing.T, b *bench, pair *harness.Pair) {
	t.Helper()
	const (
		rounds   = 5
		alerts   = 8
		spread   = harness.PeerTimeout / alerts
		expected = 3
	)
	instances := []string{"usual"} // the previous test may have caused one as well
	echoes, held := 0, 0
	for round := 0; round < rounds && echoes < expected; round++ {
		var batch []harness.Alert
		for n := range alerts {
			batch = append(batch, kit.AlertOn(fmt.Sprintf("echo-%d-%d", round, n)))
		}
		require.NoError(t, pair.Post(t.Context(), batch...))
		for _, a := range batch {
			b.incident(t, a.Labels["instance"], kit.IsOpen)
		}
		ticker := time.NewTicker(spread) // the moment matters here: this is not a wait for an event
		for _, a := range batch {
			<-ticker.C
			a.EndsAt = kit.Milliseconds(time.Now())
			require.NoError(t, pair.Post(t.Context(), a))
		}
		ticker.Stop()
		for _, a := range batch {
			instances = append(instances, a.Labels["instance"])
			b.incident(t, a.Labels["instance"], kit.IsResolved)
		}
		// Then both are silent, and a resolve has followed each hold: nothing can still open an incident.
		kit.Eventually(t, func(ctx context.Context) (err error) {
			held, err = b.holds(ctx)
			return errors.Join(b.silent(instances), err)
		})
		echoes = 0
		for _, instance := range instances {
			if b.relay.echoed(instance) {
				echoes++
			}
		}
	}
	assert.GreaterOrEqual(t, echoes, 1, "the pair never echoed, so the test shows nothing")
	assert.GreaterOrEqual(t, held, echoes)
	for _, instance := range instances {
		b.incident(t, instance, kit.IsResolved)
	}
	t.Logf("%d echoes of %d alerts, all held until their resolve", echoes, len(instances))
}

// silent returns nil if both have sent everything: the last word about each instance is its resolve, and neither member still waits
// to contradict it.
func (b *bench) silent(instances []string) error {
	for _, instance := range instances {
		all := b.relay.of(instance)
		if last := all[len(all)-1]; last.status != "resolved" || time.Since(last.at) < 2*(harness.PeerTimeout+time.Second) {
			return fmt.Errorf("%s: the last webhook is %+v", instance, last)
		}
	}
	return nil
}

// holds returns how many firings were held as echoes, after a resolve has ended each of them.
func (b *bench) holds(ctx context.Context) (held int, err error) {
	held, err = b.events(ctx, "echo_held")
	if err != nil {
		return 0, err
	}
	cancelled, err := b.events(ctx, "echo_cancelled")
	if err == nil && held != cancelled {
		err = fmt.Errorf("%d held, %d cancelled", held, cancelled)
	}
	return held, err
}

// Two Alertmanagers that do not gossip send everything twice, and end alerts at different times.
func TestSplitPairOfAlertmanagers(t *testing.T) { kit.EachReading(t, testSplitPair) }

func testSplitPair(t *testing.T, switches func(*sandbox.Switches)) {
	t.Helper()
	found := kit.Binaries(t, harness.CollectorEnv, harness.AlertmanagerEnv)
	b := startBench(t, switches)
	var members [2]*harness.Alertmanager
	for i, url := range b.relay.urls() {
		var err error
		members[i], err = harness.StartAlertmanager(t.Context(), harness.AlertmanagerOptions{
			Binary: found.Alertmanager, Webhook: url, Dir: filepath.Join(t.TempDir(), strconv.Itoa(i)),
		})
		require.NoError(t, err)
		t.Cleanup(func() { assert.NoError(t, members[i].Stop()) })
	}
	alert := kit.AlertOn("split")
	for _, m := range members {
		require.NoError(t, m.Post(t.Context(), alert))
	}
	for sender := range members {
		b.said(t, "split", func(w relayed) bool { return w.sender == sender && w.status == "firing" && w.answer == http.StatusOK })
	}
	b.incident(t, "split", kit.IsOpen)

	// The first learns of the end at once. The other still reports the alert as firing until it learns of the end, too.
	alert.EndsAt = kit.Milliseconds(time.Now())
	require.NoError(t, members[0].Post(t.Context(), alert))
	b.incident(t, "split", kit.IsResolved)
	kit.Eventually(t, func(ctx context.Context) error {
		held, err := b.events(ctx, "echo_held")
		if err == nil && held == 0 {
			err = errors.New("the other has not repeated itself")
		}
		return err
	})
	alert.EndsAt = kit.Milliseconds(time.Now())
	require.NoError(t, members[1].Post(t.Context(), alert))
	b.said(t, "split", func(w relayed) bool { return w.sender == 1 && w.status == "resolved" && w.answer == http.StatusOK })
	kit.Eventually(t, func(ctx context.Context) error {
		_, err := b.holds(ctx)
		return err
	})
	b.incident(t, "split", kit.IsResolved)
}
