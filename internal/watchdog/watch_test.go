// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package watchdog

import (
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/alert24/otelcol-alert24/internal/incident"
	"github.com/alert24/otelcol-alert24/internal/protocol"
)

func TestSilenceOpensAndAHeartbeatCloses(t *testing.T) {
	d := newDesk(t)
	d.hears("eu", at(0))
	require.Empty(t, d.tick(at(time.Second)))
	require.False(t, d.Beats(at(time.Second)), "it is not watched yet")
	d.hears("eu", at(5*time.Minute))
	require.Equal(t, []string{"watching eu"}, d.tick(at(5*time.Minute)))
	require.True(t, d.Beats(at(6*time.Minute)))
	require.Empty(t, d.tick(at(20*time.Minute-time.Second)))
	require.Equal(t, []string{"gone eu"}, d.tick(at(20*time.Minute)))
	require.True(t, d.fires())
	require.False(t, d.Beats(at(20*time.Minute)))
	require.Equal(t, Counts{Missing: 1}, d.Counts())
	e := d.Get("Watchdog:eu")
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

	// The source falls silent again at once. That is not an echo.
	require.Equal(t, []string{"gone eu"}, d.tick(at(55*time.Minute)))
	require.True(t, d.fires())
}

func alertOf(e *protocol.Entry) incident.Alert {
	alerts, _ := e.Members.Worst()
	return alerts[0]
}

// TestHeardTwice: only a source that is heard regularly is watched, so that the usual repeat of 12 hours pages nobody.
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

// TestAWebhookOfTwoIsHeardOnce: two Prometheus servers share a source, and their alerts share a webhook.
func TestAWebhookOfTwoIsHeardOnce(t *testing.T) {
	d := newDesk(t)
	d.Hear([]protocol.Event{heartbeat(&d.cfg, "eu", 1), heartbeat(&d.cfg, "eu", 2)}, at(0))
	require.Empty(t, d.tick(at(time.Minute)))
	require.Equal(t, Counts{Unwatched: 1}, d.Counts())
}

// TestNeverHeard: a wrong route or wrong matchers are reported once, and not if there was a source.
func TestNeverHeard(t *testing.T) {
	d := newDesk(t)
	require.Empty(t, d.tick(at(missing-time.Second)))
	require.False(t, d.NeverHeard())
	require.Equal(t, []string{"never Prometheus"}, d.tick(at(missing)))
	require.Empty(t, d.tick(at(2*missing)), "once")
	require.True(t, d.NeverHeard())
	d.hears("eu", at(2*missing))
	require.False(t, d.NeverHeard())
	require.Empty(t, d.Silent(9))

	d = newDesk(t)
	d.List(nil, at(0))
	d.hears("eu", at(0))
	d.hears("eu", at(time.Minute))
	d.tick(at(time.Hour))
	require.Len(t, d.Silent(9), 1)
	require.Equal(t, at(time.Minute), d.Silent(9)[0].HeardAt)
	require.Empty(t, d.Silent(0))
	require.False(t, d.NeverHeard())
}

// TestListed: a list shows a watchdog by its key, which came in a webhook.
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

	// An old list, from another replica, does not undo later heartbeats.
	d.hears("eu", at(3*time.Hour+time.Minute))
	d.List(listed, at(3*time.Hour))
	require.Empty(t, d.tick(at(3*time.Hour+missing+time.Minute-time.Second)))
	require.Equal(t, []string{"gone eu"}, d.tick(at(3*time.Hour+missing+time.Minute)))
}

// TestOldSignsOfLife: a heartbeat or a list that waited in the inbox of replicas for longer than missing_after shows nothing about now.
func TestOldSignsOfLife(t *testing.T) {
	d := newDesk(t)
	listed := map[protocol.Key]bool{heartbeat(&d.cfg, "eu", 1).Key: true}
	old := func(now time.Time) {
		t.Helper()
		d.hears("eu", now.Add(-missing))
		d.List(listed, now.Add(-missing))
		d.hears("us", now.Add(-missing))
		require.Empty(t, d.tick(now))
		require.True(t, d.fires())
		require.Equal(t, Counts{Missing: 1}, d.Counts())
	}
	d.hears("eu", at(0))
	d.hears("eu", at(time.Minute))
	d.tick(at(missing + time.Minute))
	require.True(t, d.fires())
	d.tick(at(time.Hour))
	old(at(time.Hour))
	d.restart(at(2 * time.Hour))
	old(at(2 * time.Hour))
	d.hears("eu", at(2*time.Hour+time.Second-missing))
	require.Equal(t, []string{"back eu"}, d.tick(at(2*time.Hour)))
}

func TestClosedByHandIsForgotten(t *testing.T) {
	d := newDesk(t)
	d.hears("eu", at(0))
	d.hears("eu", at(time.Minute))
	d.tick(at(time.Hour))
	e := *d.Get("Watchdog:eu")
	e.Dismissed = true
	d.entries["Watchdog:eu"] = protocol.Timed{Entry: &e}
	require.Equal(t, []string{"forgotten eu"}, d.tick(at(time.Hour)))
	require.False(t, d.fires())
	require.Empty(t, d.notes)
	require.Equal(t, Counts{}, d.Counts())
	require.Empty(t, d.tick(at(2*time.Hour)))

	d.hears("eu", at(3*time.Hour))
	d.hears("eu", at(3*time.Hour+time.Minute))
	require.Equal(t, []string{"watching eu"}, d.tick(at(3*time.Hour+time.Minute)))
}

// TestEventsOfASource: an event is repeated at once if it was lost, and every minute.
func TestEventsOfASource(t *testing.T) {
	d := newDesk(t)
	d.hears("eu", at(0))
	d.hears("eu", at(time.Minute))
	gone := at(time.Minute + missing)
	lost := d.Tick(d, gone)
	require.Len(t, lost, 1)
	require.True(t, lost[0].Pinned)
	require.True(t, lost[0].Final)
	require.Equal(t, notStale, lost[0].StaleAfter)
	require.Len(t, d.Tick(d, gone.Add(time.Second)), 1)
	d.tickOnce(gone.Add(2 * time.Second))
	require.True(t, d.fires())
	require.Empty(t, d.Tick(d, gone.Add(3*time.Second)))
	require.Len(t, d.Tick(d, gone.Add(2*time.Second+repeatEvery)), 1)
	d.hears("eu", gone.Add(2*time.Minute))
	over := d.Tick(d, gone.Add(2*time.Minute))
	require.Len(t, over, 1)
	require.True(t, over[0].Pinned)
	require.False(t, over[0].Firing)
}

// TestPause: a bridge that could not hear does not notice silence.
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
	require.Equal(t, Counts{Unwatched: maxSources}, d.Counts())
	require.NotContains(t, d.sources, heartbeat(&d.cfg, "0", 1).Witness, "the oldest made room")
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
	s.Watched = true
	next, _ := s.Heard(protocol.Key{1: 2}, false, missing, noon)
	require.True(t, worthANote(&next, &s, missing), "another watchdog took the place of one")
}
