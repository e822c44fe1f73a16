// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package ledgercmd

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/open-telemetry/opentelemetry-collector-contrib/extension/storage/filestorage"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/extension/extensiontest"
	"go.opentelemetry.io/collector/extension/xextension/storage"

	"github.com/alert24/otelcol-alert24/internal/incident"
	"github.com/alert24/otelcol-alert24/internal/journal"
	"github.com/alert24/otelcol-alert24/internal/labels"
	"github.com/alert24/otelcol-alert24/internal/ledger"
	"github.com/alert24/otelcol-alert24/internal/postgres"
	"github.com/alert24/otelcol-alert24/internal/postgres/pgtest"
	"github.com/alert24/otelcol-alert24/internal/protocol"
	"github.com/alert24/otelcol-alert24/internal/status"
	"github.com/alert24/otelcol-alert24/internal/statuspage"
	"github.com/alert24/otelcol-alert24/internal/tool/cli"
)

func run(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	code = cli.Run(t.Context(), "dev", append([]string{"ledger"}, args...), cli.Streams{In: strings.NewReader(""), Out: &out, Err: &errs}, New())
	return code, out.String(), errs.String()
}

// open opens the storage of an exporter like a collector.
func open(t *testing.T, dir string, id component.ID) storage.Client {
	t.Helper()
	factory := filestorage.NewFactory()
	cfg := factory.CreateDefaultConfig().(*filestorage.Config)
	cfg.Directory = dir
	ext, err := factory.Create(t.Context(), extensiontest.NewNopSettings(factory.Type()), cfg)
	require.NoError(t, err)
	require.NoError(t, ext.Start(t.Context(), componenttest.NewNopHost()))
	client, err := ext.(storage.Extension).GetClient(t.Context(), component.KindExporter, id, "ledger")
	require.NoError(t, err)
	return client
}

// fill writes a ledger with three aliases: one with many alerts, one with one alert, and a resolved one.
func fill(t *testing.T, store ledger.Store) {
	t.Helper()
	l := ledger.New(ledger.Config{
		Policy:  &protocol.Policy{Members: 1000, ClosedRetention: time.Hour, Backoff: protocol.Backoff{Initial: time.Second, Max: time.Minute, Multiplier: 2}},
		Render:  func(string, []incident.Alert, incident.Context) incident.Content { return incident.Content{Title: "t"} },
		Aliases: 1000, Now: time.Now,
	}, store)
	_, err := l.Load(t.Context())
	require.NoError(t, err)
	var events []protocol.Event
	add := func(alias string, key byte, severity incident.Severity) {
		a := incident.Alert{Name: alias, Severity: severity, StartsAt: time.Now().Add(-time.Hour), Labels: labels.New(labels.Label{Name: "alertname", Value: alias}, labels.Label{Name: "instance", Value: "api-01"})}
		events = append(events, protocol.Event{Alias: alias, Key: protocol.Key{key, byte(len(events))}, Firing: true, Alert: incident.Pack(&a), Epoch: "e", Seq: int64(len(events)), Sender: "am"})
	}
	for i := range 100 {
		add("Many", byte(i+1), incident.Low)
	}
	add("One", 200, incident.Critical)
	_, err = l.Apply(t.Context(), events, nil)
	require.NoError(t, err)
}

