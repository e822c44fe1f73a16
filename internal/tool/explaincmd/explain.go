// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

// Package explaincmd is the command explain: what the bridge knows about an alert, and why it has an incident or none.
package explaincmd

import (
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/alert24/otelcol-alert24/internal/status"
	"github.com/alert24/otelcol-alert24/internal/tool/ask"
	"github.com/alert24/otelcol-alert24/internal/tool/cli"
)

// New returns the command.
func New() *cobra.Command {
	var from ask.Flags
	var labels []string
	cmd := &cobra.Command{
		Use:   "explain [ALIAS]",
		Short: "Say why an alert has an incident, or none",
		Long: "Shows what a running bridge knows about an alert: since when it fires, its incident, what is pending and why, the last calls, the next\n" +
			"call, and the content that the incident should have. If there is no incident, it says why: the bridge never got the alert, or the alert\n" +
			"is ignored, held, refused or unusable.\n\n" +
			"Exit codes: 0, 1 if an alert has no incident or the incident is not as it should be, 2 if it could not do its work.",
		Example: "  alert24tool explain HighErrorRate:api-01.prod\n  alert24tool explain --labels alertname=HighErrorRate,instance=api-01.prod",
	}
	from.Add(cmd.Flags())
	cmd.Flags().StringArrayVar(&labels, "labels", nil, "labels of the alert in place of the alias, as name=value; repeatable, or with commas between them. Put a value with , and = in double quotes")
	output := cli.AddOutput(cmd.Flags())
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		subject, err := subjectOf(args, labels)
		if err != nil {
			return err
		}
		bridge, err := from.Open(cmd.Context())
		if err != nil {
			return err
		}
		defer bridge.Close()
		found, err := bridge.Explain(cmd.Context(), subject)
		if err != nil {
			return err
		}
		if output.JSON {
			err = cli.WriteJSON(cmd.OutOrStdout(), found)
		} else {
			err = write(cmd.OutOrStdout(), &found, &subject)
		}
		if err == nil && (found.DryRun || found.More || !found.Well()) {
			err = cli.ErrFound
		}
		return err
	}
	return cmd
}

func subjectOf(args, labels []string) (status.Subject, error) {
	s := status.Subject{Labels: map[string]string{}}
	switch {
	case len(args) > 1:
		return s, cli.Usage("give one alias; put it in quotes if it has spaces")
	case len(args) == 1 && args[0] != "":
		s.Alias = args[0]
	}
	for _, given := range labels {
		for given != "" {
			name, rest, found := strings.Cut(given, "=")
			if name = strings.TrimSpace(name); !found || name == "" {
				return s, cli.Usage("--labels: %q is not name=value", given)
			}
			s.Labels[name], given = value(strings.TrimSpace(rest))
		}
	}
	if (s.Alias == "") == (len(s.Labels) == 0) {
		return s, cli.Usage("give either an alias or --labels")
	}
	return s, nil
}

// value returns the value that begins a list, and the other labels. A comma belongs to it if quotes are around it, or if no = follows.
func value(list string) (first, others string) {
	if quoted, err := strconv.QuotedPrefix(list); err == nil {
		if rest := strings.TrimSpace(list[len(quoted):]); rest == "" || rest[0] == ',' {
			first, _ = strconv.Unquote(quoted) // it is quoted well
			return first, strings.TrimPrefix(rest, ",")
		}
	}
	plain := func(s string) string { return strings.Trim(strings.TrimSpace(s), `"`) }
	for i := range list {
		if next, _, _ := strings.Cut(list[i+1:], ","); list[i] == ',' && strings.Contains(next, "=") {
			return plain(list[:i]), list[i+1:]
		}
	}
	return plain(list), ""
}
