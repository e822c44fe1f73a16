// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

// Package ledgercmd is the command ledger. It shows the aliases of a bridge, from a running bridge, or from the storage or database
// of a stopped one. It changes nothing.
package ledgercmd

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"time"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"github.com/alert24/otelcol-alert24/internal/status"
	"github.com/alert24/otelcol-alert24/internal/text"
	"github.com/alert24/otelcol-alert24/internal/tool/ask"
	"github.com/alert24/otelcol-alert24/internal/tool/cli"
)

// options are the command's flags.
type options struct {
	bridge ask.Flags
	at     stopped
	query  status.Query
	full   bool
	output *cli.Output
}

// New returns the command.
func New() *cobra.Command {
	o := &options{}
	cmd := &cobra.Command{
		Use:   "ledger [flags]",
		Short: "List the aliases that a bridge knows",
		Long: "Lists the aliases that a bridge knows, with severity, state, start and title. It asks a running bridge, or reads the storage or the database\n" +
			"of a stopped one. It changes nothing.\n\nExit codes: 0, or 2 if it could not do its work.",
		Example: "  alert24tool ledger --is pending\n" +
			"  alert24tool ledger --storage /var/lib/otelcol-alert24 -o json --full >ledger.json\n" +
			"  alert24tool ledger --database postgres://bridge@db/bridge --filter api-01",
		Args: cli.NoArguments,
	}
	set := cmd.Flags()
	o.bridge.Add(set)
	o.at.add(set)
	set.StringVar(&o.query.Filter, "filter", "", "only aliases with all these words in alias, title, severity or state")
	set.StringVar((*string)(&o.query.Is), "is", "", "only aliases that are firing, open, pending, held, parked, doubtful, blocked or dismissed")
	set.StringVar((*string)(&o.query.Sort), "sort", string(status.BySeverity), "severity, title, state, since or alias")
	set.BoolVar(&o.query.Desc, "reverse", false, "reverse the order")
	set.IntVar(&o.query.Limit, "limit", 0, "maximum number of aliases to list; 0 lists all")
	set.BoolVar(&o.full, "full", false, "with -o json: everything about each alias, with its alerts")
	o.output = cli.AddOutput(set)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		for _, name := range []string{"schema", "exporter", "dry-run"} {
			if set.Changed(name) && !o.at.given() {
				return cli.Usage("--%s goes with --storage or --database; a running bridge is chosen by --status", name)
			}
		}
		return o.run(cmd.Context(), cmd.OutOrStdout(), cmd.ErrOrStderr())
	}
	return cmd
}

func (o *options) run(ctx context.Context, out, notes io.Writer) error {
	check := o.query
	check.Limit = 1
	if err := check.Check(); err != nil {
		return cli.Usage("--%w", err)
	}
	if o.query.Limit < 0 {
		return cli.Usage("--limit must not be below 0")
	}
	if o.full && !o.output.JSON {
		return cli.Usage("--full goes with -o json")
	}
	var found found
	var err error
	if o.at.given() {
		found, err = o.fromStore(ctx, notes)
	} else {
		found, err = o.fromBridge(ctx)
	}
	if err != nil {
		return err
	}
	if o.output.JSON {
		return cli.WriteJSON(out, found.report(o.full))
	}
	return found.write(out)
}

// found has the requested aliases.
type found struct {
	now     time.Time
	rows    []status.Row
	total   int
	entries []status.Entry // of the rows, if requested
}

func (o *options) fromBridge(ctx context.Context) (found, error) {
	bridge, err := o.bridge.Open(ctx)
	if err != nil {
		return found{}, err
	}
	defer bridge.Close()
	f := found{now: time.Now()}
	if f.rows, f.total, err = bridge.Aliases(ctx, o.query, o.query.Limit); err != nil || !o.full {
		return f, err
	}
	for i := range f.rows {
		e, err := bridge.Explain(ctx, status.Subject{Alias: f.rows[i].Alias})
		if err != nil {
			return f, err
		}
		f.entries = append(f.entries, e.Entries...)
	}
	return f, nil
}

// report returns the value written by -o json.
func (f *found) report(full bool) any {
	if full {
		return struct {
			Total   int            `json:"total"`
			Entries []status.Entry `json:"entries"`
		}{f.total, f.entries}
	}
	return struct {
		Total int          `json:"total"`
		Rows  []status.Row `json:"rows"`
	}{f.total, f.rows}
}

func (f *found) write(out io.Writer) error {
	table := [][]string{{"ALIAS", "SEVERITY", "SINCE", "STATE", "TITLE"}}
	for i := range f.rows {
		r := &f.rows[i]
		since := ""
		if !r.Since.IsZero() {
			since = status.Span(f.now.Sub(r.Since))
		}
		cells := []string{r.Alias, r.Severity, since, r.State.String(f.now), r.Title}
		for j := range cells {
			cells[j] = text.Printable(cells[j])
		}
		table = append(table, cells)
	}
	if len(f.rows) > 0 {
		if err := writeTable(out, table); err != nil {
			return err
		}
	}
	if len(f.rows) < f.total {
		fmt.Fprintf(out, "%d of %d\n", len(f.rows), f.total)
	}
	if f.total == 0 {
		fmt.Fprintln(out, "no alias")
	}
	return nil
}

// maxWidth bounds the width of a column: a longer cell moves the rest of its own row only, instead of that of all rows.
const maxWidth = 60

// writeTable writes rows with aligned columns.
func writeTable(out io.Writer, rows [][]string) error {
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			if n := utf8.RuneCountInString(cell); n <= maxWidth {
				widths[i] = max(widths[i], n)
			}
		}
	}
	w := bufio.NewWriter(out)
	for _, row := range rows {
		last := len(row) - 1
		for i, cell := range row[:last] {
			fmt.Fprintf(w, "%-*s  ", widths[i], cell)
		}
		fmt.Fprintln(w, row[last])
	}
	return w.Flush()
}
