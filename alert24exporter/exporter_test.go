// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alert24exporter

import (
	"errors"
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/consumer/consumererror"
	"go.opentelemetry.io/collector/exporter/exportertest"
	"go.opentelemetry.io/collector/extension/xextension/storage"
	"go.opentelemetry.io/collector/pdata/plog"

	"github.com/alert24/otelcol-alert24/alert24exporter/internal/metadata"
	"github.com/alert24/otelcol-alert24/internal/attrs"
	"github.com/alert24/otelcol-alert24/internal/sandbox"
	"github.com/alert24/otelcol-alert24/internal/sandbox/fault"
	"github.com/alert24/otelcol-alert24/internal/sandbox/sandboxtest"
)

func TestOpenUpdateResolve(t *testing.T) {
	box := sandboxtest.Start(t, sandbox.Options{})
	exp, stop := start(t, box, t.TempDir(), nil)
	defer stop()

	firing := alertAttributes("firing")
	require.NoError(t, exp.ConsumeLogs(t.Context(), logs(firing)))
	require.Eventually(t, func() bool { return len(box.Open(firing[attrs.Alias])) == 1 }, soon, tick)
	opened := box.Open(firing[attrs.Alias])[0]
	assert.Equal(t, "High error rate on api-01.prod", opened.Title)
	assert.Regexp(t, `^Error rate is 8.3%\n\nRunbook: https://wiki.example.com/runbooks/high-error-rate\n`, opened.Description)
	assert.NotContains(t, opened.Description, "javascript")
	assert.Equal(t, "high", opened.Severity)
	assert.Equal(t, "prometheus", opened.Source)
	assert.Equal(t, "warning", opened.Labels["severity"])
	assert.Contains(t, opened.Tags, "severity:warning")

	firing[attrs.AlertAnnotationPrefix+"summary"] = "It got worse"
	require.NoError(t, exp.ConsumeLogs(t.Context(), logs(firing)))
	require.Eventually(t, func() bool {
		open := box.Open(firing[attrs.Alias])
		return len(open) == 1 && open[0].ID == opened.ID && open[0].Title == "It got worse"
	}, soon, tick)

	resolved := alertAttributes("resolved")
	end := time.Now().UTC() // later than the incident's start, and before the record arrives
	resolved[attrs.AlertEndsAt] = end.Format(time.RFC3339Nano)
	require.NoError(t, exp.ConsumeLogs(t.Context(), logs(resolved)))
	require.Eventually(t, func() bool { return len(box.Open(firing[attrs.Alias])) == 0 }, soon, tick)
	require.Len(t, box.Incidents(), 1)
	assert.Equal(t, end, box.Incidents()[0].ResolvedAt.UTC())
}

func TestOnlyRises(t *testing.T) {
	box := sandboxtest.Start(t, sandbox.Options{})
	exp, stop := start(t, box, t.TempDir(), func(cfg *Config) { cfg.Incident.Severity.OnlyRises = true })
	defer stop()
	firing := alertAttributes("firing")
	require.NoError(t, exp.ConsumeLogs(t.Context(), logs(firing)))
	require.Eventually(t, func() bool { return len(box.Open(firing[attrs.Alias])) == 1 }, soon, tick)
	firing[attrs.AlertLabelPrefix+"severity"] = "info"
	firing[attrs.AlertAnnotationPrefix+"summary"] = "It got better"
	require.NoError(t, exp.ConsumeLogs(t.Context(), logs(firing)))
	require.Eventually(t, func() bool { return box.Open(firing[attrs.Alias])[0].Title == "It got better" }, soon, tick)
	assert.Equal(t, "high", box.Open(firing[attrs.Alias])[0].Severity)
}

func TestRestartWithIncidentsOpen(t *testing.T) {
	box := sandboxtest.Start(t, sandbox.Options{})
	dir := t.TempDir()
	exp, stop := start(t, box, dir, nil)
	firing := alertAttributes("firing")
	require.NoError(t, exp.ConsumeLogs(t.Context(), logs(firing)))
	require.Eventually(t, func() bool { return len(box.Open(firing[attrs.Alias])) == 1 }, soon, tick)
	stop()

	exp, stop = start(t, box, dir, nil)
	defer stop()
	require.NoError(t, exp.ConsumeLogs(t.Context(), logs(alertAttributes("resolved"))))
	require.Eventually(t, func() bool { return len(box.Open(firing[attrs.Alias])) == 0 }, soon, tick)
	stats := box.Stats()
	assert.Equal(t, 1, stats.Creates())
	assert.LessOrEqual(t, stats.Requests["list"], 2, "one look at each start; the id came from the disk")
}

func TestAcceptedWhileTheAPIIsDownIsDeliveredAfterARestart(t *testing.T) {
	box := sandboxtest.Start(t, sandbox.Options{})
	id, err := box.AddFault(sandbox.Fault{Status: http.StatusUnauthorized})
	require.NoError(t, err)
	dir := t.TempDir()
	exp, stop := start(t, box, dir, nil)
	require.NoError(t, exp.ConsumeLogs(t.Context(), logs(alertAttributes("firing"))))
	stop()
	require.Empty(t, box.Incidents())
	box.RemoveFault(id)
	_, stop = start(t, box, dir, nil)
	defer stop()
	require.Eventually(t, func() bool { return len(box.Incidents()) == 1 }, soon, tick)
}

