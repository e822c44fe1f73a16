// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package harness

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/alert24/otelcol-alert24/internal/sandbox"
)

// Bridge is Alertmanager, the collector and the sandbox, connected.
type Bridge struct {
	Sandbox      *Sandbox
	Collector    *Collector
	Alertmanager *Alertmanager
}

// AlertmanagerURL is a placeholder for the address of the bridge's own Alertmanager in settings of StartBridge.
const AlertmanagerURL = "http://alertmanager.invalid"

// WithAlertmanager replaces AlertmanagerURL in the settings by the address of an Alertmanager.
func WithAlertmanager(listen string, set []string) []string {
	set = slices.Clone(set)
	for i := range set {
		set[i] = strings.ReplaceAll(set[i], AlertmanagerURL, "http://"+listen)
	}
	return set
}

// StartBridge starts all three. They store everything in dir. Close ends them; call it even after an error. switches changes the
// sandbox, set overrides keys of the collector's configuration, see CollectorOptions.
func StartBridge(ctx context.Context, binaries Binaries, dir string, switches func(*sandbox.Switches), set ...string) (*Bridge, error) {
	b := &Bridge{}
	listen, err := FreeAddress(ctx)
	if err != nil {
		return b, err
	}
	b.Sandbox = StartSandbox(func(o *sandbox.Options) { o.Switches = switches })
	b.Collector, err = StartCollector(ctx, CollectorOptions{
		Binary: binaries.Collector, Endpoint: b.Sandbox.Endpoint, APIKey: b.Sandbox.Key, Dir: dir, Set: WithAlertmanager(listen, set),
	})
	if err != nil {
		return b, err
	}
	b.Alertmanager, err = StartAlertmanager(ctx, AlertmanagerOptions{
		Binary: binaries.Alertmanager, Webhook: b.Collector.Webhook, Dir: dir, Listen: listen,
	})
	return b, err
}

// Close ends all programs, senders first.
func (b *Bridge) Close() error {
	var errs []error
	if b.Alertmanager != nil && b.Alertmanager.Process != nil {
		errs = append(errs, b.Alertmanager.Stop())
	}
	if b.Collector != nil && b.Collector.Process != nil {
		errs = append(errs, b.Collector.Stop())
	}
	if b.Sandbox != nil {
		b.Sandbox.Close()
	}
	return errors.Join(errs...)
}
