// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alert24exporter

import (
	"context"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.uber.org/zap"

	"github.com/alert24/otelcol-alert24/internal/alert24"
	"github.com/alert24/otelcol-alert24/internal/incident"
	"github.com/alert24/otelcol-alert24/internal/services"
	"github.com/alert24/otelcol-alert24/internal/status"
)

// servicesPatience is how long the first calls wait for the names of services.
const servicesPatience = 2 * time.Second

// serviceNames finds the ids of services by name while the exporter runs.
type serviceNames struct {
	*services.Directory

	stop func() // nil: not started
}

// newServices returns the directory of services, or nil if incidents name none. In a dry run it requests nothing, and incidents show the names.
func (e *alert24Exporter) newServices() *serviceNames {
	if e.cfg.Incident.Services.By != incident.ServicesByName || e.cfg.DryRun {
		return nil
	}
	return &serviceNames{Directory: services.New(services.Config{
		List: func(ctx context.Context) ([]alert24.Service, error) {
			return e.manager.(interface { //nolint:forcetypeassert // only a dry run is another one
				Services(ctx context.Context) ([]alert24.Service, error)
			}).Services(ctx)
		},
		Changed: e.servicesChanged,
		Unknown: e.telemetry.unknownService,
	})}
}

// start reads the list of services in the background.
func (s *serviceNames) start(ctx context.Context) {
	if s == nil {
		return
	}
	s.stop = background(ctx, s.Run)
}

// await waits for the names of services before the first calls, but not long if Alert24 does not answer.
func (s *serviceNames) await(ctx context.Context) {
	if s == nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, servicesPatience)
	defer cancel()
	s.Await(ctx)
}

func (s *serviceNames) shutdown() {
	if s != nil && s.stop != nil {
		s.stop()
	}
}

// servicesChanged makes the loop check the incidents that may lack a service whose name is now known.
func (e *alert24Exporter) servicesChanged() {
	t := e.term.Load()
	if t == nil {
		return
	}
	listed, _ := t.ledger.List()
	var firing []string
	for i := range listed {
		if listed[i].Entry.Firing() {
			firing = append(firing, listed[i].Entry.Alias)
		}
	}
	t.loop.Notify(context.Background(), firing...)
}

// unknownService counts a name that no service has, and logs it once.
func (t *telemetry) unknownService(name string) {
	const key = "incident::services"
	t.optional.ExporterAlert24UnknownValues.Add(context.Background(), 1, t.attributes(attribute.String("key", key)))
	if t.unknown.first(key, name) {
		t.logger.Warn("No service in Alert24 has this name; incidents omit it until one does", zap.String("key", key), zap.String("value", name))
	}
}

// status returns the state of the directory, or nil if no names are used.
func (s *serviceNames) status() *status.Services {
	if s == nil {
		return nil
	}
	state := s.State()
	st := &status.Services{Known: state.Services, Refreshed: state.Refreshed, Unknown: []status.UnknownName{}}
	if state.Err != nil {
		st.Error = state.Err.Error()
	}
	for _, u := range state.Unknown {
		st.Unknown = append(st.Unknown, status.UnknownName(u))
	}
	return st
}
