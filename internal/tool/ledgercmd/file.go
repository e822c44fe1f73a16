// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package ledgercmd

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
	"go.opentelemetry.io/collector/extension/xextension/storage"

	"github.com/alert24/otelcol-alert24/internal/journal"
	"github.com/alert24/otelcol-alert24/internal/ledger"
	"github.com/alert24/otelcol-alert24/internal/protocol"
)

// lockPatience is how long to wait for a storage that another process has locked.
const lockPatience = time.Second

// file is where the extension file_storage keeps what the exporter gave it.
func (s *stopped) file() string {
	typ, name, _ := strings.Cut(s.exporter, "/")
	kept := "ledger"
	if s.dryRun {
		kept = "dry_run"
	}
	return filepath.Join(s.storage, escape(fmt.Sprintf("exporter_%s_%s_%s", typ, name, kept)))
}

// escape writes a name as the extension does, so that it can be that of a file.
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

// readFile reads the file of a bridge that does not run.
func (s *stopped) readFile(ctx context.Context) ([]*protocol.Entry, ledger.Damage, error) {
	path := s.file()
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil, ledger.Damage{}, fmt.Errorf("--storage: there is no ledger at %s: check the directory and --exporter", path)
	}
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{ReadOnly: true, Timeout: lockPatience})
	switch {
	case errors.Is(err, bolterrors.ErrTimeout):
		return nil, ledger.Damage{}, errors.New("--storage: a running collector uses it: ask that one with --url in place of --storage")
	case err != nil:
		return nil, ledger.Damage{}, fmt.Errorf("--storage: cannot read %s: %w", path, err)
	}
	entries, damage, err := ledger.Read(ctx, func(ctx context.Context, each func(ledger.Loaded) error) error {
		return journal.Read(ctx, walker{db}, each)
	})
	return entries, damage, errors.Join(err, db.Close())
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
