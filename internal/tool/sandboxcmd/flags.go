// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package sandboxcmd

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/alert24/otelcol-alert24/internal/sandbox"
	"github.com/alert24/otelcol-alert24/internal/sandbox/store"
	"github.com/alert24/otelcol-alert24/internal/tool/cli"
)

type flags struct {
	listen   string
	demoKey  bool
	options  sandbox.Options
	switches sandbox.Switches
	services []sandbox.Service
}

const long = `A local Alert24 for tests and demos. It keeps its state in memory and pages nobody.

It runs until Ctrl-C. Exit codes: 0, or 2 if a flag is wrong or the address cannot be used.`

// New returns the command.
func New() *cobra.Command {
	f := &flags{switches: store.DefaultSwitches()}
	var keys, services []string
	cmd := &cobra.Command{
		Use:     "sandbox [flags]",
		Short:   "Run a local Alert24 for tests and demos",
		Long:    long,
		Example: "  alert24tool sandbox --listen 127.0.0.1:8024",
		Args:    cli.NoArguments,
	}
	set := cmd.Flags()
	set.StringVar(&f.listen, "listen", "127.0.0.1:0", "address to listen on; port 0 takes a free one")
	set.StringArrayVar(&keys, "api-key", nil,
		"API key to accept, as KEY or KEY=SCOPE+SCOPE with the scopes "+strings.Join(scopes, ", ")+" (default write); repeatable (default "+sandbox.DemoKey+")")
	set.StringArrayVar(&services, "service", nil, "service to list, as ID=NAME; repeatable")
	set.Uint64Var(&f.options.Seed, "seed", 0, "seed for ids and for the faults with a probability; 0 picks a random seed")
	set.IntVar(&f.options.MaxIncidents, "max-incidents", 200_000, "maximum number of incidents; further creates get 507")
	set.IntVar(&f.options.MaxRequests, "max-requests", 10_000, "maximum number of entries in the log of requests; the newest are kept")
	addSwitches(set, &f.switches)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if err := errors.Join(f.check(keys), f.name(services)); err != nil {
			return cli.Usage("%w", err)
		}
		return serve(cmd.Context(), f, cmd.OutOrStdout(), cmd.ErrOrStderr())
	}
	return cmd
}

// name adds the services.
func (f *flags) name(services []string) error {
	for _, s := range services {
		id, name, found := strings.Cut(s, "=")
		if !found || id == "" || name == "" {
			return fmt.Errorf("--service: %q is not ID=NAME", s)
		}
		f.services = append(f.services, sandbox.Service{ID: id, Name: name})
	}
	return nil
}

// check completes the flags with the keys, or returns what is wrong with them.
func (f *flags) check(keys []string) (err error) {
	if f.options.MaxIncidents < 1 || f.options.MaxRequests < 1 {
		return errors.New("--max-incidents and --max-requests must be at least 1")
	}
	if err := f.switches.Validate(); err != nil {
		return err
	}
	f.demoKey = len(keys) == 0
	if f.demoKey {
		keys = []string{sandbox.DemoKey}
	}
	f.options.Keys, err = parseKeys(keys)
	return err
}

// scopes are the scopes that Alert24 plans. The incidents API uses the first three.
var scopes = []string{"read", "write", "incidents", "services", "monitoring", "webhooks", "admin"}

// parseKeys parses the keys. Its errors never show a key.
func parseKeys(list []string) (map[string][]string, error) {
	keys := map[string][]string{}
	for n, text := range list {
		key, granted, some := strings.Cut(text, "=")
		if !some {
			granted = "write"
		}
		if key == "" {
			return nil, fmt.Errorf("--api-key number %d is empty", n+1)
		}
		keys[key] = strings.Split(granted, "+")
		for _, scope := range keys[key] {
			if !slices.Contains(scopes, scope) {
				return nil, fmt.Errorf("--api-key number %d: scope %q is none of %s", n+1, scope, strings.Join(scopes, ", "))
			}
		}
	}
	return keys, nil
}

// addSwitches adds a flag for every switch: create_status becomes --create-status.
func addSwitches(set *pflag.FlagSet, switches *sandbox.Switches) {
	for _, w := range store.SwitchList {
		help := w.Help
		if len(w.Values) > 0 {
			help += " (" + strings.Join(w.Values, " | ") + ")"
		}
		flag := set.VarPF(&switchFlag{switches, w}, strings.ReplaceAll(w.Name, "_", "-"), "", help)
		if w.Kind == "bool" {
			flag.NoOptDefVal = "true"
		}
	}
}

// switchFlag sets one switch.
type switchFlag struct {
	switches *sandbox.Switches
	spec     store.Switch
}

func (f *switchFlag) Set(value string) error { return f.switches.Set(f.spec.Name, value) }

func (f *switchFlag) Type() string { return f.spec.Kind }

// String returns the default, for the help.
func (f *switchFlag) String() string { return f.spec.Default }
