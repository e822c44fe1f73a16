// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"github.com/alert24/otelcol-alert24/e2e/harness"
	"github.com/alert24/otelcol-alert24/internal/postgres/pgtest"
)

// lease is short, to keep the demo short.
const lease = 3 * time.Second

// playReplicas kills the leader of two bridges while an alert fires.
func playReplicas(ctx context.Context, on *stage) (err error) {
	server, err := pgtest.Start() //nolint:contextcheck // it has a limit of its own
	if err != nil {
		return err
	}
	defer server.Stop()
	if err := server.Exec(ctx, "postgres", "CREATE DATABASE bridge OWNER "+pgtest.Role); err != nil {
		return err
	}
	d := &duo{stage: on, url: pgtest.TCP(server.Address(), "bridge")}
	defer func() { err = errors.Join(err, d.close()) }()
	if err := d.start(ctx); err != nil {
		return err
	}
	if err := d.play(ctx); err != nil {
		return err
	}
	fmt.Fprintf(on.out, "\nThe incident was closed once, by the other replica.\n")
	return nil
}

// duo is two bridges on one database, with everything they need.
type duo struct {
	*stage

	url string // of the database

	sandbox      *harness.Sandbox
	bridges      []*harness.Collector
	proxy        *harness.Proxy
	alertmanager *harness.Alertmanager
}

func (d *duo) start(ctx context.Context) (err error) {
	d.sandbox = harness.StartSandbox()
	fmt.Fprintf(d.out, "sandbox       %s (a local stand-in for Alert24)\n", d.sandbox.Address)
	for i := range 2 {
		c, err := harness.StartCollector(ctx, harness.CollectorOptions{
			Binary: d.binaries.Collector, Endpoint: d.sandbox.Endpoint, APIKey: d.sandbox.Key, Dir: filepath.Join(d.dir, strconv.Itoa(i)),
			Set: append(harness.OnDatabase(d.url, lease), "exporters.alert24.lifecycle.settle_time=2s", "exporters.alert24.timeout=2s"),
		})
		if err != nil {
			return err
		}
		d.bridges = append(d.bridges, c)
		fmt.Fprintf(d.out, "collector %d   %s\n", i+1, c.Webhook)
	}
	d.proxy = harness.StartProxy(nil, d.bridges...)
	fmt.Fprintf(d.out, "proxy         %s\n", d.proxy.URL)
	d.alertmanager, err = harness.StartAlertmanager(ctx, harness.AlertmanagerOptions{
		Binary: d.binaries.Alertmanager, Webhook: d.proxy.URL, Dir: filepath.Join(d.dir, "alertmanager"),
	})
	return err
}

func (d *duo) play(ctx context.Context) error {
	s := story{bridge: &harness.Bridge{Sandbox: d.sandbox, Alertmanager: d.alertmanager}, out: d.out}
	alert := highErrorRate("api-01.prod")
	fmt.Fprintf(d.out, "\n1. HighErrorRate fires on api-01.prod\n")
	if err := s.send(ctx, alert, expectation{status: "new", says: "8.3%"}); err != nil {
		return err
	}
	leader, err := harness.Leader(ctx, stepTimeout, d.bridges...)
	if err != nil {
		return err
	}
	fmt.Fprintf(d.out, "\n2. Collector %d leads. It is killed\n", slices.Index(d.bridges, leader)+1)
	leader.Kill()

	fmt.Fprintf(d.out, "\n3. The alert resolves. The other collector takes over and closes the incident\n")
	alert.EndsAt = now()
	return s.send(ctx, alert, expectation{id: s.id, status: "resolved", says: "8.3%", resolvedAt: alert.EndsAt})
}

// close ends all programs, senders first.
func (d *duo) close() error {
	var errs []error
	if d.alertmanager != nil && d.alertmanager.Process != nil {
		errs = append(errs, d.alertmanager.Stop())
	}
	if d.proxy != nil {
		d.proxy.Close()
	}
	for _, c := range d.bridges {
		errs = append(errs, c.Stop())
	}
	if d.sandbox != nil {
		d.sandbox.Close()
	}
	return errors.Join(errs...)
}
