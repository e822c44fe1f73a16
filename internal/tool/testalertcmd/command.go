// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

// Package testalertcmd is the command test-alert. It sends a webhook to a running bridge and follows the alert until its incident
// opens and closes. Start reading at run.go.
package testalertcmd

import (
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/alert24/otelcol-alert24/internal/tool/ask"
	"github.com/alert24/otelcol-alert24/internal/tool/cli"
)

const long = `Sends a webhook like Alertmanager's through a running bridge, waits until the bridge's status page shows that the incident is
open, resolves the alert, waits for the close, and prints the time of each step. People may be notified, as for any alert. With --keep
the incident stays open; the printed command closes it. After Ctrl-C the alert is resolved.

The bridge needs status::endpoint. If it has none, --status "" sends the webhooks without following them.

Secrets are read from files or from the environment: ALERT24_WEBHOOK_TOKEN is the bearer token unless --token-file is given.

Exit codes: 0, 1 if a step did not happen in time, 2 if it could not do its work.`

// tokenEnv holds the bearer token.
const tokenEnv = "ALERT24_WEBHOOK_TOKEN" //nolint:gosec // a name, not a token

// options are the command's flags.
type options struct {
	url       string
	status    ask.Flags
	tokenFile string
	hmac      hmacFlags
	tls       cli.TLS
	severity  string
	labels    []string
	resolve   string
	keep      bool
	timeout   time.Duration
	reach     []*pflag.Flag // the flags that say how to reach the bridge
	output    *cli.Output
}

type hmacFlags struct{ secretFile, header, timestampHeader string }

// New returns the command.
func New() *cobra.Command {
	o := &options{status: ask.Flags{TokenFlag: "--status-token-file"}} //nolint:gosec // the name of a flag
	cmd := &cobra.Command{
		Use:   "test-alert --url URL [flags]",
		Short: "Send an alert through a running bridge and follow it to its incident",
		Long:  long,
		Example: "  alert24tool test-alert --url http://localhost:9095/alertmanager\n" +
			"  alert24tool test-alert --url https://bridge:9095/alertmanager --ca-file ca.pem --cert-file client.pem --key-file client-key.pem --keep",
		Args: cli.NoArguments,
	}
	set := cmd.Flags()
	set.StringVar(&o.url, "url", "", "the bridge's URL for webhooks, as in Alertmanager's webhook_configs")
	set.StringVar(&o.status.URL, "status", "http://localhost:9096", "the bridge's status page; empty: follow nothing")
	set.StringVar(&o.status.TokenFile, "status-token-file", "", "file with the bearer token of the status page")
	set.StringVar(&o.tokenFile, "token-file", "", "file with the webhook's bearer token (default: the variable "+tokenEnv+")")
	set.StringVar(&o.hmac.secretFile, "hmac-secret-file", "", "file with the secret that signs webhooks")
	set.StringVar(&o.hmac.header, "hmac-header", "X-Grafana-Alerting-Signature", "header of the signature")
	set.StringVar(&o.hmac.timestampHeader, "hmac-timestamp-header", "", "header with the time, which is signed too")
	set.StringVar(&o.tls.CA, "ca-file", "", "certificates of the authority that signed the bridge's")
	set.StringVar(&o.tls.Cert, "cert-file", "", "client certificate")
	set.StringVar(&o.tls.Key, "key-file", "", "key of the client certificate")
	set.VisitAll(func(f *pflag.Flag) {
		if f.Name != "url" && f.Name != "status" {
			o.reach = append(o.reach, f)
		}
	})
	set.StringVar(&o.severity, "severity", "low", "the label severity")
	set.StringArrayVar(&o.labels, "label", nil, "a further label, as name=value; repeatable")
	set.BoolVar(&o.keep, "keep", false, "leave the incident open")
	set.StringVar(&o.resolve, "resolve", "", "only resolve the alert of an earlier --keep, by its instance")
	set.DurationVar(&o.timeout, "timeout", time.Minute, "how long to wait for each step")
	o.output = cli.AddOutput(set)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if err := o.check(); err != nil {
			return err
		}
		return o.run(cmd)
	}
	return cmd
}

func (o *options) check() error {
	if err := cli.CheckURL("--url", o.url, "http://localhost:9095/alertmanager"); err != nil {
		return err
	}
	for _, label := range o.labels {
		if name, _, ok := strings.Cut(label, "="); !ok || name == "" {
			return cli.Usage("--label must be name=value, not %q", label)
		}
	}
	switch {
	case (o.tls.Cert == "") != (o.tls.Key == ""):
		return cli.Usage("--cert-file and --key-file go together")
	case o.keep && o.resolve != "":
		return cli.Usage("--keep and --resolve exclude each other")
	case o.timeout <= 0:
		return cli.Usage("--timeout must be above 0")
	}
	return nil
}
