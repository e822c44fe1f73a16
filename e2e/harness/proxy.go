// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package harness

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Proxy passes each webhook to the next collector in turn. If that fails, it tries the one after it, as plain proxies do.
type Proxy struct {
	*httptest.Server

	to     []*Collector
	client *http.Client
	turn   atomic.Int64
	passed atomic.Int64
	failed atomic.Int64

	mu    sync.Mutex
	heard map[string]*hearing // by instance
}

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

// proxyTimeout is longer than a collector may take to write a webhook to the database. So a webhook that the proxy gave up does not
// arrive after its copy at another collector.
const proxyTimeout = 6 * time.Second

// noted is how long an Alertmanager may take to record an answer.
const noted = 100 * time.Millisecond

// StartProxy starts a proxy in front of collectors.
func StartProxy(to ...*Collector) *Proxy {
	p := &Proxy{
		to: to, heard: map[string]*hearing{}, client: &http.Client{Timeout: proxyTimeout, Transport: &http.Transport{DisableKeepAlives: true}},
	}
	p.Server = httptest.NewServer(p)
	return p
}

// Answered returns how many webhooks got an answer below 500, and how many got none or another one.
func (p *Proxy) Answered() (passed, failed int64) { return p.passed.Load(), p.failed.Load() }

// ServeHTTP passes one webhook on.
func (p *Proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	turn := p.turn.Add(1)
	status := p.pass(r, turn, body)
	if status >= http.StatusInternalServerError {
		status = p.pass(r, turn+1, body)
	}
	if status >= http.StatusInternalServerError {
		p.failed.Add(1)
	} else {
		p.passed.Add(1)
	}
	w.WriteHeader(status)
	if status < http.StatusMultipleChoices && r.Context().Err() == nil {
		p.acknowledged(body)
	}
}

func (p *Proxy) pass(r *http.Request, turn int64, body []byte) int {
	c := p.to[int(turn)%len(p.to)]
	request, err := http.NewRequestWithContext(r.Context(), http.MethodPost, c.Webhook, bytes.NewReader(body))
	if err != nil {
		return http.StatusBadGateway
	}
	request.Header = r.Header.Clone()
	began := time.Now()
	response, err := p.client.Do(request)
	if err != nil {
		p.note(began, turn, http.StatusBadGateway, body)
		return http.StatusBadGateway
	}
	defer response.Body.Close()
	_, _ = io.Copy(io.Discard, response.Body)
	p.note(began, turn, response.StatusCode, body)
	return response.StatusCode
}

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
func (p *Proxy) of(instance string) *hearing {
	h := p.heard[instance]
	if h == nil {
		h = &hearing{}
		p.heard[instance] = h
	}
	return h
}

// note records what was sent to a collector about each alert, and the answer.
func (p *Proxy) note(began time.Time, turn int64, status int, body []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	const clock = "15:04:05.000"
	for _, a := range alertsOf(body) {
		h := p.of(a.Labels["instance"])
		h.told = append(h.told, fmt.Sprintf("%s to %s: %d, collector %d, %s since %s", began.Format(clock),
			time.Now().Format(clock), status, int(turn)%len(p.to), a.Status, a.StartsAt))
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

// acknowledged records that the sender got its answer.
func (p *Proxy) acknowledged(body []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, a := range alertsOf(body) {
		if h := p.of(a.Labels["instance"]); a.Status == "firing" && a.StartsAt.After(h.fired) {
			h.fired = a.StartsAt
		}
	}
}

// OwesResolve reports whether a collector acknowledged the resolve of this alert or of a newer one of its instance, or Alertmanager
// must still send it. Alertmanager sends no resolve of an alert if no firing was acknowledged to it, even if a collector accepted
// the firing. If a firing crossed the last resolve or came after it, the firing is the last word: without a sync, nothing shows
// that it is late. And if the pair's log notes the resolve of the previous alert after the firing, both Alertmanagers believe that
// no alert fires and that the end was sent.
func (p *Proxy) OwesResolve(a Alert) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	h := p.of(a.Labels["instance"])
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

// Late returns how many alerts of an instance fired for some Alertmanager after they had resolved for another. Each may open its
// own incident if its resolve does not follow within echo::hold.
func (p *Proxy) Late(instance string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.of(instance).late)
}

// Told returns what was sent to collectors about an instance, in the order of the answers.
func (p *Proxy) Told(instance string) []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.of(instance).told)
}