func TestStorageOfAStoppedBridge(t *testing.T) {
	dir := t.TempDir()
	id := component.MustNewIDWithName("alert24", "a/b")
	client := open(t, dir, id)
	fill(t, journal.New(client))
	_, _, errs := run(t, "--storage", dir, "--exporter", "alert24/a/b")
	assert.Contains(t, errs, "a running collector uses it")
	require.NoError(t, client.Close(t.Context()))

	code, out, errs := run(t, "--storage", dir, "--exporter", "alert24/a/b")
	require.Equal(t, cli.ExitOK, code, errs)
	lines := strings.Split(strings.TrimSpace(out), "\n")
	require.Len(t, lines, 3, out)
	assert.Regexp(t, `^ALIAS +SEVERITY +SINCE +STATE +TITLE$`, lines[0])
	assert.Regexp(t, `^One +critical +1 h 0 min +.+ +One on api-01$`, lines[1])
	assert.Regexp(t, `^Many +low +`, lines[2])

	code, out, errs = run(t, "--storage", dir, "--exporter", "alert24/a/b", "--filter", "many", "-o", "json", "--full")
	require.Equal(t, cli.ExitOK, code, errs)
	var report struct {
		Total   int            `json:"total"`
		Entries []status.Entry `json:"entries"`
	}
	require.NoError(t, json.Unmarshal([]byte(out), &report))
	require.Len(t, report.Entries, 1)
	assert.Equal(t, 100, report.Entries[0].Firing)
	assert.Equal(t, 50, report.Entries[0].MoreAlerts)

	_, _, errs = run(t, "--storage", dir)
	assert.Contains(t, errs, "there is no ledger at "+filepath.Join(dir, "exporter_alert24__ledger"))
}

func TestDamagedStorage(t *testing.T) {
	dir := t.TempDir()
	client := open(t, dir, component.MustNewID("alert24"))
	fill(t, journal.New(client))
	require.NoError(t, client.Close(t.Context()))
	path := filepath.Join(dir, "exporter_alert24__ledger")
	whole, err := os.ReadFile(path)
	require.NoError(t, err)
	pages := 2 * os.Getpagesize() // the first two are intact
	require.Greater(t, len(whole), pages)
	for name, file := range map[string][]byte{
		"cut":         whole[:len(whole)/2+pages], // Bolt maps as much memory as for the whole file
		"overwritten": slices.Concat(whole[:pages], bytes.Repeat([]byte{0xff}, len(whole)-pages)),
	} {
		require.NoError(t, os.WriteFile(path, file, 0o600))
		code, out, errs := run(t, "--storage", dir)
		assert.Equal(t, cli.ExitCannot, code, name)
		assert.Empty(t, out)
		assert.Contains(t, errs, "alert24tool ledger: --storage: "+path+": the file is damaged, or was copied while a collector used it: ", name)
		assert.Equal(t, 1, strings.Count(errs, "\n"), errs)
	}
}

// bridge is a Source with two rows.
type bridge struct{ statuspage.Source }

func (bridge) Revision(context.Context) string { return "1" }
func (bridge) Idle()                           {}
func (bridge) Overview(context.Context) status.Overview {
	return status.Overview{Storage: status.Storage{Up: true}}
}

func (bridge) Table(context.Context) (*status.Table, error) {
	return status.NewTable([]status.Row{
		{Alias: "a", Severity: "critical", Title: "Line\nbreak", State: status.State{Text: "open as #1"}, Is: []status.Group{status.IsOpen}},
		{Alias: "b"},
	}, 0, time.Time{}), nil
}

func (bridge) Explain(_ context.Context, s status.Subject) (status.Explanation, error) {
	return status.Explanation{Entries: []status.Entry{{Row: status.Row{Alias: s.Alias}}}}, nil
}

func TestRunningBridge(t *testing.T) {
	server := httptest.NewServer(statuspage.New(bridge{}, statuspage.Options{Now: time.Now}))
	defer server.Close()
	code, out, errs := run(t, "--status", server.URL, "--is", "open")
	require.Equal(t, cli.ExitOK, code, errs)
	assert.Contains(t, out, "open as #1  Line break\n")
	assert.NotContains(t, out, "\nb")
	_, out, _ = run(t, "--status", server.URL, "--limit", "1")
	assert.Contains(t, out, "1 of 2\n")
	_, out, _ = run(t, "--status", server.URL, "--filter", "none")
	assert.Equal(t, "no alias\n", out)
	_, out, _ = run(t, "--status", server.URL, "-o", "json", "--full")
	assert.Contains(t, out, `"entries": [`)
	_, out, _ = run(t, "--status", server.URL, "-o", "json")
	assert.Contains(t, out, `"rows": [`)
}

