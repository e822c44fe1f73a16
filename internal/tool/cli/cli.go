// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

// Package cli has the shared code of the commands of alert24tool: exit codes, one-line errors, the flag --output, JSON, HTTP clients.
//
// Each command has its own package next to this one, whose New returns it. It has a Long text, an Example and
// a RunE. RunE writes its report to cmd.OutOrStdout(). It returns nil, or [ErrFound] after a report that needs attention. For wrong
// flags it returns an error of [Usage], and any other error if the command could not do its work.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/alert24/otelcol-alert24/internal/text"
)

// Exit codes.
const (
	ExitOK       = 0
	ExitFound    = 1
	ExitCannot   = 2
	programName  = "alert24tool"
	exitCodesEnd = "Exit codes: 0, 1 if it found something to look at, 2 if it could not do its work."
)

// ErrFound ends a command that did its work and reported something that needs attention.
var ErrFound = errors.New("found something to look at")

// usageError means wrong use of a command.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

// Usage returns the error for wrong flags or arguments. It adds a hint to --help.
func Usage(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// NoArguments refuses arguments.
func NoArguments(_ *cobra.Command, args []string) error {
	if len(args) > 0 {
		return Usage("unexpected argument %q", args[0])
	}
	return nil
}

// Streams are the standard streams of a program.
type Streams struct {
	In       io.Reader
	Out, Err io.Writer
}

// Run runs the program with these commands and returns its exit code. It writes an error as one line to standard error.
func Run(ctx context.Context, version string, args []string, s Streams, commands ...*cobra.Command) int {
	root := &cobra.Command{
		Use:   programName,
		Short: "Check your Alert24, try the bridge, and see what it does",
		Long:  "Checks your Alert24, tests the bridge, and shows what the bridge does and would do.\n\n" + exitCodesEnd,
		Example: "  " + programName + " check --config collector-config.yaml\n" +
			"  " + programName + " test-alert --url http://localhost:9095/alertmanager\n" +
			"  " + programName + " explain HighErrorRate:api-01.prod",
		Version:            version,
		SilenceErrors:      true,
		SilenceUsage:       true,
		DisableSuggestions: true, // an error is one line
	}
	root.AddCommand(commands...)
	for _, c := range commands {
		c.Flags().SortFlags = false
	}
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	root.SetArgs(args)
	root.SetIn(s.In)
	root.SetOut(s.Out)
	root.SetErr(s.Err)
	cmd, err := root.ExecuteContextC(ctx)
	if err == nil {
		return ExitOK
	}
	if errors.Is(err, ErrFound) {
		return ExitFound
	}
	hint := ""
	if _, wrong := errors.AsType[usageError](err); cmd == root {
		hint = " (--help lists the commands)"
	} else if wrong {
		hint = " (--help lists the flags)"
	}
	fmt.Fprintf(s.Err, "%s: %s%s\n", cmd.CommandPath(), text.Printable(err.Error()), hint)
	return ExitCannot
}

// Output is the value of the flag --output: text for people, JSON for programs.
type Output struct{ JSON bool }

// AddOutput adds --output to the flags.
func AddOutput(set *pflag.FlagSet) *Output {
	o := &Output{}
	set.VarP(o, "output", "o", "text or json")
	return o
}

// Set implements [pflag.Value].
func (o *Output) Set(value string) error {
	if value != "text" && value != "json" {
		return errors.New("must be text or json")
	}
	o.JSON = value == "json"
	return nil
}

// String implements [pflag.Value].
func (o *Output) String() string {
	if o.JSON {
		return "json"
	}
	return "text"
}

// Type implements [pflag.Value].
func (o *Output) Type() string { return "format" }
