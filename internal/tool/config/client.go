// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package config

import (
	"context"
	"fmt"
	"net/http"

	"github.com/open-telemetry/opentelemetry-collector-contrib/extension/bearertokenauthextension"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/extension"

	"github.com/alert24/otelcol-alert24/alert24exporter"
)

// Client returns the HTTP client of the exporter, with its TLS, proxy and authentication. bearertokenauth is the only authenticator
// that it supports. Stop ends the extensions behind it.
func (c *Collector) Client(ctx context.Context, cfg *alert24exporter.Config) (client *http.Client, stop func(), err error) {
	host := host{}
	if auth := cfg.ClientConfig.Auth.Get(); auth != nil {
		ext, err := c.authenticator(ctx, auth.AuthenticatorID)
		if err != nil {
			return nil, nil, err
		}
		host[auth.AuthenticatorID] = ext
	}
	stop = func() {
		if client != nil {
			client.CloseIdleConnections()
		}
		for _, ext := range host {
			_ = ext.Shutdown(context.WithoutCancel(ctx)) // it only stops watching a file
		}
	}
	client, err = cfg.ClientConfig.ToClient(ctx, host, componenttest.NewNopTelemetrySettings())
	if err != nil {
		stop()
		return nil, nil, err
	}
	return client, stop, nil
}

// host has the extensions that the client needs.
type host map[component.ID]component.Component

// authenticator starts the extension that the exporter's auth names.
func (c *Collector) authenticator(ctx context.Context, id component.ID) (component.Component, error) {
	factory := bearertokenauthextension.NewFactory()
	if id.Type() != factory.Type() {
		return nil, fmt.Errorf("auth: only the authenticator %s can be used here, not %s: give a configuration with api_key", factory.Type(), id)
	}
	s, read, err := c.component("extension", factory, id.String())
	if err == nil {
		err = s.validate(read)
	}
	if err != nil {
		return nil, err
	}
	cfg := read.(*bearertokenauthextension.Config)
	cfg.WaitForTokenFile = true // the first request needs it
	set := extension.Settings{ID: id, TelemetrySettings: componenttest.NewNopTelemetrySettings()}
	ext, err := factory.Create(ctx, set, cfg)
	if err == nil {
		err = ext.Start(ctx, nil)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", s.key, err)
	}
	return ext, nil
}
