// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package ledgercmd

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"time"

	"github.com/spf13/pflag"
	"go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
	"go.opentelemetry.io/collector/extension/xextension/storage"

	"github.com/alert24/otelcol-alert24/internal/incident"
	"github.com/alert24/otelcol-alert24/internal/journal"
	"github.com/alert24/otelcol-alert24/internal/ledger"
	"github.com/alert24/otelcol-alert24/internal/postgres"
	"github.com/alert24/otelcol-alert24/internal/status"
	"github.com/alert24/otelcol-alert24/internal/tool/cli"
)

// stopped names the ledger of a bridge that is not running.
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
func (s *stopped) read(ctx context.Context) ([]ledger.Listed, ledger.Damage, error) {
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
		fmt.Fprintf(notes, "records that cannot be read and are left out: %d\n", n)
	}
	renderer, err := incident.NewRenderer(incident.DefaultConfig())
	if err != nil {
		return found{}, err
	}
	now := time.Now()
	byAlias := make(map[string]*ledger.Listed, len(entries))
	rows := make([]status.Row, 0, len(entries))
	for i := range entries {
		l := &entries[i]
		byAlias[l.Entry.Alias] = l
		rows = append(rows, status.RowOf(l.Entry, known(renderer, l, now)))
	}
	q := o.query
	q.Limit = cmp.Or(q.Limit, max(1, len(rows)))
	f := found{now: now}
	f.rows, f.total = status.NewTable(rows, 0, time.Time{}).Select(q)
	if o.full {
		for i := range f.rows {
			l := byAlias[f.rows[i].Alias]
			f.entries = append(f.entries, status.Read(l.Entry, known(renderer, l, now)))
		}
	}
	return f, nil
}

// known returns what the store tells about an entry. Titles use the default configuration.
func known(r *incident.Renderer, l *ledger.Listed, now time.Time) *status.Known {
	k := &status.Known{Now: now, PendingSince: l.Pending}
	if firing, more := l.Entry.Members.Worst(); len(firing) > 0 {
		k.Title = r.Title(l.Entry.Alias, firing, more)
	}
	return k
}

// lockPatience is how long to wait for a storage locked by another process.
const lockPatience = time.Second

// file returns the file in which the extension file_storage keeps the exporter's data.
func (s *stopped) file() string {
	typ, name, _ := strings.Cut(s.exporter, "/")
	kept := "ledger"
	if s.dryRun {
		kept = "dry_run"
	}
	return filepath.Join(s.storage, escape(fmt.Sprintf("exporter_%s_%s_%s", typ, name, kept)))
}

// escape turns a name into a file name, as the extension does.
func escape(name string) string {
	var b strings.Builder
	for _, r := range name {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune(".-_", r) {
			b.WriteRune(r)
		} else {
			fmt.Fprintf(&b, "~%04X", r)
		}
	}
	return b.String()
}

// readFile reads the file of a stopped bridge.
func (s *stopped) readFile(ctx context.Context) ([]ledger.Listed, ledger.Damage, error) {
	path := s.file()
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil, ledger.Damage{}, fmt.Errorf("--storage: there is no ledger at %s: check the directory and --exporter", path)
	}
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{ReadOnly: true, Timeout: lockPatience})
	switch {
	case errors.Is(err, bolterrors.ErrTimeout):
		return nil, ledger.Damage{}, errors.New("--storage: a running collector uses it: ask that one with --status in place of --storage")
	case err != nil:
		return nil, ledger.Damage{}, fmt.Errorf("--storage: cannot read %s: %w", path, err)
	}
	entries, damage, err := readBolt(ctx, db)
	if err != nil {
		err = fmt.Errorf("--storage: %s: %w", path, err)
	}
	return entries, damage, errors.Join(err, db.Close())
}

// readBolt reads the entries. Bolt panics, or reads beyond the end of the file, if the file is damaged or copied while it was in use.
func readBolt(ctx context.Context, db *bbolt.DB) (entries []ledger.Listed, damage ledger.Damage, err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if fault := recover(); fault != nil {
			err = fmt.Errorf("the file is damaged, or was copied while a collector used it: %v", fault)
		}
	}()
	return ledger.Read(ctx, func(ctx context.Context, each func(ledger.Loaded) error) error {
		return journal.Read(ctx, walker{db}, each)
	})
}

// walker walks through the one bucket of the extension.
type walker struct{ db *bbolt.DB }

var errWrites = errors.New("this storage is read-only")

// Walk implements storage.Walker.
func (w walker) Walk(ctx context.Context, each storage.WalkFunc) error {
	return w.db.View(func(tx *bbolt.Tx) error {
		b := tx.Bucket([]byte("default"))
		if b == nil {
			return nil
		}
		return b.ForEach(func(k, v []byte) error {
			if err := ctx.Err(); err != nil {
				return err
			}
			ops, err := each(string(k), v)
			if err == nil && len(ops) > 0 {
				err = errWrites
			}
			return err
		})
	})
}
