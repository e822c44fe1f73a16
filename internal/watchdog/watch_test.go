// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package watchdog

import (
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
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

// desk is a watch with a ledger of one alias each, which applies what the watch says.
type desk struct {
	*Watch
	t       *testing.T
	policy  *protocol.Policy
	entries map[string]*protocol.Entry
	notes   map[string][]byte
	last    time.Time // tick
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	return &desk{
		Watch: New(testConfig(t), noon), last: noon, t: t, entries: map[string]*protocol.Entry{}, notes: map[string][]byte{},
		policy: &protocol.Policy{Members: 10, EchoWindow: 6 * time.Minute, EchoHold: 6 * time.Minute, EchoAnySender: true, ClosedRetention: time.Hour},
	}
}

func (d *desk) Get(alias string) *protocol.Entry { return d.entries[alias] }

func (d *desk) Aliases() (all []string) {
	for alias := range d.entries {
		all = append(all, alias)
	}
	return all
}

// restart loads what disk has, at the time.
func (d *desk) restart(now time.Time) {
	d.t.Helper()
	d.Watch, d.last = New(d.cfg, now), now
	for name, note := range d.notes {
		require.NoError(d.t, d.Restore(name, note))
	}
}

// tick lets the time pass, in steps as the program does, and returns what happened, as text.
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
		news = append(news, fmt.Sprintf("%s %s", [...]string{"", "watching", "slow", "gone", "back", "forgotten", "no room"}[n.Kind], n.Source.Name()))
	}
	return news
}

// fires: the incident of the source should be open.
func (d *desk) fires() bool {
	e := d.entries["Watchdog:eu"]
	return e != nil && e.Firing()
}

// heartbeat is the event of the watchdog of a cluster; key tells those of two Prometheus servers apart.
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

func TestSilenceOpensAndAHeartbeatCloses(t *testing.T) {
	d := newDesk(t)
	d.hears("eu", at(0))
	require.Empty(t, d.tick(at(time.Second)))
	d.hears("eu", at(5*time.Minute))
	require.Equal(t, []string{"watching eu"}, d.tick(at(5*time.Minute)))
	require.True(t, d.Beats(at(6*time.Minute)))
	require.Empty(t, d.tick(at(20*time.Minute-time.Second)))
	require.Equal(t, []string{"gone eu"}, d.tick(at(20*time.Minute)))
	require.True(t, d.fires())
	require.False(t, d.Beats(at(20*time.Minute)))
	require.Equal(t, Counts{Missing: 1}, d.Counts())
	e := d.entries["Watchdog:eu"]
	says := alertOf(e)
	assert.Equal(t, "No heartbeat from eu", says.Title)
	assert.Contains(t, says.Description, "heard last at 2026-11-26T12:05:00Z, more than 15m0s ago")
	assert.Equal(t, incident.Critical, says.Severity)

	for m := 21; m < 40; m++ {
		require.Empty(t, d.tick(at(time.Duration(m)*time.Minute)))
	}
	d.hears("eu", at(40*time.Minute))
	require.Equal(t, []string{"back eu"}, d.tick(at(40*time.Minute)))
	require.False(t, d.fires())
	require.Equal(t, at(40*time.Minute-time.Millisecond), d.entries["Watchdog:eu"].EndedAt())

	// Silent again at once: that is not an echo.
	require.Equal(t, []string{"gone eu"}, d.tick(at(55*time.Minute)))
	require.True(t, d.fires())
}

func alertOf(e *protocol.Entry) incident.Alert {
	alerts, _ := e.Members.Worst()
	return alerts[0]
}

// TestHeardTwice: only what comes regularly is watched, so that the usual repeat of 12 hours pages nobody.
func TestHeardTwice(t *testing.T) {
	for name, test := range map[string]struct {
		heard []time.Duration
		at    time.Duration
		want  []string
	}{
		"once":                         {[]time.Duration{0}, missing, nil},
		"once, and then silence":       {[]time.Duration{0}, missing + time.Second, []string{"slow eu"}},
		"at once again by another one": {[]time.Duration{0, 15 * time.Second}, missing + time.Second, []string{"slow eu"}},
		"every 20 seconds":             {[]time.Duration{0, 20 * time.Second, 40 * time.Second}, time.Minute, []string{"watching eu"}},
		"every 5 minutes":              {[]time.Duration{0, 5 * time.Minute}, 6 * time.Minute, []string{"watching eu"}},
		"every 12 hours":               {[]time.Duration{0, 12 * time.Hour}, 12*time.Hour + time.Minute, nil},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			for _, when := range test.heard {
				d.hears("eu", at(when))
			}
			require.Equal(t, test.want, d.tick(at(test.at)))
			require.Empty(t, d.tick(at(test.at)), "once")
		})
	}
}

func TestSlowWarnsOnceAndIsWatchedLater(t *testing.T) {
	d := newDesk(t)
	var news []string
	for i := range 5 {
		d.hears("eu", at(time.Duration(i)*12*time.Hour))
		news = append(news, d.tick(at(time.Duration(i)*12*time.Hour+time.Hour))...)
	}
	require.Equal(t, []string{"slow eu"}, news)
	require.Equal(t, Counts{Unwatched: 1}, d.Counts())
	d.hears("eu", at(60*time.Hour))
	d.hears("eu", at(60*time.Hour+time.Minute))
	require.Equal(t, []string{"watching eu"}, d.tick(at(61*time.Hour-50*time.Minute)))
}

