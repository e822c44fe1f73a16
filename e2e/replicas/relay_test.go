// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package replicas

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/alert24/otelcol-alert24/e2e/harness"
	"github.com/alert24/otelcol-alert24/e2e/harness/kit"
	"github.com/alert24/otelcol-alert24/internal/sandbox"
)

// relay is between the pair and the collector: it records webhooks, and can refuse them.
type relay struct {
	server *httptest.Server
	refuse atomic.Bool
	// loses has the instances whose firings are passed on but whose answers are lost.
	loses sync.Map

	mu       sync.Mutex
	webhooks []relayed
}

// relayed is one alert of a webhook that the relay passed on or refused.
type relayed struct {
	sender   int
	instance string
	status   string
	answer   int
	came, at time.Time // of the webhook and of its answer
}

func startRelay(t *testing.T, target string) *relay {
	t.Helper()
	r := &relay{}
	client := kit.Client()
	r.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		came := time.Now()
		body, err := io.ReadAll(q.Body)
		answer := http.StatusServiceUnavailable
		if err == nil && !r.refuse.Load() {
			answer = pass(q, client, target, body)
		}
		if r.lost(body) {
			answer = http.StatusServiceUnavailable
		}
		r.record(q.URL.Path, came, body, answer)
		w.WriteHeader(answer)
	}))
	t.Cleanup(r.server.Close)
	return r
}

// pass sends a webhook on and returns the status of the collector's answer; 503 if there is none.
func pass(q *http.Request, client *http.Client, target string, body []byte) int {
	request, err := http.NewRequestWithContext(q.Context(), http.MethodPost, target, bytes.NewReader(body))
	if err != nil {
		return http.StatusServiceUnavailable
	}
	request.Header = q.Header.Clone()
	response, err := client.Do(request)
	if err != nil {
		return http.StatusServiceUnavailable
	}
	defer response.Body.Close()
	_, _ = io.Copy(io.Discard, response.Body)
	return response.StatusCode
}

// lost reports whether the answer to a webhook gets lost.
func (r *relay) lost(body []byte) bool {
	var w kit.Webhook
	_ = json.Unmarshal(body, &w) // an unreadable body gets its answer
	return slices.ContainsFunc(w.Alerts, func(a kit.Alert) bool {
		_, lost := r.loses.Load(a.Labels["instance"])
		return lost && a.Status == "firing"
	})
}

func (r *relay) record(path string, came time.Time, body []byte, answer int) {
	var w kit.Webhook
	_ = json.Unmarshal(body, &w) // an alert that is missing here fails the test that looks for it
	sender, _ := strconv.Atoi(path[1:])
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, a := range w.Alerts {
		r.webhooks = append(r.webhooks, relayed{sender, a.Labels["instance"], a.Status, answer, came, time.Now()})
	}
}

// of returns the webhooks about an instance, in order.
func (r *relay) of(instance string) []relayed {
	r.mu.Lock()
	defer r.mu.Unlock()
	var all []relayed
	for _, w := range r.webhooks {
		if w.instance == instance {
			all = append(all, w)
		}
	}
	return all
}

// urls returns the relay's addresses for the two members.
func (r *relay) urls() [2]string { return [2]string{r.server.URL + "/0", r.server.URL + "/1"} }

// echoed reports whether the second member sent a firing of the instance after the first's resolve had been answered, with a start before
// that end. Of two webhooks that cross, nobody knows which one the collector took first.
func (r *relay) echoed(instance string) bool {
	var over time.Time
	for _, w := range r.of(instance) {
		switch {
		case w.answer != http.StatusOK:
		case w.status == "resolved" && over.IsZero():
			over = w.at
		case w.status == "firing" && !over.IsZero() && w.came.After(over):
			return true
		}
	}
	return false
}

// bench is the collector and the sandbox, with a relay in front.
type bench struct {
	sandbox   *harness.Sandbox
	collector *harness.Collector
	relay     *relay
}

// echoHold is longer than the second member's wait, its flush and the first's together.
const echoHold = 10 * time.Second

func startBench(t *testing.T, switches func(*sandbox.Switches)) *bench {
	t.Helper()
	b := &bench{}
	b.sandbox, b.collector = kit.Start(t, kit.World{Switches: switches, Set: []string{
		"exporters.alert24.echo.window=20s", "exporters.alert24.echo.hold=" + echoHold.String(),
		"exporters.alert24.retry_on_failure.initial_interval=100ms", "exporters.alert24.retry_on_failure.max_interval=1s",
		"exporters.alert24.lifecycle.settle_time=2s",
	}})
	b.relay = startRelay(t, b.collector.Webhook)
	return b
}

// incident waits until the alias has had exactly one incident, and done accepts it.
func (b *bench) incident(t *testing.T, instance string, done func(sandbox.Incident) error) {
	t.Helper()
	defer func() {
		if t.Failed() {
			t.Logf("%s: the webhooks were %+v", instance, b.relay.of(instance))
		}
	}()
	kit.OnlyIncidentOf(t, b.sandbox, "HighErrorRate:"+instance, done)
}

// said waits until a webhook that satisfies match has passed.
func (b *bench) said(t *testing.T, instance string, match func(relayed) bool) {
	t.Helper()
	kit.Eventually(t, func(context.Context) error {
		if all := b.relay.of(instance); !slices.ContainsFunc(all, match) {
			return fmt.Errorf("the webhooks were %+v", all)
		}
		return nil
	})
}

// events returns how many events had an outcome, from the collector's own metrics.
func (b *bench) events(ctx context.Context, outcome string) (int, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, b.collector.Metrics, http.NoBody)
	if err != nil {
		return 0, err
	}
	response, err := kit.Client().Do(request)
	if err != nil {
		return 0, err
	}
	defer response.Body.Close()
	metrics, err := io.ReadAll(response.Body)
	if err != nil {
		return 0, err
	}
	name := regexp.MustCompile(`(?m)^otelcol_exporter_alert24_events(?:_total)?\{.*outcome="` + outcome + `".*\} (\d+)$`)
	match := name.FindSubmatch(metrics)
	if match == nil {
		return 0, nil // the metric does not exist before the first event
	}
	return strconv.Atoi(string(match[1]))
}
