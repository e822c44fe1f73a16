// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

// Package rendercmd is the command render. For each alert of a webhook it shows the alias, the content of the incident, and the
// call to Alert24 that would follow. It reads the collector's configuration, but starts no component and sends nothing.
package rendercmd

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"go.opentelemetry.io/collector/component"

	"github.com/alert24/otelcol-alert24/alert24exporter"
	"github.com/alert24/otelcol-alert24/alertmanagerreceiver"
	"github.com/alert24/otelcol-alert24/internal/preview"
	"github.com/alert24/otelcol-alert24/internal/tool/cli"
	"github.com/alert24/otelcol-alert24/internal/tool/config"
)

// stdinName stands for standard input.
const stdinName = "-"

const long = `Shows what the bridge would do with webhooks of Alertmanager: for each alert its alias and the rule that made it, its
severity and its origin, the content of its incident, and the call to Alert24 that would follow. It uses the collector's own
code, but runs no part of the collector and sends nothing. It looks at each webhook alone, and assumes that firing alerts have no
incident yet and that resolved alerts have an open one.

Of the configuration it reads one alertmanager receiver and one alert24 exporter. No API key is needed: an api_key from a
variable that is not set is replaced. Addresses, TLS, authentication and storage do not matter. Processors do not run; the
output names those that the webhook would pass.

WEBHOOK is a file with the JSON that Alertmanager sends, or - for standard input.
Exit codes: 0, or 2 if a flag, the configuration or a webhook is wrong.`

// options are the command's flags.
type options struct {
	config.Flags
	receiver string
	output   *cli.Output
	body     bool
}

// New returns the command.
func New() *cobra.Command {
	o := &options{}
	cmd := &cobra.Command{
		Use:     "render --config FILE [flags] WEBHOOK...",
		Short:   "Show what the bridge would do with a webhook",
		Long:    long,
		Example: "  alert24tool render --config collector-config.yaml webhook.json",
	}
	set := cmd.Flags()
	o.Add(set)
	set.StringVar(&o.receiver, "receiver", "", "id of the receiver, as alertmanager/prod; needed only if there are several")
	o.output = cli.AddOutput(set)
	set.BoolVar(&o.body, "body", false, "show the body of each call in the text; json always has it")
	cmd.Args = func(_ *cobra.Command, args []string) error {
		if len(o.Configs) == 0 {
			return cli.Usage("--config is missing")
		}
		if len(args) == 0 {
			return cli.Usage("no webhook is given; - is standard input")
		}
		return nil
	}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		var out bytes.Buffer // an error leaves standard output empty
		if err := o.render(cmd.Context(), args, cmd.InOrStdin(), &out); err != nil {
			return err
		}
		_, err := out.WriteTo(cmd.OutOrStdout())
		return err
	}
	return cmd
}

// report is the whole output.
type report struct {
	notes    []string
	rules    []string // the matchers of each alias rule
	webhooks []file
}

// file is a webhook and its source.
type file struct {
	name string
	*preview.Webhook
}

func (o *options) render(ctx context.Context, webhooks []string, stdin io.Reader, out io.Writer) error {
	collector, err := config.Load(ctx, o.Configs)
	if err != nil {
		return err
	}
	receiverID, receiver, err := collector.Receiver(o.receiver)
	if err != nil {
		return err
	}
	exporterID, exporter, err := collector.Exporter(o.Exporter, config.KeyOptional)
	if err != nil {
		return err
	}
	r := report{rules: rules(receiver)}
	if r.notes, err = collector.Between(receiverID, exporterID); err != nil {
		return err
	}
	p, err := newPreview(receiverID, receiver, exporter)
	if err != nil {
		return err
	}
	for _, name := range webhooks {
		body, err := readBody(name, stdin, receiver.ServerConfig.MaxRequestBodySize)
		if err != nil {
			return err
		}
		hook, err := p.Webhook(ctx, body, time.Now())
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		r.webhooks = append(r.webhooks, file{name, hook})
	}
	if o.output.JSON {
		return r.writeJSON(out)
	}
	return r.writeText(out, o.body)
}

// newPreview returns the preview of these components.
func newPreview(id component.ID, receiver *alertmanagerreceiver.Config, exporter *alert24exporter.Config) (*preview.Preview, error) {
	converter, err := receiver.NewConverter(id, component.NewDefaultBuildInfo().Version)
	if err != nil {
		return nil, err
	}
	return preview.New(preview.Options{
		Converter: converter,
		Incident:  exporter.Incident,
		Policy:    exporter.Policy(),
		Watchdogs: exporter.Watchdog.Rules(),
		Endpoint:  exporter.ClientConfig.Endpoint,
	})
}

// rules returns the matchers of each alias rule.
func rules(receiver *alertmanagerreceiver.Config) []string {
	var rules []string
	for i := range receiver.Alias.Rules {
		rules = append(rules, strings.Join(receiver.Alias.Rules[i].Matchers, ", "))
	}
	return rules
}

// readBody reads a webhook up to the receiver's limit.
func readBody(name string, stdin io.Reader, limit int64) ([]byte, error) {
	in := stdin
	if name != stdinName {
		opened, err := os.Open(name) //nolint:gosec // the file that the user named
		if err != nil {
			return nil, err // it contains the file name
		}
		defer func() { _ = opened.Close() }()
		in = opened
	}
	body, err := io.ReadAll(io.LimitReader(in, limit+1))
	if err == nil && int64(len(body)) > limit {
		return nil, fmt.Errorf("%s: the webhook has more than %d bytes: see max_request_body_size", name, limit)
	}
	return body, err
}
