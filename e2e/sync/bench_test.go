// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package sync

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/alert24/otelcol-alert24/e2e/harness"
	"github.com/alert24/otelcol-alert24/e2e/harness/kit"
	"github.com/alert24/otelcol-alert24/internal/sandbox"
)

// Intervals of the sync in these tests.
const (
	interval  = time.Second
	absentFor = 2 * time.Second
)

// door is the address that the collector asks, whichever Alertmanager is behind it: a restarted one has another port.
type door struct {
	*httptest.Server

	behind atomic.Pointer[http.Handler]
	lists  atomic.Int64 // number of list requests
	young  atomic.Bool  // the Alertmanager seems to have started just now
}

func newDoor(t *testing.T) *door {
	t.Helper()
	d := &door{}
	d.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/alerts") {
			d.lists.Add(1)
		}
		if h := d.behind.Load(); h != nil {
			(*h).ServeHTTP(w, r)
		} else {
			http.Error(w, "nobody", http.StatusBadGateway)
		}
	}))
	t.Cleanup(d.Close)
	return d
}

var uptime = regexp.MustCompile(`"uptime":"[^"]*"`)

func (d *door) set(h http.Handler) { d.behind.Store(&h) }

// leads makes the door lead to an Alertmanager.
func (d *door) leads(t *testing.T, a *harness.Alertmanager) {
	t.Helper()
	to, err := url.Parse(a.Address)
	require.NoError(t, err)
	proxy := httputil.NewSingleHostReverseProxy(to)
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	proxy.Transport = transport
	proxy.ModifyResponse = func(r *http.Response) error {
		if !d.young.Load() || !strings.HasSuffix(r.Request.URL.Path, "/status") {
			return nil
		}
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return err
		}
		body = uptime.ReplaceAll(body, []byte(`"uptime":"`+time.Now().UTC().Format(time.RFC3339Nano)+`"`))
		r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
		r.Header.Del("Content-Length")
		return nil
	}
	d.set(proxy)
}

// bench is a sandbox and a collector that asks several doors.
type bench struct {
	sandbox   *harness.Sandbox
	collector *harness.Collector
	doors     []*door
	dir       string
}

func startBench(t *testing.T, doors int, set ...string) *bench {
	t.Helper()
	b := &bench{dir: t.TempDir()}
	var endpoints []string
	for range doors {
		d := newDoor(t)
		b.doors = append(b.doors, d)
		endpoints = append(endpoints, d.URL)
	}
	b.sandbox, b.collector = kit.Start(t, kit.World{Dir: b.dir, Set: settings(endpoints, set...)})
	return b
}

// settings returns the settings of a collector that asks these endpoints.
func settings(endpoints []string, more ...string) []string {
	return append(append(kit.Quick(),
		"receivers.alertmanager.sync.endpoints=["+strings.Join(endpoints, ",")+"]",
		"receivers.alertmanager.sync.interval="+interval.String(),
		"receivers.alertmanager.sync.absent_for="+absentFor.String(),
		"receivers.alertmanager.sync.startup_grace=0s"), more...)
}

// alertmanager starts an Alertmanager behind a door.
func (b *bench) alertmanager(t *testing.T, door int) *alertmanager {
	t.Helper()
	a := b.behindNoDoor(t, door, b.collector.Webhook)
	a.enters(t)
	return a
}

// behindNoDoor starts an Alertmanager that sends to the webhook but that the collector cannot ask yet.
func (b *bench) behindNoDoor(t *testing.T, door int, webhook string) *alertmanager {
	t.Helper()
	a := &alertmanager{bench: b, door: door, webhook: webhook, dir: filepath.Join(b.dir, "alertmanager-"+strconv.Itoa(door))}
	a.run(t)
	t.Cleanup(func() { assert.NoError(t, a.Stop()) })
	return a
}

type alertmanager struct {
	*harness.Alertmanager
	*bench

	door         int
	webhook, dir string
}

func (a *alertmanager) start(t *testing.T) {
	t.Helper()
	a.run(t)
	a.enters(t)
}

func (a *alertmanager) run(t *testing.T) {
	t.Helper()
	found := kit.Binaries(t, harness.AlertmanagerEnv)
	var err error
	a.Alertmanager, err = harness.StartAlertmanager(t.Context(), harness.AlertmanagerOptions{
		Binary: found.Alertmanager, Webhook: a.webhook, Dir: a.dir,
	})
	require.NoError(t, err)
}

// enters makes its door lead to it.
func (a *alertmanager) enters(t *testing.T) {
	t.Helper()
	a.doors[a.door].leads(t, a.Alertmanager)
}

// configure changes the configuration. The pairs are a text and its replacement. It returns a function that undoes the change.
func (a *alertmanager) configure(t *testing.T, pairs ...string) (undo func()) {
	t.Helper()
	path := filepath.Join(a.dir, "alertmanager.yml")
	before, err := os.ReadFile(path)
	require.NoError(t, err)
	text := string(before)
	for i := 0; i < len(pairs); i += 2 {
		require.Contains(t, text, pairs[i])
		text = strings.ReplaceAll(text, pairs[i], pairs[i+1])
	}
	write := func(text []byte) {
		require.NoError(t, os.WriteFile(path, text, 0o600))
		require.NoError(t, a.Reload(t.Context()))
	}
	write([]byte(text))
	return func() { write(before) }
}

// silence silences the alerts of an instance.
func (a *alertmanager) silence(t *testing.T, instance string) {
	t.Helper()
	require.NoError(t, a.Silence(t.Context(), instance, "jane"))
}

// fires posts firing alerts, with a lease longer than any test.
func (a *alertmanager) fires(t *testing.T, alerts ...harness.Alert) {
	t.Helper()
	require.NoError(t, a.Post(t.Context(), alerts...))
}

// ends posts that the alert ended.
func (a *alertmanager) ends(t *testing.T, alert harness.Alert) {
	t.Helper()
	alert.EndsAt = kit.Milliseconds(time.Now())
	require.NoError(t, a.Post(t.Context(), alert))
}

// incident waits until the instance has one incident and done accepts it.
func (b *bench) incident(t *testing.T, instance string, done func(sandbox.Incident) error) {
	t.Helper()
	kit.OnlyIncidentOf(t, b.sandbox, "HighErrorRate:"+instance, done)
}

// syncs waits until the collector has asked n more times and has processed the lists.
func (b *bench) syncs(t *testing.T, n int) {
	t.Helper()
	from := b.taken(t.Context(), t)
	kit.Eventually(t, func(ctx context.Context) error {
		if taken := b.taken(ctx, t); taken < from+float64(n) {
			return fmt.Errorf("%v of %d syncs", taken-from, n)
		}
		return nil
	})
}

func (b *bench) taken(ctx context.Context, t *testing.T) float64 {
	t.Helper()
	return b.sum(ctx, t, "otelcol_exporter_alert24_syncs", "")
}

// effect returns how many alerts had this effect of a sync.
func (b *bench) effect(ctx context.Context, t *testing.T, effect string) float64 {
	t.Helper()
	return b.sum(ctx, t, "otelcol_exporter_alert24_synced_alerts", `effect="`+effect+`"`)
}

// sum returns the sum over the series of a metric that have the label.
func (b *bench) sum(ctx context.Context, t *testing.T, name, label string) (sum float64) {
	t.Helper()
	for labels, v := range kit.Scrape(ctx, t, b.collector)[name] {
		if strings.Contains(labels, label) {
			sum += v
		}
	}
	return sum
}