func TestOptionalFieldThatTheAPIRefusesDoesNotStopIncidents(t *testing.T) {
	box := sandboxtest.Start(t, sandbox.Options{})
	require.NoError(t, box.SetSwitches(func(s *sandbox.Switches) {
		s.RefusedFields = []string{"labels", "tags", "source"}
	}))
	exp, stop := start(t, box, "", nil)
	defer stop()
	require.NoError(t, exp.ConsumeLogs(t.Context(), logs(alertAttributes("firing"))))
	require.Eventually(t, func() bool { return len(box.Open("HighErrorRate:api-01.prod")) == 1 }, soon, tick)
	require.NoError(t, exp.ConsumeLogs(t.Context(), logs(alertAttributes("resolved"))))
	require.Eventually(t, func() bool { return len(box.Open("HighErrorRate:api-01.prod")) == 0 }, soon, tick)
}

func TestRecordsThatCannotBeUsed(t *testing.T) {
	box := sandboxtest.Start(t, sandbox.Options{})
	exp, stop := start(t, box, "", nil)
	defer stop()

	noAlias := map[string]string{"message": "disk is full"}
	err := exp.ConsumeLogs(t.Context(), logs(noAlias))
	require.ErrorContains(t, err, "alert24.alias")
	assert.True(t, consumererror.IsPermanent(err), "a push with no usable record is refused for good")

	mixed := logs(noAlias)
	addRecord(mixed, map[string]string{attrs.OverrideAlias: "backup-failed", attrs.OverrideTitle: "Backup failed", attrs.OverrideSeverity: "critical"})
	addRecord(mixed, map[string]string{attrs.OverrideAlias: "odd", attrs.OverrideStatus: "flapping"})
	require.NoError(t, exp.ConsumeLogs(t.Context(), mixed), "one usable record is enough")
	require.Eventually(t, func() bool { return len(box.Open("backup-failed")) == 1 }, soon, tick)
	assert.Equal(t, "Backup failed", box.Open("backup-failed")[0].Title)
	assert.Equal(t, "critical", box.Open("backup-failed")[0].Severity)
	assert.Len(t, box.Incidents(), 1)
	require.NoError(t, exp.ConsumeLogs(t.Context(), plog.NewLogs()))
}

func TestIgnoredAlertsOpenNothingAndCloseWhatIsOpen(t *testing.T) {
	box := sandboxtest.Start(t, sandbox.Options{})
	exp, stop := start(t, box, "", func(c *Config) { c.Incident.Severity.Ignore = []string{"none"} })
	defer stop()
	watchdog := alertAttributes("firing")
	watchdog[attrs.AlertLabelPrefix+"severity"] = "none"
	watchdog[attrs.Alias] = "Watchdog:"
	require.NoError(t, exp.ConsumeLogs(t.Context(), logs(watchdog)))
	a := alertAttributes("firing")
	require.NoError(t, exp.ConsumeLogs(t.Context(), logs(a)))
	require.Eventually(t, func() bool { return len(box.Open(a[attrs.Alias])) == 1 }, soon, tick)
	assert.Len(t, box.Incidents(), 1)

	a[attrs.AlertAnnotationPrefix+"alert24_ignore"] = "true"
	require.NoError(t, exp.ConsumeLogs(t.Context(), logs(a)))
	require.Eventually(t, func() bool { return len(box.Open(a[attrs.Alias])) == 0 }, soon, tick)
}

func TestMaxAliasesRefusesOnlyNewOnes(t *testing.T) {
	box := sandboxtest.Start(t, sandbox.Options{})
	exp, stop := start(t, box, "", func(c *Config) { c.Limits.Aliases = 2 })
	defer stop()
	push := func(status string, aliases ...string) error {
		ld := plog.NewLogs()
		for _, a := range aliases {
			addRecord(ld, map[string]string{attrs.OverrideAlias: a, attrs.OverrideStatus: status, attrs.OverrideTitle: a})
		}
		return exp.ConsumeLogs(t.Context(), ld)
	}
	require.NoError(t, push("firing", "a", "b"))
	err := push("firing", "a", "c")
	require.ErrorContains(t, err, "limits::aliases (2)")
	assert.False(t, consumererror.IsPermanent(err), "the sender is to try again")
	require.NoError(t, push("resolved", "a"), "known aliases are always applied")
	require.Eventually(t, func() bool { return push("firing", "c") == nil }, soon, tick)
	require.Eventually(t, func() bool { return len(box.Open("b")) == 1 && len(box.Open("c")) == 1 && len(box.Open("a")) == 0 }, soon, tick)
}

