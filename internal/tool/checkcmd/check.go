// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

// Package checkcmd is the command check: it finds out how the API of the real Alert24 behaves.
package checkcmd

import (
	"bufio"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"go.opentelemetry.io/collector/config/configopaque"

	"github.com/alert24/otelcol-alert24/alert24exporter"
	"github.com/alert24/otelcol-alert24/internal/check"
	"github.com/alert24/otelcol-alert24/internal/sleep"
	"github.com/alert24/otelcol-alert24/internal/tool/cli"
	"github.com/alert24/otelcol-alert24/internal/tool/config"
)

const long = `Tests the API of the real Alert24, because its documentation does not say everything. For each point, it shows what it expected,
what it saw, and which setting to change. It stops at a failure that makes the other tests useless.

It reads one alert24 exporter of the collector's configuration: endpoint, key, TLS, proxy, timeout, and the content of incidents.

It opens up to six test incidents with an alias of its own, one after the other, and closes them, even after Ctrl-C. People may be
notified, as for any new incident of that severity. It asks before the first one, unless --yes is given. It names those that it could
not close.

Exit codes: 0 if Alert24 does what the bridge needs, 1 if something should be changed, 2 if it could not do its work or was not allowed to.`

// options are the command's flags.
type options struct {
	config.Flags
	severity string
	yes      bool
	output   *cli.Output
}

// New returns the command.
func New() *cobra.Command {
	o := &options{}
	cmd := &cobra.Command{
		Use:     "check --config FILE [flags]",
		Short:   "Test the API of the real Alert24",
		Long:    long,
		Example: "  alert24tool check --config collector-config.yaml\n  alert24tool check --config collector-config.yaml --yes --json > report.json",
		Args:    cli.NoArguments,
	}
	set := cmd.Flags()
	o.Add(set)
	set.StringVar(&o.severity, "severity", "low", "severity of the test incidents: critical, high, medium or low")
	set.BoolVarP(&o.yes, "yes", "y", false, "do not ask before the first write")
	o.output = cli.AddOutput(set)
	set.BoolVar(&o.output.JSON, "json", false, "the same as --output json: a report without secrets, to attach to an issue")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		switch {
		case len(o.Configs) == 0:
			return cli.Usage("--config is missing")
		case !slices.Contains([]string{"critical", "high", "medium", "low"}, o.severity):
			return cli.Usage("--severity must be critical, high, medium or low, not %q", o.severity)
		}
		return o.run(cmd)
	}
	return cmd
}

func (o *options) run(cmd *cobra.Command) error {
	ctx, out := cli.Watch(cmd.Context(), cmd.OutOrStdout())
	defer out.Close()
	collector, err := config.Load(ctx, o.Configs)
	if err != nil {
		return err
	}
	_, exporter, err := collector.Exporter(o.Exporter, config.KeyNeeded)
	if err != nil {
		return err
	}
	client, stop, err := collector.Client(ctx, exporter)
	if err != nil {
		return err
	}
	defer stop()
	questions := o.questions(exporter)
	questions.HTTP = client
	if !o.yes {
		questions.Confirm = func(ctx context.Context) error {
			return ask(ctx, cmd.InOrStdin(), cmd.ErrOrStderr(), questions.Alias, o.severity)
		}
	}
	if !o.output.JSON {
		fmt.Fprintf(out, "Alert24 at %s\n", questions.Endpoint)
		questions.Found = func(f check.Finding) { writeFinding(out, &f) }
	}
	report := check.Run(ctx, questions)
	if o.output.JSON {
		err = cli.WriteJSON(out, report)
	} else {
		writeEnd(out, report)
	}
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case err != nil:
		return err
	case report.Stopped == errDeclined.Error():
		return errDeclined
	case !report.Clean():
		return cli.ErrFound
	}
	return nil
}

// questions returns the options of a check of this exporter.
func (o *options) questions(exporter *alert24exporter.Config) *check.Options {
	return &check.Options{
		Endpoint: exporter.ClientConfig.Endpoint, Key: configopaque.String(strings.TrimSpace(string(exporter.APIKey))),
		UserAgent: "alert24tool", Timeout: exporter.ClientConfig.Timeout, Alias: "alert24tool-check:" + strings.ToLower(rand.Text()[:12]), Severity: o.severity,
		Incident: exporter.Incident, PerSecond: exporter.Limits.RequestsPerSecond,
		Now: time.Now, Sleep: sleep.For,
	}
}

var errDeclined = errors.New("nothing was written: answer yes, or give --yes")

// ask asks for permission before the first write.
func ask(ctx context.Context, in io.Reader, out io.Writer, alias, severity string) error {
	fmt.Fprintf(out, "\nThe next questions open up to six test incidents of severity %s, with the alias %s, and close them.\n"+
		"People may be notified. Go on? [y/N] ", severity, alias)
	answer := make(chan string, 1)
	go func() { // ends with the program if nobody answers
		line, _ := bufio.NewReader(in).ReadString('\n')
		answer <- line
	}()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case line := <-answer:
		fmt.Fprintln(out)
		if word := strings.ToLower(strings.TrimSpace(line)); word == "y" || word == "yes" {
			return nil
		}
		return errDeclined
	}
}

// writeFinding writes a finding for people.
func writeFinding(out io.Writer, f *check.Finding) {
	fmt.Fprintf(out, "\n%-8s %s\n         expected  %s\n         seen      %s\n", f.Level, f.Title, f.Expected, f.Seen)
	if f.Change != "" {
		fmt.Fprintf(out, "         change    %s\n", f.Change)
	}
}

// writeEnd writes the summary.
func writeEnd(out io.Writer, r *check.Report) {
	count := map[check.Level]int{}
	for i := range r.Findings {
		count[r.Findings[i].Level]++
	}
	fmt.Fprintf(out, "\nQuestions: %d (ok %d, note %d, change %d, problem %d). Requests: %d. Test incidents: %d opened, %d left open.\n",
		len(r.Findings), count[check.OK], count[check.Note], count[check.Change], count[check.Problem], r.Requests, len(r.Opened), len(r.LeftOpen))
	if len(r.Opened) > 0 {
		fmt.Fprintf(out, "No answer says whether anybody was called: look at the pages of incidents %s. If nobody was, see incident::initial_status.\n",
			strings.Join(r.Opened, ", "))
	}
	if r.Stopped != "" {
		fmt.Fprintf(out, "Stopped early: %s.\n", r.Stopped)
	}
	for _, l := range r.LeftOpen {
		fmt.Fprintf(out, "Left open: %s %s %q: %s. Close it by hand.\n", l.Number, l.ID, l.Title, l.Why)
	}
}
