// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package watchdog

import (
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/alert24/otelcol-alert24/internal/incident"
	"github.com/alert24/otelcol-alert24/internal/labels"
	"github.com/alert24/otelcol-alert24/internal/matcher"
	"github.com/alert24/otelcol-alert24/internal/protocol"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var noon = time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)

const missing = 15 * time.Minute

func at(d time.Duration) time.Time { return noon.Add(d) }

func testConfig(t *testing.T) Config {
	t.Helper()
	matchers, err := matcher.Parse(`alertname="Watchdog"`)
	require.NoError(t, err)
	return Config{
		Rules: Rules{Matchers: matchers, GroupBy: []string{"cluster"}, Guard: true}, MissingAfter: missing, Severity: incident.Critical,
	}
}

// desk is a watch with a ledger that has an entry per alias and applies the events of the watch.
type desk struct {
	*Watch
	t       *testing.T
	policy  *protocol.Policy
	entries map[string]protocol.Timed
	notes   map[string][]byte
	last    time.Time // tick
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	return &desk{
		Watch: New(testConfig(t), noon), last: noon, t: t, entries: map[string]protocol.Timed{}, notes: map[string][]byte{},
		policy: &protocol.Policy{Members: 10, EchoWindow: 6 * time.Minute, EchoHold: 6 * time.Minute, EchoAnySender: true, ClosedRetention: time.Hour},
	}
}

func (d *desk) Get(alias string) *protocol.Entry { return d.entries[alias].Entry }

func (d *desk) Aliases() (all []string) {
	for alias := range d.entries {
		all = append(all, alias)
	}
	return all
}

// restart loads the state from disk at the given time.
func (d *desk) restart(now time.Time) {
	d.t.Helper()
	d.Watch, d.last = New(d.cfg, now), now
	for name, note := range d.notes {
		require.NoError(d.t, d.Restore(name, note))
	}
}

// tick lets the time pass in the steps of the real program, and returns the news as text.
func (d *desk) tick(now time.Time) (news []string) {
	for step := missing / 15; d.last.Add(step).Before(now); {
		d.last = d.last.Add(step)
		news = append(news, d.tickOnce(d.last)...)
	}
	d.last = now
	return append(news, d.tickOnce(now)...)
}

func (d *desk) tickOnce(now time.Time) []string {
	for _, ev := range d.Tick(d, now) {
		d.entries[ev.Alias], _ = d.policy.Apply(d.entries[ev.Alias], []protocol.Event{ev}, now)
	}
	notes := d.Notes()
	for name, note := range notes {
		if d.notes[name] = note; note == nil {
			delete(d.notes, name)
		}
	}
	d.Noted(notes)
	var news []string
	for _, n := range d.News() {
		news = append(news, fmt.Sprintf("%s %s", [...]string{"", "watching", "slow", "gone", "back", "forgotten", "no room", "never"}[n.Kind], n.Source.Name()))
	}
	return news
}

// fires reports whether the incident of the source should be open.
func (d *desk) fires() bool {
	e := d.Get("Watchdog:eu")
	return e != nil && e.Firing()
}

// heartbeat is the event of a cluster's watchdog; key distinguishes those of two Prometheus servers.
func heartbeat(cfg *Config, cluster string, key byte) protocol.Event {
	set := labels.FromMap(map[string]string{"alertname": "Watchdog", "cluster": cluster, "prometheus": strconv.Itoa(int(key))})
	w, _ := cfg.Rules.Watch(set)
	return protocol.Event{
		Alias: "Watchdog:any", Key: protocol.Key{0: key, 1: byte(len(cluster)), 2: 1}, Ignored: true, Heartbeat: true, Witness: w,
		Alert: incident.Pack(&incident.Alert{Name: "Watchdog", Labels: set}),
	}
}

func (d *desk) hears(cluster string, now time.Time) {
	d.Hear([]protocol.Event{heartbeat(&d.cfg, cluster, 1)}, now)
}
