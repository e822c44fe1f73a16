// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/confmap/provider/envprovider"
	"go.opentelemetry.io/collector/confmap/provider/fileprovider"
	"go.opentelemetry.io/collector/confmap/provider/yamlprovider"

	"github.com/alert24/otelcol-alert24/alert24exporter"
	"github.com/alert24/otelcol-alert24/alertmanagerreceiver"
	"github.com/alert24/otelcol-alert24/internal/preview"
)

// unsetKey takes the place of an API key from a variable that is not set. Nothing is sent with it.
const unsetKey = "not-set"

// components are the two parts of a configuration that decide what becomes of a webhook.
type components struct {
	receiver   *alertmanagerreceiver.Config
	receiverID component.ID
	exporter   *alert24exporter.Config
	notes      []string
}

// preview returns what answers for these components.
func (c *components) preview() (*preview.Preview, error) {
	converter, err := c.receiver.NewConverter(c.receiverID, component.NewDefaultBuildInfo().Version)
	if err != nil {
		return nil, err
	}
	return preview.New(preview.Options{
		Converter:     converter,
		Incident:      c.exporter.Incident.Content(),
		Policy:        c.exporter.Policy(),
		InitialStatus: c.exporter.Incident.InitialStatus,
		Watchdogs:     c.exporter.Watchdog.Rules(),
		Endpoint:      c.exporter.ClientConfig.Endpoint,
	})
}

// rules returns the matchers of each alias rule.
func (c *components) rules() []string {
	var rules []string
	for i := range c.receiver.Alias.Rules {
		rules = append(rules, strings.Join(c.receiver.Alias.Rules[i].Matchers, ", "))
	}
	return rules
}

func load(ctx context.Context, f *flags) (*components, error) {
	conf, err := resolve(ctx, f.configs)
	if err != nil {
		return nil, err
	}
	receivers, exporters := alertmanagerreceiver.NewFactory(), alert24exporter.NewFactory()
	c := &components{
		receiver: receivers.CreateDefaultConfig().(*alertmanagerreceiver.Config),
		exporter: exporters.CreateDefaultConfig().(*alert24exporter.Config),
	}
	receiver, err := choose(conf, "receiver", receivers.Type(), f.receiver)
	if err != nil {
		return nil, err
	}
	exporter, err := choose(conf, "exporter", exporters.Type(), f.exporter)
	if err != nil {
		return nil, err
	}
	c.receiverID = receiver.id
	if err := receiver.read(c.receiver); err != nil {
		return nil, err
	}
	if err := exporter.read(c.exporter); err != nil {
		return nil, err
	}
	if exporter.conf.IsSet("api_key") && strings.TrimSpace(string(c.exporter.APIKey)) == "" {
		c.exporter.APIKey = unsetKey
	}
	if err := errors.Join(receiver.validate(c.receiver), exporter.validate(c.exporter)); err != nil {
		return nil, err
	}
	c.notes, err = between(conf, receiver.id, exporter.id)
	return c, err
}

// resolve reads and merges configurations as the collector does, from this machine only.
func resolve(ctx context.Context, uris []string) (conf *confmap.Conf, err error) {
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
	if conf, err = resolver.Resolve(ctx); err != nil {
		return nil, fmt.Errorf("configuration: %w", err)
	}
	return conf, nil
}

// section is the configuration of one component.
type section struct {
	key  string // as receivers::alertmanager/prod
	id   component.ID
	conf *confmap.Conf
}

// choose finds the component of a type, and by its id where there are several. Kind is receiver or exporter.
func choose(conf *confmap.Conf, kind string, typ component.Type, wanted string) (*section, error) {
	all, err := conf.Sub(kind + "s")
	if err != nil {
		return nil, fmt.Errorf("%ss: %w", kind, err)
	}
	var ids []component.ID
	for _, name := range slices.Sorted(maps.Keys(all.ToStringMap())) {
		var id component.ID
		if err := id.UnmarshalText([]byte(name)); err != nil {
			return nil, fmt.Errorf("%ss::%s: %w", kind, name, err)
		}
		if id.Type() == typ && (wanted == "" || wanted == name) {
			ids = append(ids, id)
		}
	}
	switch {
	case len(ids) > 1:
		return nil, fmt.Errorf("%ss: there are several of type %s: choose one of %s with --%s", kind, typ, join(ids), kind)
	case len(ids) == 0 && wanted != "":
		return nil, fmt.Errorf("%ss: there is no %q of type %s", kind, wanted, typ)
	case len(ids) == 0:
		return nil, fmt.Errorf("%ss: there is none of type %s", kind, typ)
	}
	s := &section{key: kind + "s::" + ids[0].String(), id: ids[0]}
	if s.conf, err = all.Sub(ids[0].String()); err != nil {
		return nil, fmt.Errorf("%s: %w", s.key, err)
	}
	return s, nil
}

func (s *section) read(cfg component.Config) error {
	if err := s.conf.Unmarshal(cfg); err != nil {
		return fmt.Errorf("%s: %w", s.key, err)
	}
	return nil
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

// between says what lies between the two components that is not run.
func between(conf *confmap.Conf, receiver, exporter component.ID) ([]string, error) {
	const key = "service::pipelines"
	sub, err := conf.Sub(key)
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