// TestAWebhookOfTwoIsHeardOnce: two Prometheus servers share a source, and their alerts a webhook.
func TestAWebhookOfTwoIsHeardOnce(t *testing.T) {
	d := newDesk(t)
	d.Hear([]protocol.Event{heartbeat(&d.cfg, "eu", 1), heartbeat(&d.cfg, "eu", 2)}, at(0))
	require.Empty(t, d.tick(at(time.Minute)))
	require.Equal(t, Counts{Unwatched: 1}, d.Counts())
}

// TestListed: a list shows a watchdog by its key, which a webhook has brought.
func TestListed(t *testing.T) {
	d := newDesk(t)
	listed := map[protocol.Key]bool{heartbeat(&d.cfg, "eu", 1).Key: false, {9: 9}: true}
	d.List(listed, at(0))
	require.Equal(t, Counts{}, d.Counts(), "nobody knows what it is")
	d.hears("eu", at(time.Minute))
	d.List(listed, at(time.Minute))
	require.Equal(t, []string{"watching eu"}, d.tick(at(time.Minute)), "at once, and although it is silenced")
	for m := 2; m < 60; m++ {
		d.List(listed, at(time.Duration(m)*time.Minute))
		require.Empty(t, d.tick(at(time.Duration(m)*time.Minute)))
	}

	d.restart(at(2 * time.Hour))
	d.List(listed, at(2*time.Hour))
	require.Empty(t, d.tick(at(2*time.Hour+missing-time.Second)), "the keys are on disk")
	require.Equal(t, []string{"gone eu"}, d.tick(at(2*time.Hour+missing)))
	d.List(listed, at(3*time.Hour))
	require.Equal(t, []string{"back eu"}, d.tick(at(3*time.Hour)))
}

func TestRestart(t *testing.T) {
	d := newDesk(t)
	d.hears("eu", at(0))
	d.hears("eu", at(time.Minute))
	d.tick(at(time.Minute))

	// It could hear nothing while it was away, and the heartbeat is not sent on old news.
	d.restart(at(time.Hour))
	require.Empty(t, d.tick(at(time.Hour)))
	require.False(t, d.Beats(at(time.Hour)))
	require.Empty(t, d.tick(at(time.Hour+missing-time.Second)))
	require.Equal(t, []string{"gone eu"}, d.tick(at(time.Hour+missing)))
	says := alertOf(d.entries["Watchdog:eu"]).Description

	// A restart while it is missing changes nothing, neither what the incident says nor when it ends.
	d.restart(at(2 * time.Hour))
	require.Empty(t, d.tick(at(2*time.Hour)))
	require.Equal(t, Counts{Missing: 1}, d.Counts())
	require.Equal(t, says, alertOf(d.entries["Watchdog:eu"]).Description)
	d.hears("eu", at(3*time.Hour))
	require.Equal(t, []string{"back eu"}, d.tick(at(3*time.Hour)))
	require.False(t, d.fires())
}

// TestCrashBetweenNoteAndEvent: either may be lost.
func TestCrashBetweenNoteAndEvent(t *testing.T) {
	d := newDesk(t)
	d.hears("eu", at(0))
	d.hears("eu", at(time.Minute))
	d.tick(at(time.Minute))
	watched := d.notes["watchdog:Watchdog:eu"]
	d.tick(at(time.Hour))
	require.True(t, d.fires())

	d.notes["watchdog:Watchdog:eu"] = watched // the note was lost that it is missing
	d.restart(at(61 * time.Minute))
	d.hears("eu", at(62*time.Minute))
	d.tick(at(62 * time.Minute))
	require.False(t, d.fires())

	d.tick(at(2 * time.Hour))
	d.entries = map[string]*protocol.Entry{} // the event was lost
	d.restart(at(2 * time.Hour))
	d.tick(at(2 * time.Hour))
	require.True(t, d.fires())
}

func TestClosedByHandIsForgotten(t *testing.T) {
	d := newDesk(t)
	d.hears("eu", at(0))
	d.hears("eu", at(time.Minute))
	d.tick(at(time.Hour))
	e := *d.entries["Watchdog:eu"]
	e.Dismissed = true
	d.entries["Watchdog:eu"] = &e
	require.Equal(t, []string{"forgotten eu"}, d.tick(at(time.Hour)))
	require.False(t, d.fires())
	require.Empty(t, d.notes)
	require.Equal(t, Counts{}, d.Counts())
	require.Empty(t, d.tick(at(2*time.Hour)))

	d.hears("eu", at(3*time.Hour))
	d.hears("eu", at(3*time.Hour+time.Minute))
	require.Equal(t, []string{"watching eu"}, d.tick(at(3*time.Hour+time.Minute)))
}

