// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package ledgercmd

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/spf13/pflag"

	"github.com/alert24/otelcol-alert24/internal/incident"
	"github.com/alert24/otelcol-alert24/internal/ledger"
	"github.com/alert24/otelcol-alert24/internal/postgres"
	"github.com/alert24/otelcol-alert24/internal/protocol"
	"github.com/alert24/otelcol-alert24/internal/status"
	"github.com/alert24/otelcol-alert24/internal/tool/cli"
)

// stopped says where a bridge that does not run keeps its ledger.
type stopped struct {
	storage, database, schema, exporter string
	dryRun                              bool
}

func (s *stopped) add(set *pflag.FlagSet) {
	set.StringVar(&s.storage, "storage", "", "directory of the file_storage of a stopped bridge")
	set.StringVar(&s.database, "database", "", "database::url of the bridge")
	set.StringVar(&s.schema, "schema", "otelcol_alert24", "database::schema of the bridge")
	set.StringVar(&s.exporter, "exporter", "alert24", "id of the exporter, for --storage and --database")
	set.BoolVar(&s.dryRun, "dry-run", false, "the ledger of a dry run, for --storage and --database")
}

func (s *stopped) given() bool { return s.storage != "" || s.database != "" }

// read returns the entries in the store.
func (s *stopped) read(ctx context.Context) ([]*protocol.Entry, ledger.Damage, error) {
	if s.storage != "" && s.database != "" {
		return nil, ledger.Damage{}, cli.Usage("give either --storage or --database")
	}
	if s.storage != "" {
		return s.readFile(ctx)
	}
	component := s.exporter
	if s.dryRun {
		component += " dry_run"
	}
	db, err := postgres.New(postgres.Config{URL: s.database, Schema: s.schema, Component: component, Lease: 10 * time.Second, ReadOnly: true})
	if err != nil {
		return nil, ledger.Damage{}, err
	}
	defer db.Close(context.WithoutCancel(ctx))
	return ledger.Read(ctx, db.Load)
}

func (o *options) fromStore(ctx context.Context, notes io.Writer) (found, error) {
	entries, damage, err := o.at.read(ctx)
	if err != nil {
		return found{}, err
	}
	if n := len(damage.Unreadable); n > 0 {
		fmt.Fprintf(notes, "%d records cannot be read; they are left out\n", n)
	}
	renderer, err := incident.NewRenderer(incident.DefaultConfig())
	if err != nil {
		return found{}, err
	}
	now := time.Now()
	byAlias := make(map[string]*protocol.Entry, len(entries))
	rows := make([]status.Row, 0, len(entries))
	for _, e := range entries {
		byAlias[e.Alias] = e
		rows = append(rows, status.RowOf(e, known(renderer, e, now)))
	}
	q := o.query
	if q.Limit == 0 {
		q.Limit = max(1, len(rows))
	}
	f := found{now: now}
	f.rows, f.total = status.NewTable(rows, 0, time.Time{}).Select(q)
	if o.full {
		for i := range f.rows {
			e := byAlias[f.rows[i].Alias]
			f.entries = append(f.entries, status.Read(e, known(renderer, e, now)))
		}
	}
	return f, nil
}

// known is what an entry tells next to itself. Titles are those of the default configuration.
func known(r *incident.Renderer, e *protocol.Entry, now time.Time) *status.Known {
	k := &status.Known{Now: now}
	if protocol.Pending(e, nil) {
		k.PendingSince = now // when it began, no record tells
	}
	if firing, more := e.Members.Worst(); len(firing) > 0 {
		k.Title = r.Title(e.Alias, firing, more)
	}
	return k
}
