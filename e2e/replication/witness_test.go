// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package replication

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/alert24/otelcol-alert24/e2e/harness"
)

// witness remembers what the proxy told the collectors.
type witness struct {
	passed, failed atomic.Int64 // webhooks with an answer below 500, and with another one or none

	mu    sync.Mutex
	heard map[string]*hearing // by instance
}

func newWitness() *witness { return &witness{heard: map[string]*hearing{}} }

// hearing is what webhooks said about the alerts of an instance.
type hearing struct {
	told  []string
	fired time.Time // start of the newest alert whose firing was acknowledged to the sender
	// lastFiring has the time of its answer. lastResolve, which a collector acknowledged, was sent at its time and answered at answered.
	lastFiring, lastResolve word
	answered                time.Time
	over                    []time.Time // starts of the alerts whose resolve a collector acknowledged
	late                    []time.Time // the ones among them with a firing that crossed the resolve or came after it
}

// came notes that a firing of an alert came after its resolve.
func (h *hearing) came(startsAt time.Time) {
	if !slices.ContainsFunc(h.late, startsAt.Equal) {
		h.late = append(h.late, startsAt)
	}
}

// word is a statement at a time about the alert that began at startsAt.
type word struct{ startsAt, at time.Time }

// noted is how long an Alertmanager may take to record an answer.
const noted = 100 * time.Millisecond

// said is the part of a webhook about one alert.
type said struct {
	Status   string            `json:"status"`
	Labels   map[string]string `json:"labels"`
	StartsAt time.Time         `json:"startsAt"`
}

func alertsOf(body []byte) []said {
	var webhook struct {
		Alerts []said `json:"alerts"`
	}
	_ = json.Unmarshal(body, &webhook) // a body that is not JSON has no alerts
	return webhook.Alerts
}

// of returns the hearing of an instance. The caller holds mu.
func (w *witness) of(instance string) *hearing {
	h := w.heard[instance]
	if h == nil {
		h = &hearing{}
		w.heard[instance] = h
	}
	return h
}

// Sent records what was sent to a collector about each alert, and the answer.
func (w *witness) Sent(collector int, began time.Time, status int, body []byte) {
	w.mu.Lock()
	defer w.mu.Unlock()
	const clock = "15:04:05.000"
	for _, a := range alertsOf(body) {
		h := w.of(a.Labels["instance"])
		h.told = append(h.told, fmt.Sprintf("%s to %s: %d, collector %d, %s since %s", began.Format(clock),
			time.Now().Format(clock), status, collector, a.Status, a.StartsAt))
		switch {
		case a.Status == "firing": // whatever the answer is: the database may have committed it
			h.lastFiring = word{a.StartsAt, time.Now()}
			if slices.ContainsFunc(h.over, a.StartsAt.Equal) {
				h.came(a.StartsAt)
			}
		case status >= http.StatusMultipleChoices:
		default:
			h.lastResolve, h.answered = word{a.StartsAt, began}, time.Now()
			if !slices.ContainsFunc(h.over, a.StartsAt.Equal) {
				h.over = append(h.over, a.StartsAt)
			}
			if f := h.lastFiring; f.startsAt.Equal(a.StartsAt) && !f.at.Before(began) {
				h.came(a.StartsAt)
			}
		}
	}
}

// Answered records that the sender got its answer.
func (w *witness) Answered(status int, heard bool, body []byte) {
	if status >= http.StatusInternalServerError {
		w.failed.Add(1)
	} else {
		w.passed.Add(1)
	}
	if status >= http.StatusMultipleChoices || !heard {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, a := range alertsOf(body) {
		if h := w.of(a.Labels["instance"]); a.Status == "firing" && a.StartsAt.After(h.fired) {
			h.fired = a.StartsAt
		}
	}
}

// owesResolve reports whether a collector acknowledged the resolve of this alert or of a newer one of its instance, or Alertmanager
// must still send it. Alertmanager sends no resolve of an alert if no firing was acknowledged to it, even if a collector accepted
// the firing. If a firing crossed the last resolve or came after it, the firing is the last word: without a sync, nothing shows
// that it is late. And if the pair's log notes the resolve of the previous alert after the firing, both Alertmanagers believe that
// no alert fires and that the end was sent.
func (w *witness) owesResolve(a harness.Alert) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	h := w.of(a.Labels["instance"])
	f, r := h.lastFiring, h.lastResolve
	if f.startsAt.Equal(r.startsAt) && !f.at.Before(r.at) {
		return false
	}
	if r.startsAt.Before(f.startsAt) && h.answered.After(f.at.Add(-noted)) {
		return false
	}
	resolved := slices.ContainsFunc(h.over, func(startsAt time.Time) bool { return !startsAt.Before(a.StartsAt) })
	return resolved || !h.fired.Before(a.StartsAt)
}

// late returns how many alerts of an instance fired for some Alertmanager after they had resolved for another. Each may open its
// own incident if its resolve does not follow within echo::hold.
func (w *witness) late(instance string) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.of(instance).late)
}

// told returns what was sent to collectors about an instance, in the order of the answers.
func (w *witness) told(instance string) []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.of(instance).told)
}
