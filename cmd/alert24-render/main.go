// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

// Command alert24-render shows what the collector would do with a webhook: for each alert its alias, what its incident says,
// and the call to Alert24 that would follow. It runs the receiver and the exporter of the collector and sends nothing.
package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/pflag"
	"go.opentelemetry.io/collector/pdata/plog"

	"github.com/alert24/otelcol-alert24/internal/preview"
	"github.com/alert24/otelcol-alert24/internal/text"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the program at once
	os.Exit(run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// run is the program. It returns its exit code: 0, or 2 with one line on stderr and nothing on stdout.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	f, err := parse(args, stdout)
	switch {
	case errors.Is(err, pflag.ErrHelp):
		return 0
	case err != nil:
		_, _ = fmt.Fprintf(stderr, "alert24-render: %v (--help lists the flags)\n", err)
		return 2
	}
	var out bytes.Buffer
	if err = render(ctx, f, stdin, &out); err == nil {
		_, err = out.WriteTo(stdout)
	}
	if err != nil {
		_, _ = fmt.Fprintf(stderr, "alert24-render: %s\n", text.Printable(err.Error()))
		return 2
	}
	return 0
}

// report is all that is shown.
type report struct {
	notes    []string
	webhooks []webhook
}

type webhook struct {
	file   string
	alerts []preview.Alert
}

func render(ctx context.Context, f *flags, stdin io.Reader, out io.Writer) error {
	c, err := load(ctx, f)
	if err != nil {
		return err
	}
	r := report{notes: c.notes}
	for _, file := range f.webhooks {
		alerts, err := renderFile(ctx, c, file, stdin)
		if err != nil {
			return err
		}
		r.webhooks = append(r.webhooks, webhook{file, alerts})
	}
	if f.output == outputJSON {
		return r.writeJSON(out)
	}
	return r.writeText(out, f.body)
}

func renderFile(ctx context.Context, c *components, file string, stdin io.Reader) ([]preview.Alert, error) {
	logs, err := convert(ctx, c, file, stdin)
	if err != nil {
		if _, named := errors.AsType[*os.PathError](err); named {
			return nil, err // it names the file
		}
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return preview.Alerts(ctx, c.exporter, logs)
}

func convert(ctx context.Context, c *components, file string, stdin io.Reader) (plog.Logs, error) {
	in := stdin
	if file != stdinName {
		opened, err := os.Open(file) //nolint:gosec // the file that the user named
		if err != nil {
			return plog.Logs{}, err
		}
		defer func() { _ = opened.Close() }()
		in = opened
	}
	return preview.Convert(ctx, c.receiver, in)
}
