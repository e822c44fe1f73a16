// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alert24exporter

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/exporter"
	"go.opentelemetry.io/collector/extension/xextension/storage"
	"go.opentelemetry.io/otel/trace"
	"go.uber.org/zap"

	"github.com/alert24/otelcol-alert24/alert24exporter/internal/metadata"
	"github.com/alert24/otelcol-alert24/internal/incident"
	"github.com/alert24/otelcol-alert24/internal/inprocess"
	"github.com/alert24/otelcol-alert24/internal/journal"
	"github.com/alert24/otelcol-alert24/internal/ledger"
	"github.com/alert24/otelcol-alert24/internal/reconcile"
	"github.com/alert24/otelcol-alert24/internal/status"
)

const (
	// storageName separates the ledger from other data that a component may store, and a dry run's ledger from the real one.
	storageName       = "ledger"
	dryRunStorageName = "dry_run"
	// shutdownGrace bounds how long a shutdown waits for requests in progress.
	shutdownGrace = 2 * time.Second
	// writePatience is much shorter than a call, so that it delays no incident noticeably.
	writePatience = 5 * time.Millisecond
)

type alert24Exporter struct {
	cfg       *Config
	set       exporter.Settings
	renderer  *incident.Renderer
	tracer    trace.Tracer
	telemetry *telemetry
	rules     rules
	lately    *lately
	status    *statusServer // nil: the page is off
	services  *serviceNames // nil: no service is named

	heartbeat *heartbeat // nil: no URL, or a dry run
	manager   reconcile.Manager
	gate      *reconcile.Gate
	term      atomic.Pointer[term] // nil while another replica leads
	terms     atomic.Int64         // number of terms that began
	replica   *replica             // nil: there are no other replicas
	storage   ledger.Store         // without replicas; nil: memory only
	closed    bool                 // the storage

	disproved  atomic.Int64 // number of failed writes before a check that succeeded
	unregister func()       // from package inprocess
	stopProbe  func()       // of the storage; nil: there is none
}

func newExporter(set exporter.Settings, cfg *Config) (*alert24Exporter, error) {
	t, err := newTelemetry(set, &cfg.Telemetry)
	if err != nil {
		return nil, err
	}
	e := &alert24Exporter{cfg: cfg, set: set, telemetry: t, tracer: metadata.Tracer(set.TelemetrySettings), lately: t.lately}
	if cfg.statusOn() {
		e.lately.results = status.NewResults(maxResultAliases)
	}
	options := []incident.Option{incident.WithTemplateFailed(t.templateFailed), incident.WithUnknownValue(t.unknownValue)}
	if e.services = e.newServices(); e.services != nil {
		options = append(options, incident.WithServiceID(e.services.ID))
	}
	if e.renderer, err = incident.NewRenderer(cfg.Incident, options...); err != nil {
		return nil, err
	}
	watchdogs := cfg.Watchdog.Rules()
	e.rules = rules{e.renderer, &watchdogs}
	return e, nil
}

func (e *alert24Exporter) start(ctx context.Context, host component.Host) (err error) {
	e.warn(ctx)
	e.telemetry.host = host
	e.telemetry.countFromZero(ctx)
	e.gate = reconcile.NewGate(e.cfg.Limits.RequestsPerSecond, e.cfg.places(), e.telemetry.waited)
	if e.manager, err = e.newManager(ctx, host, e.gate); err != nil {
		return err
	}
	if e.heartbeat, err = e.newHeartbeat(ctx, host); err != nil {
		return err
	}
	e.services.start(ctx)
	if e.cfg.Database.HasValue() {
		err = e.startReplica(ctx)
	} else {
		err = e.startAlone(ctx, host)
	}
	if err == nil {
		err = errors.Join(e.telemetry.watchLedger(e.ledger), e.telemetry.watchSources(&e.term))
	}
	if err == nil {
		err = e.startStatus(ctx, host)
	}
	if err != nil {
		return errors.Join(err, e.shutdown(ctx))
	}
	e.startProbe(ctx)
	unready, unlisten := inprocess.OnReadiness(e.ready), inprocess.Listen(inprocess.Listener{
		Rejected: e.lately.rejected, Skipped: e.lately.skipped, Grouped: e.lately.grouped, Accepted: e.lately.accepted,
	})
	e.unregister = func() { unready(); unlisten() }
	return nil
}

