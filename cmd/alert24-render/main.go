// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

// Command alert24-render shows what the collector would do with a webhook: for each alert its alias, what its incident says,
// and the call to Alert24 that would follow. It reads the collector's configuration, runs nothing of it and sends nothing.
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
	"time"

	"github.com/spf13/pflag"

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
	rules    []string // the matchers of each alias rule
	webhooks []file
}

// file is a webhook and where it was read.
type file struct {
	name string
	*preview.Webhook
}

func render(ctx context.Context, f *flags, stdin io.Reader, out io.Writer) error {
	c, err := load(ctx, f)
	if err != nil {
		return err
	}
	p, err := c.preview()
	if err != nil {
		return err
	}
	r := report{notes: c.notes, rules: c.rules()}
	for _, name := range f.webhooks {
		body, err := c.readBody(name, stdin)
		if err != nil {
			return err
		}
		hook, err := p.Webhook(ctx, body, time.Now())
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		r.webhooks = append(r.webhooks, file{name, hook})
	}
	if f.output == outputJSON {
		return r.writeJSON(out)
	}
	return r.writeText(out, f.body)
}

// readBody reads a webhook as far as the receiver does.
func (c *components) readBody(name string, stdin io.Reader) ([]byte, error) {
	in := stdin
	if name != stdinName {
		opened, err := os.Open(name) //nolint:gosec // the file that the user named
		if err != nil {
			return nil, err // it names the file
		}
		defer func() { _ = opened.Close() }()
		in = opened
	}
	limit := c.receiver.ServerConfig.MaxRequestBodySize
	body, err := io.ReadAll(io.LimitReader(in, limit+1))
	if err == nil && int64(len(body)) > limit {
		return nil, fmt.Errorf("%s: the webhook has more than %d bytes: see max_request_body_size", name, limit)
	}
	return body, err
}
