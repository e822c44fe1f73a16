// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/spf13/pflag"
)

const (
	outputText = "text"
	outputJSON = "json"
	// stdinName stands for standard input.
	stdinName = "-"
)

const help = `Shows what the collector would do with webhooks of Alertmanager: for each alert its alias and the rule that made it, its
severity and where that comes from, what its incident says, and the call to Alert24 that would follow. It decides with the
collector's own code, runs no part of the collector and sends nothing. Each webhook is taken alone, as if nothing that fires
had an incident yet and all that is resolved had one open.

Of the configuration it reads one alertmanager receiver and one alert24 exporter. No API key is needed: an api_key from a
variable that is not set is replaced. Addresses, TLS, authentication and storage play no part. Processors are not run; the
output names those that the webhook would pass.

Usage: alert24-render --config FILE [flags] WEBHOOK...

WEBHOOK is a file with the JSON that Alertmanager sends, or - for standard input.
Exit codes: 0, or 2 if a flag, the configuration or a webhook is wrong.

`

type flags struct {
	configs            []string
	receiver, exporter string
	output             string
	body               bool
	webhooks           []string
}

// parse reads the flags. Help goes to out.
func parse(args []string, out io.Writer) (*flags, error) {
	f := &flags{}
	set := pflag.NewFlagSet("alert24-render", pflag.ContinueOnError)
	set.SetOutput(out)
	set.SortFlags = false
	set.Usage = func() { _, _ = fmt.Fprint(out, help, set.FlagUsages()) }
	set.StringArrayVar(&f.configs, "config", nil, "the collector's configuration: a file, or a URI with the scheme file, env or yaml; repeatable, later ones win")
	set.StringVar(&f.receiver, "receiver", "", "id of the receiver, as alertmanager/prod; needed only where there are several")
	set.StringVar(&f.exporter, "exporter", "", "id of the exporter, as alert24/prod; needed only where there are several")
	set.StringVar(&f.output, "output", outputText, "text or json")
	set.BoolVar(&f.body, "body", false, "show the body of each call in the text; json always has it")
	if err := set.Parse(args); err != nil {
		return nil, err
	}
	f.webhooks = set.Args()
	switch {
	case len(f.configs) == 0:
		return nil, errors.New("--config is missing")
	case len(f.webhooks) == 0:
		return nil, errors.New("no webhook is given; - is standard input")
	case f.output != outputText && f.output != outputJSON:
		return nil, fmt.Errorf("--output must be %s or %s, not %q", outputText, outputJSON, f.output)
	}
	return f, nil
}