func TestStorageThatIsMissingOrOfAnotherKind(t *testing.T) {
	for name, ext := range map[string]host{
		"there is no extension":      {},
		"is not a storage extension": {storageID: struct{ component.Component }{}},
	} {
		cfg := createDefaultConfig().(*Config)
		cfg.APIKey = "ak_live_test"
		cfg.Storage = &storageID
		exp, err := NewFactory().CreateLogs(t.Context(), exportertest.NewNopSettings(metadata.Type), cfg)
		require.NoError(t, err)
		require.ErrorContains(t, exp.Start(t.Context(), ext), name)
		require.NoError(t, exp.Shutdown(t.Context()))
	}
}

// Two processes on one directory would each know half of the alerts.
func TestStorageInUse(t *testing.T) {
	dir := t.TempDir()
	_, stop := start(t, sandboxtest.Start(t, sandbox.Options{}), dir, nil)
	defer stop()
	cfg := createDefaultConfig().(*Config)
	cfg.APIKey = "ak_live_test"
	cfg.Storage = &storageID
	set := exportertest.NewNopSettings(metadata.Type)
	set.ID = component.NewID(metadata.Type)
	exp, err := NewFactory().CreateLogs(t.Context(), set, cfg)
	require.NoError(t, err)
	ext := fileStorage(t, dir)
	require.ErrorContains(t, exp.Start(t.Context(), host{storageID: ext}), "that its file is not damaged: timeout")
	require.NoError(t, exp.Shutdown(t.Context()))
	require.NoError(t, ext.Shutdown(t.Context()))
}

func TestStorageFailureIsNoAcknowledgement(t *testing.T) {
	box, exp, ext := startOnFullStorage(t, exportertest.NewNopSettings(metadata.Type))

	ext.full.Store(true)
	err := exp.ConsumeLogs(t.Context(), logs(alertAttributes("firing")))
	require.ErrorIs(t, err, storage.ErrStorageFull)
	assert.False(t, consumererror.IsPermanent(err), "the sender is to try again")
	assert.Empty(t, box.Incidents())

	ext.full.Store(false)
	require.NoError(t, exp.ConsumeLogs(t.Context(), logs(alertAttributes("firing"))))
	require.Eventually(t, func() bool { return len(box.Incidents()) == 1 }, soon, tick)
	require.NoError(t, exp.Shutdown(t.Context()))
	require.NoError(t, ext.Shutdown(t.Context()))
}

// The test runs the four scenarios of exportertest.CheckConsumeContract: the API works, fails now and then, refuses some content, and
// does any of these at random. The original test does not fit: its records have no alias, and it requires one call per record before
// ConsumeLogs returns, while this exporter returns once the ledger is on disk. So this test waits until nothing changes any more.
func TestConsumeContract(t *testing.T) {
	const records = 200
	flaky := sandbox.Fault{Match: sandbox.Match{Operation: fault.Create}, Status: http.StatusServiceUnavailable, Probability: 0.3}
	for name, c := range map[string]struct {
		faults  []sandbox.Fault
		refused bool
	}{
		"the API is well":              {},
		"random retryable errors":      {faults: []sandbox.Fault{flaky}},
		"random permanent errors":      {faults: []sandbox.Fault{{Match: sandbox.Match{Operation: fault.Create, Alias: "alias-7"}, Status: http.StatusBadRequest}}, refused: true},
		"random errors of either kind": {faults: []sandbox.Fault{{Match: sandbox.Match{Operation: fault.Create, Alias: "alias-7"}, Status: http.StatusBadRequest}, flaky}, refused: true},
	} {
		t.Run(name, func(t *testing.T) {
			box := sandboxtest.Start(t, sandbox.Options{Seed: 7})
			require.NoError(t, box.SetFaults(c.faults))
			exp, stop := start(t, box, t.TempDir(), func(c *Config) {
				c.Lifecycle.SettleTime = 50 * time.Millisecond
				c.Limits.RequestsPerSecond = 0
			})
			defer stop()
			for i := range records {
				a := alertAttributes("firing")
				a[attrs.Alias] = "alias-" + strconv.Itoa(i)
				require.NoError(t, exp.ConsumeLogs(t.Context(), logs(a)))
			}
			want := records
			if c.refused {
				want--
			}
			require.Eventually(t, func() bool { return len(box.Incidents()) == want }, soon, tick)
			for i := range records {
				alias := "alias-" + strconv.Itoa(i)
				if c.refused && i == 7 {
					assert.Empty(t, box.Open(alias))
				} else {
					assert.Len(t, box.Open(alias), 1)
				}
			}
		})
	}
}

// TestAfterShutdown: a receiver that was cut off may still send, and requests about the state may still be under way.
func TestAfterShutdown(t *testing.T) {
	e, err := newExporter(exportertest.NewNopSettings(metadata.Type), configOf(sandboxtest.Start(t, sandbox.Options{})))
	require.NoError(t, err)
	require.NoError(t, e.start(t.Context(), host{}))
	require.NoError(t, e.shutdown(t.Context()))
	e.telemetry.wrote(t.Context(), errors.New("full"), true) // so that readiness looks at the storage
	require.ErrorIs(t, e.consume(t.Context(), logs(alertAttributes("firing"))), errStopped)
	require.Error(t, e.ready(t.Context()))
	_, err = (&statusSource{alert24Exporter: e}).Table(t.Context())
	require.ErrorIs(t, err, errStopped)
}