// startAlone starts the exporter without other replicas.
func (e *alert24Exporter) startAlone(ctx context.Context, host component.Host) (err error) {
	if e.storage, err = e.openStorage(ctx, host); err != nil {
		return err
	}
	t, err := e.begin(ctx, e.ledgerConfig(), e.loopConfig(), e.storage)
	if err != nil {
		return err
	}
	e.term.Store(t) // before the first call, as in replica.lead
	t.start()       //nolint:contextcheck // the term outlives the start
	return nil
}

func (e *alert24Exporter) logDamage(damage ledger.Damage) {
	for _, u := range damage.Unreadable {
		if len(u.Aliases) == 0 {
			e.set.Logger.Error("A segment of the ledger cannot be read and was set aside; its aliases are not known, close their incidents by hand if they stay open", zap.String("key", u.Where))
		}
		for _, alias := range u.Aliases {
			e.set.Logger.Error("A record of the ledger cannot be read and was set aside; its incident is looked up",
				zap.String("alias", alias), zap.String("key", u.Where))
		}
	}
	if damage.Suspect > 0 {
		e.set.Logger.Error("Newer records of some aliases may be lost with an unreadable segment; their incidents are looked up",
			zap.Int("aliases", damage.Suspect))
	}
}

func (e *alert24Exporter) openStorage(ctx context.Context, host component.Host) (ledger.Store, error) {
	if e.cfg.Storage == nil {
		e.set.Logger.Warn("No storage is configured: open incidents and accepted alerts are forgotten when the collector stops; set the key storage")
		return nil, nil //nolint:nilnil // no store means memory only
	}
	ext, ok := host.GetExtensions()[*e.cfg.Storage]
	if !ok {
		return nil, fmt.Errorf("storage: there is no extension %q; add it to service::extensions", e.cfg.Storage)
	}
	se, ok := ext.(storage.Extension)
	if !ok {
		return nil, fmt.Errorf("storage: the extension %q is not a storage extension", e.cfg.Storage)
	}
	name := storageName
	if e.cfg.DryRun {
		name = dryRunStorageName
	}
	client, err := se.GetClient(ctx, component.KindExporter, e.set.ID, name)
	if err != nil {
		return nil, fmt.Errorf("storage: cannot open %q; see that its directory is writable, that no other process uses it, and that its file is not damaged: %w", e.cfg.Storage, err)
	}
	return measuredStore{journal.New(client), e.telemetry}, nil
}

func (e *alert24Exporter) ledgerConfig() ledger.Config {
	return ledger.Config{
		Policy:            e.cfg.Policy(),
		Render:            e.renderer.Render,
		SeverityOnlyRises: e.cfg.Incident.Severity.OnlyRises,
		Aliases:           e.cfg.Limits.Aliases,
		Armed:             2 * e.cfg.Limits.ConcurrentRequests, // as many as there are workers
		Patience:          writePatience,
		Now:               time.Now,
	}
}

func (e *alert24Exporter) loopConfig() reconcile.Config {
	return reconcile.Config{
		Workers:       e.cfg.Limits.ConcurrentRequests,
		DeniedPause:   e.cfg.RetryConfig.MaxInterval,
		AuditInterval: e.cfg.Lifecycle.AuditInterval,
		ShutdownGrace: shutdownGrace,
		Tracer:        e.tracer,
	}
}

func (e *alert24Exporter) shutdown(ctx context.Context) error {
	if e.unregister != nil {
		e.unregister()
		e.unregister = nil
	}
	if e.stopProbe != nil {
		e.stopProbe()
	}
	err := e.status.shutdown(ctx)
	if e.replica != nil {
		err = errors.Join(err, e.replica.shutdown(ctx))
	} else if t := e.term.Swap(nil); t != nil {
		t.shutdown()
	}
	e.services.shutdown()
	e.telemetry.shutdown()
	return errors.Join(err, e.closeStorage(ctx))
}

// closeStorage keeps the field storage, which a late request for the status may still read.
func (e *alert24Exporter) closeStorage(ctx context.Context) error {
	if e.storage == nil || e.closed {
		return nil
	}
	e.closed = true
	return e.storage.Close(ctx)
}
