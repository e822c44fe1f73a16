// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"errors"
	"io"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/spf13/pflag"
)

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

// WriteJSON writes a report for programs.
func WriteJSON(out io.Writer, report any) error {
	if err := json.MarshalWrite(out, report, jsontext.WithIndent("  ")); err != nil {
		return err
	}
	_, err := io.WriteString(out, "\n")
	return err
}
