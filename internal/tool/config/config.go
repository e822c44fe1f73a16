// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

// Package config reads the collector's configuration as the collector does, and finds our components in it.
package config

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/pflag"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/confmap/provider/envprovider"
	"go.opentelemetry.io/collector/confmap/provider/fileprovider"
	"go.opentelemetry.io/collector/confmap/provider/yamlprovider"

	"github.com/alert24/otelcol-alert24/alert24exporter"
	"github.com/alert24/otelcol-alert24/alertmanagerreceiver"
)

// Flags say which configuration to read, and which exporter of it.
type Flags struct {
	Configs  []string
	Exporter string
}

// Add adds the flags.
func (f *Flags) Add(set *pflag.FlagSet) {
	set.StringArrayVar(&f.Configs, "config", nil, "the collector's configuration: a file, or a URI with the scheme file, env or yaml; repeatable, later ones win")
	set.StringVar(&f.Exporter, "exporter", "", "id of the exporter, as alert24/prod; needed only if there are several")
}

// Key says whether an API key must be there.
type Key bool

// An API key from a variable that is not set is an error, or is replaced where nothing is sent with it.
const (
	KeyNeeded   Key = true
	KeyOptional Key = false
)

// unsetKey takes the place of an API key from a variable that is not set. Nothing is sent with it.
const unsetKey = "not-set"

// Collector is a collector's configuration.
type Collector struct{ conf *confmap.Conf }

// Load reads and merges configurations as the collector does, from this machine only.
func Load(ctx context.Context, uris []string) (c *Collector, err error) {
	resolver, err := confmap.NewResolver(confmap.ResolverSettings{
		URIs: uris,
		ProviderFactories: []confmap.ProviderFactory{
			envprovider.NewFactory(), fileprovider.NewFactory(), yamlprovider.NewFactory(),
		},
		DefaultScheme: "env",
	})
	if err != nil {
		return nil, fmt.Errorf("configuration: %w", err)
	}
	defer func() { err = errors.Join(err, resolver.Shutdown(context.WithoutCancel(ctx))) }()
	conf, err := resolver.Resolve(ctx)
	if err != nil {
		return nil, fmt.Errorf("configuration: %w", err)
	}
	return &Collector{conf}, nil
}

// Receiver returns the alertmanager receiver, and by its id where there are several.
func (c *Collector) Receiver(wanted string) (component.ID, *alertmanagerreceiver.Config, error) {
	s, cfg, err := c.component("receiver", alertmanagerreceiver.NewFactory(), wanted)
	if err != nil {
		return component.ID{}, nil, err
	}
	return s.id, cfg.(*alertmanagerreceiver.Config), s.validate(cfg)
}

// Exporter returns the alert24 exporter, and by its id where there are several.
func (c *Collector) Exporter(wanted string, key Key) (component.ID, *alert24exporter.Config, error) {
	s, read, err := c.component("exporter", alert24exporter.NewFactory(), wanted)
	if err != nil {
		return component.ID{}, nil, err
	}
	cfg := read.(*alert24exporter.Config)
	if key == KeyOptional && s.conf.IsSet("api_key") && strings.TrimSpace(string(cfg.APIKey)) == "" {
		cfg.APIKey = unsetKey
	}
	return s.id, cfg, s.validate(cfg)
}

// section is the configuration of one component.
type section struct {
	key  string // as receivers::alertmanager/prod
	id   component.ID
	conf *confmap.Conf
}

// component finds the component of a type, and by its id where there are several, and reads its configuration over its defaults. Kind
// is receiver, exporter or extension.
func (c *Collector) component(kind string, factory component.Factory, wanted string) (*section, component.Config, error) {
	typ := factory.Type()
	all, err := c.conf.Sub(kind + "s")
	if err != nil {
		return nil, nil, fmt.Errorf("%ss: %w", kind, err)
	}
	var ids []component.ID
	for _, name := range slices.Sorted(maps.Keys(all.ToStringMap())) {
		var id component.ID
		if err := id.UnmarshalText([]byte(name)); err != nil {
			return nil, nil, fmt.Errorf("%ss::%s: %w", kind, name, err)
		}
		if id.Type() == typ && (wanted == "" || wanted == name) {
			ids = append(ids, id)
		}
	}
	switch {
	case len(ids) > 1:
		return nil, nil, fmt.Errorf("%ss: there are several of type %s: choose one of %s with --%s", kind, typ, join(ids), kind)
	case len(ids) == 0 && wanted != "":
		return nil, nil, fmt.Errorf("%ss: there is no %q of type %s", kind, wanted, typ)
	case len(ids) == 0:
		return nil, nil, fmt.Errorf("%ss: there is none of type %s", kind, typ)
	}
	s := &section{key: kind + "s::" + ids[0].String(), id: ids[0]}
	if s.conf, err = all.Sub(ids[0].String()); err != nil {
		return nil, nil, fmt.Errorf("%s: %w", s.key, err)
	}
	cfg := factory.CreateDefaultConfig()
	if err := s.conf.Unmarshal(cfg); err != nil {
		return nil, nil, fmt.Errorf("%s: %w", s.key, err)
	}
	return s, cfg, nil
}

// validate returns all that is wrong, each part with the path of its key.
func (s *section) validate(cfg component.Config) error {
	err := confmap.Validate(cfg)
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %s", s.key, strings.ReplaceAll(err.Error(), "\n", "; "))
}

// without lists processors that change no record.
var without = []string{"batch", "memory_limiter"}

// Between lists what stands between the receiver and the exporter and is not run by a preview, such as processors.
func (c *Collector) Between(receiver, exporter component.ID) ([]string, error) {
	const key = "service::pipelines"
	sub, err := c.conf.Sub(key)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", key, err)
	}
	var pipelines map[string]struct {
		Receivers  []component.ID `mapstructure:"receivers"`
		Processors []component.ID `mapstructure:"processors"`
		Exporters  []component.ID `mapstructure:"exporters"`
	}
	if err := sub.Unmarshal(&pipelines); err != nil {
		return nil, fmt.Errorf("%s: %w", key, err)
	}
	if len(pipelines) == 0 {
		return nil, nil // a part of a configuration
	}
	var notes []string
	connected := false
	for _, name := range slices.Sorted(maps.Keys(pipelines)) {
		p := pipelines[name]
		if !slices.Contains(p.Receivers, receiver) || !slices.Contains(p.Exporters, exporter) {
			continue
		}
		connected = true
		p.Processors = slices.DeleteFunc(p.Processors, func(id component.ID) bool { return slices.Contains(without, id.Type().String()) })
		if len(p.Processors) > 0 {
			notes = append(notes, fmt.Sprintf("the processors of pipeline %s are not run: %s", name, join(p.Processors)))
		}
	}
	if !connected {
		notes = append(notes, fmt.Sprintf("no pipeline has both %s and %s: what lies between them is not run", receiver, exporter))
	}
	return notes, nil
}

func join(ids []component.ID) string {
	names := make([]string, len(ids))
	for i, id := range ids {
		names[i] = id.String()
	}
	return strings.Join(names, ", ")
}
