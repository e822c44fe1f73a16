// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package watchdog

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/alert24/otelcol-alert24/internal/labels"
	"github.com/alert24/otelcol-alert24/internal/protocol"
)

func TestRestart(t *testing.T) {
	d := newDesk(t)
	d.hears("eu", at(0))
	d.hears("eu", at(time.Minute))
	d.tick(at(time.Minute))

	// The bridge could hear nothing while it was down, and an old heartbeat must not be forwarded.
	d.restart(at(time.Hour))
	require.Empty(t, d.Notes(), "the disk has them")
	require.Empty(t, d.tick(at(time.Hour)))
	require.False(t, d.Beats(at(time.Hour)))
	require.Empty(t, d.tick(at(time.Hour+missing-time.Second)))
	require.Equal(t, []string{"gone eu"}, d.tick(at(time.Hour+missing)))
	says := alertOf(d.Get("Watchdog:eu")).Description

	// A restart while the source is missing changes neither the content of the incident nor its end.
	d.restart(at(2 * time.Hour))
	require.Empty(t, d.tick(at(2*time.Hour)))
	require.Equal(t, Counts{Missing: 1}, d.Counts())
	require.Equal(t, says, alertOf(d.Get("Watchdog:eu")).Description)
	d.hears("eu", at(3*time.Hour))
	require.Equal(t, []string{"back eu"}, d.tick(at(3*time.Hour)))
	require.False(t, d.fires())
}

// TestCrashBetweenNoteAndEvent: a crash may lose either of them.
func TestCrashBetweenNoteAndEvent(t *testing.T) {
	d := newDesk(t)
	d.hears("eu", at(0))
	d.hears("eu", at(time.Minute))
	d.tick(at(time.Minute))
	watched := d.notes["watchdog:Watchdog:eu"]
	d.tick(at(time.Hour))
	require.True(t, d.fires())

	d.notes["watchdog:Watchdog:eu"] = watched // the note that it is missing was lost
	d.restart(at(61 * time.Minute))
	d.hears("eu", at(62*time.Minute))
	d.tick(at(62 * time.Minute))
	require.False(t, d.fires())

	d.tick(at(2 * time.Hour))
	d.entries = map[string]protocol.Timed{} // the event was lost
	d.restart(at(2 * time.Hour))
	d.tick(at(2 * time.Hour))
	require.True(t, d.fires())
}

// TestNotesAreFew: a heartbeat each minute does not cause a write each minute.
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

func TestNotesThatCannotBeRead(t *testing.T) {
	s := Source{Labels: labels.Set{{Name: "cluster", Value: "eu"}}, Watched: true}
	newer := strings.Replace(string(s.encode()), `"schema":1`, `"schema":2`, 1)
	for _, note := range []string{"", "{", newer, `{"schema":1,"keys":["x"]}`, `{"schema":1,"keys":["AAAA"]}`} {
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
	f.Add([]byte(`{"schema":1,"keys":[]}`))
	f.Fuzz(func(t *testing.T, note []byte) {
		s, err := decode(note, noon)
		if err != nil {
			return
		}
		again, err := decode(s.encode(), noon)
		require.NoError(t, err)
		require.True(t, slices.Equal(s.Keys, again.Keys))
		require.Equal(t, s.Missing, again.Missing)
		require.True(t, s.HeardAt.Equal(again.HeardAt))
		require.Equal(t, s.Name(), again.Name())
	})
}

// TestOtherSettings: a source that is no longer watched has no open incident.
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

// TestAnyOrderOfLabels: a restart knows the sources again, whatever the order of watchdog::group_by. Another order is another setting.
func TestAnyOrderOfLabels(t *testing.T) {
	d := newDesk(t)
	d.cfg.Rules.GroupBy = []string{"prometheus", "cluster"}
	d.hears("eu", at(0))
	d.hears("eu", at(time.Minute))
	require.Equal(t, []string{"watching 1:eu", "gone 1:eu"}, d.tick(at(time.Hour)))
	d.restart(at(time.Hour))
	require.Empty(t, d.tick(at(time.Hour)))
	require.True(t, d.Get("Watchdog:1:eu").Firing(), "it is silent still")
	d.hears("eu", at(2*time.Hour))
	require.Equal(t, []string{"back 1:eu"}, d.tick(at(2*time.Hour)))

	d.cfg.Rules.GroupBy = []string{"cluster", "prometheus"}
	d.Watch = New(d.cfg, at(2*time.Hour))
	for name, note := range d.notes {
		require.ErrorIs(t, d.Restore(name, note), errOtherLabels)
	}
}

// TestOtherSettingsAreTriedAgain: the resolve of a source that is no longer watched may be lost.
func TestOtherSettingsAreTriedAgain(t *testing.T) {
	d := newDesk(t)
	d.hears("eu", at(0))
	d.hears("eu", at(time.Minute))
	d.tick(at(time.Hour))
	d.cfg.Rules.Matchers = nil
	d.restart(at(time.Hour))
	require.Len(t, d.Tick(d, at(time.Hour)), 1)
	require.True(t, d.fires(), "the write has failed")
	d.tickOnce(at(time.Hour + time.Second))
	require.False(t, d.fires())
	require.Empty(t, d.Tick(d, at(time.Hour+2*time.Second)))
}

// TestClosedByHandIsTriedAgain: the resolve of a forgotten source may be lost, too.
func TestClosedByHandIsTriedAgain(t *testing.T) {
	d := newDesk(t)
	d.hears("eu", at(0))
	d.hears("eu", at(time.Minute))
	d.tick(at(time.Hour))
	d.entries["Watchdog:eu"].Dismissed = true
	require.Len(t, d.Tick(d, at(time.Hour)), 1)
	require.Len(t, d.News(), 1)
	require.True(t, d.fires(), "the write has failed")
	require.Empty(t, d.tickOnce(at(time.Hour+time.Second)))
	require.False(t, d.fires())
	require.Empty(t, d.Tick(d, at(time.Hour+2*time.Second)))
}

// TestSwitchedOff: without matchers there are no watchdogs, and no incidents of watchdogs.
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
	require.Empty(t, d.tick(at(2*time.Hour)), "nobody misses them")
}

// TestClockSetBack: after the clock was set back, silence is noticed in time, and old heartbeats do not count.
func TestClockSetBack(t *testing.T) {
	d := newDesk(t)
	d.hears("eu", at(0))
	d.hears("eu", at(time.Minute))
	d.tick(at(time.Minute))
	d.restart(at(-time.Hour))
	require.Empty(t, d.tick(at(missing-time.Hour-time.Second)))
	require.Equal(t, []string{"gone eu"}, d.tick(at(missing-time.Hour)))
	d.restart(at(-2 * time.Hour))
	require.False(t, d.Beats(at(-2*time.Hour)))
}
