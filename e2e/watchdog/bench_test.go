// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package watchdog

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/alert24/otelcol-alert24/e2e/harness"
	"github.com/alert24/otelcol-alert24/e2e/harness/kit"
	"github.com/alert24/otelcol-alert24/internal/sandbox"
)

const euAlias = "Watchdog:eu"

// bench is a sandbox, a collector with a watchdog, a monitor that receives its heartbeat, and a place for an Alertmanager.
type bench struct {
	*testing.T

	sandbox   *harness.Sandbox
	collector *harness.Collector
	manager   *harness.Alertmanager
	listen    string // address of the Alertmanager
	beats     atomic.Int64
	dir       string
}

func startBench(t *testing.T, missingAfter time.Duration, set ...string) *bench {
	t.Helper()
	b := &bench{T: t, dir: t.TempDir()}
	monitor := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet && r.URL.Path == "/api/hb/s3cret" {
			b.beats.Add(1)
		}
	}))
	t.Cleanup(monitor.Close)
	var err error
	b.listen, err = harness.FreeAddress(t.Context())
	require.NoError(t, err)
	b.sandbox, b.collector = kit.Start(t, kit.World{Dir: b.dir, Set: append(append(kit.Quick(),
		"exporters.alert24.lifecycle.audit_interval=1s",
		`exporters.alert24.watchdog.matchers=["alertname=Watchdog"]`,
		"exporters.alert24.watchdog.group_by=[cluster]",
		"exporters.alert24.watchdog.missing_after="+missingAfter.String(),
		"exporters.alert24.watchdog.heartbeat_url="+monitor.URL+"/api/hb/s3cret",
		"receivers.alertmanager.sync.interval=1s",
		"receivers.alertmanager.sync.absent_for=2s",
		"receivers.alertmanager.sync.startup_grace=0s"), harness.WithAlertmanager(b.listen, set)...)})
	return b
}

// alertmanager starts an Alertmanager, which remembers no alerts.
func (b *bench) alertmanager() {
	b.Helper()
	found := kit.Binaries(b.T, harness.AlertmanagerEnv)
	var err error
	b.manager, err = harness.StartAlertmanager(b.Context(), harness.AlertmanagerOptions{
		Binary: found.Alertmanager, Webhook: b.collector.Webhook, Dir: filepath.Join(b.dir, "alertmanager"), Listen: b.listen,
	})
	require.NoError(b, err)
	b.Cleanup(func() { assert.NoError(b, b.manager.Stop()) })
}

// of returns an alert of cluster eu. Alertmanager routes its severity to the bridge.
func of(name string) harness.Alert {
	a := kit.AlertOn("eu-1")
	a.Labels = maps.Clone(a.Labels)
	a.Labels["alertname"], a.Labels["cluster"] = name, "eu"
	return a
}

// prometheus sends its firing alerts every 200 ms until it dies.
type prometheus struct {
	*testing.T

	to     harness.Alertmanager // whichever process has the address
	alerts []harness.Alert
	stop   context.CancelFunc
	work   sync.WaitGroup
}

// lease is longer than any test: an alert must not end because this machine is slow.
const lease = time.Hour

func (b *bench) prometheus(alerts ...harness.Alert) *prometheus {
	ctx, cancel := context.WithCancel(b.Context())
	p := &prometheus{T: b.T, to: harness.Alertmanager{Address: "http://" + b.listen}, alerts: alerts, stop: cancel}
	p.work.Go(func() {
		for ctx.Err() == nil {
			_ = p.say(ctx, lease) // Alertmanager may be down
			select {
			case <-ctx.Done():
			case <-time.After(200 * time.Millisecond):
			}
		}
	})
	b.Cleanup(p.silent)
	return p
}

// say sends the alerts, which end after a time.
func (p *prometheus) say(ctx context.Context, after time.Duration) error {
	end := kit.Milliseconds(time.Now().Add(after))
	for i := range p.alerts {
		p.alerts[i].EndsAt = end
	}
	return p.to.Post(ctx, p.alerts...)
}

func (p *prometheus) silent() {
	p.stop()
	p.work.Wait()
}

// dies ends its alerts, as a short lease would, and returns their end.
func (p *prometheus) dies() (end time.Time) {
	p.Helper()
	p.silent()
	require.NoError(p, p.say(p.Context(), 0))
	return p.alerts[0].EndsAt
}

// incident waits until the alias has one incident in all and done accepts it.
func (b *bench) incident(alias string, done func(sandbox.Incident) error) sandbox.Incident {
	b.Helper()
	return kit.OnlyIncidentOf(b.T, b.sandbox, alias, done)
}

// source waits until the source is in that state.
func (b *bench) source(state string) {
	b.Helper()
	kit.Eventually(b.T, func(ctx context.Context) error {
		for labels, v := range kit.Scrape(ctx, b.T, b.collector)["otelcol_exporter_alert24_watchdog_sources"] {
			if v == 1 && strings.Contains(labels, `state="`+state+`"`) {
				return nil
			}
		}
		return fmt.Errorf("the source is not %s", state)
	})
}