// One long alias or error does not push the columns of all rows off the screen.
func TestLongCellMovesItsOwnRowOnly(t *testing.T) {
	long := strings.Repeat("x", 61)
	var out strings.Builder
	require.NoError(t, writeTable(&out, [][]string{{"ALIAS", "STATE"}, {"dübel", "open"}, {long, "open"}, {"a", long}}))
	assert.Equal(t, "ALIAS  STATE\ndübel  open\n"+long+"  open\na      "+long+"\n", out.String())
}

// busy is a bridge with 2,500 aliases, which change their severity, come and go between any two requests.
type busy struct {
	bridge

	asked *atomic.Int64
}

func (b busy) Revision(context.Context) string { return strconv.FormatInt(b.asked.Load(), 10) }

func (b busy) Table(context.Context) (*status.Table, error) {
	var rows []status.Row
	for n := range 2500 {
		change := n + int(b.asked.Load())*777
		if n%10 == 0 && change%20 != 0 {
			continue // this one comes and goes
		}
		rows = append(rows, status.Row{Alias: fmt.Sprintf("alias-%04d", n), Severity: []string{"low", "medium", "high", "critical"}[change%4]})
	}
	return status.NewTable(rows, 0, time.Time{}), nil
}

func TestBusyBridgeIsListedOnce(t *testing.T) {
	asked := new(atomic.Int64)
	page := statuspage.New(busy{asked: asked}, statuspage.Options{Now: func() time.Time { return time.Unix(0, 0).Add(time.Duration(asked.Load()) * time.Hour) }})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1) // an hour later, there is a new table
		page.ServeHTTP(w, r)
	}))
	defer server.Close()
	code, out, errs := run(t, "--status", server.URL, "-o", "json")
	require.Equal(t, cli.ExitOK, code, errs)
	var listed struct {
		Total int
		Rows  []status.Row
	}
	require.NoError(t, json.Unmarshal([]byte(out), &listed, json.MatchCaseInsensitiveNames(true)))
	times, last := map[string]int{}, 4
	for i := range listed.Rows {
		times[listed.Rows[i].Alias]++
		rank := slices.Index([]string{"low", "medium", "high", "critical"}, listed.Rows[i].Severity)
		require.LessOrEqual(t, rank, last, "the worst first")
		last = rank
	}
	assert.Len(t, listed.Rows, listed.Total)
	for n := range 2500 {
		alias := fmt.Sprintf("alias-%04d", n)
		assert.LessOrEqual(t, times[alias], 1, alias)
		if n%10 != 0 {
			assert.Equal(t, 1, times[alias], alias)
		}
	}
}

func TestWrongUse(t *testing.T) {
	for want, args := range map[string][]string{
		"--sort must be":                      {"--sort", "x"},
		"--is must be":                        {"--is", "x"},
		"--limit must not be below 0":         {"--limit", "-1"},
		"--full goes with -o json":            {"--full"},
		"give either --storage or --database": {"--storage", "a", "--database", "b"},
		"--exporter goes with --storage or":   {"--exporter", "alert24/b"},
		"--schema goes with --storage or":     {"--schema", "s"},
		"--dry-run goes with --storage or":    {"--dry-run"},
		"unexpected argument":                 {"x"},
	} {
		code, _, errs := run(t, args...)
		assert.Equal(t, cli.ExitCannot, code)
		assert.Contains(t, errs, want)
	}
}

func TestDatabase(t *testing.T) {
	server, err := pgtest.Start()
	require.NoError(t, err)
	t.Cleanup(server.Stop)
	url := server.URL(server.Database(t))
	code, _, errs := run(t, "--database", url)
	assert.Equal(t, cli.ExitCannot, code)
	assert.Contains(t, errs, "there is no ledger in the schema")

	db, err := postgres.New(postgres.Config{URL: url, Schema: "otelcol_alert24", Component: "alert24", Lease: 5 * time.Second})
	require.NoError(t, err)
	defer db.Close(context.WithoutCancel(t.Context()))
	leader, err := db.Campaign(t.Context())
	require.NoError(t, err)
	fill(t, leader)
	code, out, errs := run(t, "--database", url, "--filter", "one") // works while the bridge runs
	assert.Equal(t, cli.ExitOK, code, errs)
	assert.Regexp(t, `\nOne +critical `, out)
	require.NoError(t, leader.Close(t.Context()))
}
