// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package watchdog

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/alert24/otelcol-alert24/internal/labels"
	"github.com/alert24/otelcol-alert24/internal/protocol"
)

func TestGuard(t *testing.T) {
	d := newDesk(t)
	resolve := func(cluster string) protocol.Event {
		set := labels.FromMap(map[string]string{"alertname": "Down", "cluster": cluster})
		w, watchdog := d.cfg.Rules.Watch(set)
		require.False(t, watchdog)
		return protocol.Event{Alias: "Down", Key: protocol.Key{0: 9}, Witness: w}
	}
	guarded := func(ev protocol.Event) bool {
		events := []protocol.Event{ev}
		d.Hear(events, at(time.Minute))
		return events[0].Guarded
	}
	d.hears("eu", at(0))
	require.False(t, guarded(resolve("eu")), "it is not watched yet")
	d.hears("eu", at(time.Minute))
	require.True(t, guarded(resolve("eu")))
	require.False(t, guarded(resolve("us")), "nobody has heard of it")
	require.False(t, guarded(resolve("")), "it does not say where it is from")
	fires := resolve("eu")
	fires.Firing = true
	require.False(t, guarded(fires))
	ignored := resolve("eu")
	ignored.Ignored = true
	require.False(t, guarded(ignored))
	var s protocol.Snapshot
	d.hears("us", at(time.Minute)) // once
	d.Witness(&s)
	require.Equal(t, protocol.Snapshot{Heard: map[protocol.Witness]time.Time{resolve("eu").Witness: at(time.Minute)}, Lease: 2 * time.Minute}, s)
	New(Config{MissingAfter: 4 * time.Minute}, noon).Witness(&s)
	require.Equal(t, time.Minute, s.Lease, "a short missing_after needs heartbeats more often")
}

func TestWatch(t *testing.T) {
	cfg := testConfig(t)
	watch := func(r Rules, pairs map[string]string) (protocol.Witness, bool) { return r.Watch(labels.FromMap(pairs)) }
	eu, is := watch(cfg.Rules, map[string]string{"alertname": "Watchdog", "cluster": "eu"})
	require.True(t, is)
	none, is := watch(cfg.Rules, map[string]string{"alertname": "Watchdog"})
	require.True(t, is, "it is a watchdog of alerts without the label")
	require.NotZero(t, none)
	require.NotEqual(t, eu, none)
	of, is := watch(cfg.Rules, map[string]string{"alertname": "Down", "cluster": "eu"})
	require.False(t, is)
	require.Equal(t, eu, of)
	of, _ = watch(cfg.Rules, map[string]string{"alertname": "Down"})
	require.Zero(t, of)
	free := cfg.Rules
	free.Guard = false
	of, _ = watch(free, map[string]string{"alertname": "Down", "cluster": "eu"})
	require.Zero(t, of)
	of, is = watch(Rules{}, map[string]string{"alertname": "Watchdog"})
	require.False(t, is)
	require.Zero(t, of)
	one := cfg.Rules
	one.GroupBy = nil
	of, _ = watch(one, map[string]string{"alertname": "Down"})
	require.NotZero(t, of, "all alerts are of the one source")
	two := cfg.Rules
	two.GroupBy = []string{"a", "b"}
	of, _ = watch(two, map[string]string{"alertname": "Watchdog", "a": "1b2", "b": ""})
	other, _ := watch(two, map[string]string{"alertname": "Watchdog", "a": "1", "b": "2b"})
	require.NotEqual(t, of, other, "the borders of the values count")
}

func TestNames(t *testing.T) {
	for want, set := range map[string]labels.Set{
		"Prometheus Watchdog":            nil,
		"eu Watchdog:eu":                 {{Name: "cluster", Value: "eu"}},
		"eu:a Watchdog:eu:a":             {{Name: "cluster", Value: "eu"}, {Name: "shard", Value: "a"}},
		"no cluster Watchdog:no cluster": {{Name: "cluster"}},
	} {
		s := Source{Labels: set}
		assert.Equal(t, want, s.Name()+" "+s.Alias())
	}
	long := Source{Labels: labels.Set{{Name: "cluster", Value: strings.Repeat("x", 1000)}}}
	assert.LessOrEqual(t, len(long.Alias()), 255)
}