// TestOtherSettings: what nobody watches any more has no open incident.
func TestOtherSettings(t *testing.T) {
	d := newDesk(t)
	d.hears("eu", at(0))
	d.hears("eu", at(time.Minute))
	d.tick(at(time.Hour))
	require.True(t, d.fires())
	d.cfg.Rules.GroupBy = []string{"region"}
	d.Watch, d.last = New(d.cfg, at(2*time.Hour)), at(2*time.Hour)
	for name, note := range d.notes {
		require.ErrorIs(t, d.Restore(name, note), errOtherLabels)
	}
	require.Empty(t, d.tick(at(2*time.Hour)))
	require.False(t, d.fires())
	require.Empty(t, d.notes)
}

// TestSwitchedOff: without matchers there is no watchdog, and no incident of one.
func TestSwitchedOff(t *testing.T) {
	d := newDesk(t)
	d.cfg.Rules.GroupBy = nil
	d.hears("eu", at(0))
	d.hears("eu", at(time.Minute))
	require.Equal(t, []string{"watching Prometheus", "gone Prometheus"}, d.tick(at(time.Hour)))
	require.True(t, d.entries["Watchdog"].Firing())
	d.cfg.Rules.Matchers = nil
	d.restart(at(time.Hour))
	require.Empty(t, d.tick(at(time.Hour)))
	require.False(t, d.entries["Watchdog"].Firing())
	require.Empty(t, d.notes)
}

// TestPause: who could not hear does not know of silence.
func TestPause(t *testing.T) {
	d := newDesk(t)
	d.hears("eu", at(0))
	d.hears("eu", at(time.Minute))
	d.tick(at(time.Minute))
	require.Empty(t, d.tickOnce(at(time.Hour)))
	d.last = at(time.Hour)
	require.Empty(t, d.tick(at(time.Hour+missing-time.Second)))
	require.Equal(t, []string{"gone eu"}, d.tick(at(time.Hour+missing)))
}

func TestSourcesAreBounded(t *testing.T) {
	d := newDesk(t)
	for i := range maxSources + 1 {
		d.hears(strconv.Itoa(i), at(time.Duration(i)*time.Second))
	}
	require.Equal(t, Counts{Unwatched: maxSources}, d.Counts(), "the oldest made room")
	for i := range maxSources + 2 {
		for _, when := range []time.Duration{0, time.Minute} {
			d.hears(strconv.Itoa(i), at(time.Hour+when))
		}
	}
	require.Equal(t, Counts{Heard: maxSources}, d.Counts())
	assert.Contains(t, d.tick(at(time.Hour+2*time.Minute)), "no room Prometheus")
	d.hears("other", at(time.Hour))
	require.Empty(t, d.tick(at(time.Hour+2*time.Minute)), "once")
}

func TestKeysAreBounded(t *testing.T) {
	var s Source
	for i := range 100 {
		s, _ = s.Heard(protocol.Key{0: byte(i), 1: 1}, false, missing, noon)
	}
	require.Len(t, s.Keys, maxKeys)
	require.Equal(t, byte(99), s.Keys[0][0])
	s, _ = s.Heard(s.Keys[5], false, missing, noon)
	require.Len(t, s.Keys, maxKeys)
	require.Equal(t, byte(94), s.Keys[0][0])
}

// TestNotesAreFew: a heartbeat each minute is not a write each minute.
func TestNotesAreFew(t *testing.T) {
	d := newDesk(t)
	writes := 0
	for m := range 60 {
		d.hears("eu", at(time.Duration(m)*time.Minute))
		writes += len(d.Notes())
		d.tick(at(time.Duration(m) * time.Minute))
	}
	assert.LessOrEqual(t, writes, 60/5+1)
	assert.Positive(t, writes)
}

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
	require.Equal(t, map[protocol.Witness]time.Time{resolve("eu").Witness: at(-time.Minute)}, d.Alive(), "two minutes before it was heard")
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
}

func TestNotesThatCannotBeRead(t *testing.T) {
	for _, note := range []string{"", "{", `{"schema":2}`, `{"schema":1,"keys":["x"]}`, `{"schema":1,"keys":["AAAA"]}`} {
		w := New(testConfig(t), noon)
		require.Error(t, w.Restore("watchdog:Watchdog:eu", []byte(note)), note)
		require.Equal(t, map[string][]byte{"watchdog:Watchdog:eu": nil}, w.Notes())
	}
	w := New(testConfig(t), noon)
	require.NoError(t, w.Restore("another", []byte("{")))
	require.Empty(t, w.Notes())
}

func FuzzDecode(f *testing.F) {
	s := Source{Labels: labels.Set{{Name: "cluster", Value: "eu"}}, Keys: []protocol.Key{{0: 1}}, HeardAt: noon, Watched: true}
	f.Add(s.encode())
	f.Fuzz(func(t *testing.T, note []byte) {
		s, err := decode(note, noon)
		if err != nil {
			return
		}
		again, err := decode(s.encode(), noon)
		require.NoError(t, err)
		require.Equal(t, s.Keys, again.Keys)
		require.Equal(t, s.Missing, again.Missing)
		require.True(t, s.HeardAt.Equal(again.HeardAt))
		require.Equal(t, s.Name(), again.Name())
	})
}
