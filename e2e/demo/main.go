// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

// Command demo shows the main use on real input. It starts Alertmanager, the collector and the sandbox on free ports. An alert
// fires, fires again and resolves. Another one ends while it is silenced. The demo reads every step back from the sandbox's API. It
// exits with 1 and the reason if an incident does not match its alert.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/alert24/otelcol-alert24/e2e/harness"
)

// maxComplaints is how many lines of the collector's log a failure shows.
const maxComplaints = 3

func main() {
	keep := flag.Bool("keep", false, "leave everything running at the end, until Ctrl-C")
	replicas := flag.Bool("replicas", false, "show two bridges on a PostgreSQL database, of which one is killed")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the demo at once
	story := play
	if *replicas {
		story = playReplicas
	}
	if err := run(ctx, story, *keep); err != nil {
		fmt.Fprintln(os.Stderr, "\nthe demo failed:", err)
		os.Exit(1)
	}
}

// stage is what a story is played on.
type stage struct {
	binaries harness.Binaries
	dir      string
	out      io.Writer
	keep     bool // leave everything running at the end
}

func run(ctx context.Context, play func(context.Context, *stage) error, keep bool) (err error) {
	binaries, err := harness.BinariesFromEnv(harness.CollectorEnv, harness.AlertmanagerEnv)
	if err != nil {
		return fmt.Errorf("run `make demo`: %w", err)
	}
	dir, err := os.MkdirTemp("", "otelcol-alert24-demo-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	err = play(ctx, &stage{binaries: binaries, dir: dir, out: os.Stdout, keep: keep})
	if err != nil && ctx.Err() != nil {
		return errors.New("interrupted") // instead of the errors that Ctrl-C caused
	}
	return err
}

// play shows one bridge.
func play(ctx context.Context, on *stage) (err error) {
	began := time.Now()
	bridge, err := harness.StartBridge(ctx, on.binaries, on.dir, nil,
		"receivers.alertmanager.sync.endpoints=["+harness.AlertmanagerURL+"]", "receivers.alertmanager.sync.interval=1s",
		"receivers.alertmanager.sync.absent_for=1s", "receivers.alertmanager.sync.startup_grace=0s")
	defer func() { err = errors.Join(err, bridge.Close()) }()
	if err != nil {
		return err
	}
	fmt.Fprintf(on.out, "collector     %s\n", bridge.Collector.Webhook)
	fmt.Fprintf(on.out, "alertmanager  %s\n", bridge.Alertmanager.Address)
	fmt.Fprintf(on.out, "sandbox       %s (a local stand-in for Alert24)\n", bridge.Sandbox.Address)

	s := story{bridge: bridge, out: on.out}
	if err := s.play(ctx); err != nil {
		return errors.Join(err, complaints(bridge.Collector.Log()))
	}
	fmt.Fprintf(on.out, "\nTwo alerts, two incidents: opened, updated and resolved, in %s.\n", time.Since(began).Round(time.Second))
	if on.keep {
		linger(ctx, on.out, bridge)
	}
	return nil
}

// complaints returns the last warnings and errors of a collector's log as an error; nil if there are none.
func complaints(log string) error {
	var found []error
	for line := range strings.Lines(log) {
		if strings.Contains(line, "\twarn\t") || strings.Contains(line, "\terror\t") {
			found = append(found, errors.New("collector: "+strings.TrimSpace(line)))
		}
	}
	return errors.Join(found[max(0, len(found)-maxComplaints):]...)
}

func linger(ctx context.Context, out io.Writer, bridge *harness.Bridge) {
	fmt.Fprintf(out, `
All of it keeps running. The incidents, live: %s
Fire an alert of your own, and watch it close by itself after five minutes:

  %s alert add --alertmanager.url=%s \
    alertname=DiskFull instance=db-01.prod severity=warning --annotation=summary="Disk almost full on db-01.prod"

Ctrl-C ends everything.
`, bridge.Sandbox.Address, ".tools/bin/amtool", bridge.Alertmanager.Address)
	<-ctx.Done()
	fmt.Fprintln(out)
}
