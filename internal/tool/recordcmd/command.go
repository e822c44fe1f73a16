// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

// Package recordcmd is the command record. It saves the webhooks that a bridge receives, without secrets, as files for the command
// render. Start reading at recorder.go.
package recordcmd

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/alert24/otelcol-alert24/internal/tool/cli"
)

const long = `Saves the next webhooks as files for the command render. It listens for webhooks in one of two places:

  next to the bridge: add its address to Alertmanager's webhook_configs, next to the bridge's; or
  in front of the bridge: with --forward, point Alertmanager to it in place of the bridge. Each webhook goes on to the bridge with its
  headers, and Alertmanager gets the bridge's answer.

Next to the bridge, it ends after --count webhooks. In front of the bridge, it forwards webhooks until Ctrl-C.

A file has no headers, and so neither token nor signature. In the body, REDACTED replaces anything that looks like a password or a
token. Labels and annotations are kept, so read a file before you pass it on.

Exit codes: 0, or 2 if it could not do its work.`

// Limits of the HTTP server.
const (
	readTimeout     = 30 * time.Second
	writeTimeout    = 60 * time.Second
	shutdownTimeout = 10 * time.Second
)

type options struct {
	listen, dir, forward string
	count                int
	maxBody              int64
}

// New returns the command.
func New() *cobra.Command {
	o := &options{}
	cmd := &cobra.Command{
		Use:   "record --dir DIR [flags]",
		Short: "Save the next webhooks as files for render",
		Long:  long,
		Example: "  alert24tool record --dir webhooks --count 5\n" +
			"  alert24tool record --dir webhooks --listen :9097 --forward http://localhost:9095/alertmanager",
		Args: cli.NoArguments,
	}
	set := cmd.Flags()
	set.StringVar(&o.dir, "dir", "", "folder for the files; created if it does not exist")
	set.StringVar(&o.listen, "listen", "localhost:9097", "address to listen on; webhooks are accepted on every path")
	set.StringVar(&o.forward, "forward", "", "the bridge's URL for webhooks; each one is forwarded to it")
	set.IntVar(&o.count, "count", 10, "how many webhooks to save")
	set.Int64Var(&o.maxBody, "max-body", 64<<20, "maximum size of a webhook, in bytes")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if err := o.check(); err != nil {
			return err
		}
		return o.run(cmd)
	}
	return cmd
}

func (o *options) check() error {
	switch {
	case o.dir == "":
		return cli.Usage("--dir is missing")
	case o.count < 1 || o.maxBody < 1:
		return cli.Usage("--count and --max-body must be at least 1")
	}
	if o.forward == "" {
		return nil
	}
	return cli.CheckURL("--forward", o.forward, "http://localhost:9095/alertmanager")
}

func (o *options) run(cmd *cobra.Command) error {
	ctx, out := cmd.Context(), cmd.OutOrStdout()
	if err := os.MkdirAll(o.dir, 0o700); err != nil {
		return err
	}
	before, err := lastNumber(o.dir)
	if err != nil {
		return err
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", o.listen)
	if err != nil {
		return err
	}
	r := newRecorder(o, out)
	r.before = before
	defer r.transport.CloseIdleConnections()
	server := &http.Server{Handler: r, ReadHeaderTimeout: readTimeout, ReadTimeout: readTimeout, WriteTimeout: writeTimeout}
	fmt.Fprintf(out, "listening on http://%s/ (webhooks to keep: %d)\n", listener.Addr(), o.count)
	if err := cli.Serve(ctx, server, listener, r.full, shutdownTimeout); err != nil {
		return err
	}
	return r.err()
}
