// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

// Command alert24tool checks Alert24, tests and queries a running bridge, and previews its incidents. Each of its commands
// has a package in internal/tool.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/alert24/otelcol-alert24/internal/tool/checkcmd"
	"github.com/alert24/otelcol-alert24/internal/tool/cli"
	"github.com/alert24/otelcol-alert24/internal/tool/explaincmd"
	"github.com/alert24/otelcol-alert24/internal/tool/ledgercmd"
	"github.com/alert24/otelcol-alert24/internal/tool/recordcmd"
	"github.com/alert24/otelcol-alert24/internal/tool/rendercmd"
	"github.com/alert24/otelcol-alert24/internal/tool/sandboxcmd"
	"github.com/alert24/otelcol-alert24/internal/tool/testalertcmd"
)

// version is set when the program is built.
var version = "unknown"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	if !signal.Ignored(syscall.SIGHUP) { // as nohup does
		ctx, _ = signal.NotifyContext(ctx, syscall.SIGHUP) // the terminal is gone; the shell and the kernel both say so
	}
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the program at once
	os.Exit(cli.Run(ctx, version, os.Args[1:], cli.Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr},
		checkcmd.New(),
		testalertcmd.New(),
		recordcmd.New(),
		explaincmd.New(),
		ledgercmd.New(),
		rendercmd.New(),
		sandboxcmd.New(),
	))
}
