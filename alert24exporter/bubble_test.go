// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alert24exporter

import (
	"net/http"
	"testing"
	"testing/synctest"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/config/configauth"
	"go.opentelemetry.io/collector/config/configoptional"
	"go.opentelemetry.io/collector/exporter"

	"github.com/alert24/otelcol-alert24/internal/sandbox"
	"github.com/alert24/otelcol-alert24/internal/sandbox/sandboxtest"
)

var pipesID = component.MustNewID("pipes")

// pipes is an authenticator whose requests reach a sandbox without a network.
type pipes struct {
	component.StartFunc
	component.ShutdownFunc
	transport http.RoundTripper
}

func (p pipes) RoundTripper(http.RoundTripper) (http.RoundTripper, error) { return p.transport, nil }

// bubble is a sandbox without a network, for exporters in the fake time of a synctest bubble: however slow the machine is, no time
// passes while they work.
type bubble struct {
	*sandboxtest.Sandbox
	transport http.RoundTripper
}

// inBubble runs f in a bubble.
func inBubble(t *testing.T, f func(t *testing.T, b bubble)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		box, client := sandboxtest.StartInMemory(t, sandbox.Options{})
		f(t, bubble{box, client.Transport})
	})
}

// host has what connects an exporter to the sandbox, if its settings are connected.
func (b bubble) host() host { return host{pipesID: pipes{transport: b.transport}} }

func (bubble) connect(cfg *Config) {
	cfg.ClientConfig.Auth = configoptional.Some(configauth.Config{AuthenticatorID: pipesID})
}

// start is the function start for an exporter in the bubble.
func (b bubble) start(t *testing.T, dir string, change func(*Config)) (exp exporter.Logs, stop func()) {
	t.Helper()
	return startOn(t, b.host(), b.Sandbox, dir, func(cfg *Config) {
		b.connect(cfg)
		change(cfg)
	})
}
