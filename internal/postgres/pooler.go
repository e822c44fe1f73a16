// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
)

// poolerRounds is how often the check is repeated: another process may have taken or returned a session in between.
const poolerRounds = 5

// checkPooler returns errPooler if a pooler such as PgBouncer lends a session only for a transaction or a statement. The bridge needs
// one session per connection, for LISTEN and for its limits, which other users of the session would inherit. The check runs once,
// before anything is set, and for one connection at a time, because others would interfere.
func (db *DB) checkPooler(ctx context.Context, conn *pgx.Conn) error {
	return db.alone(ctx, func() error {
		if db.bound.Load() {
			return nil
		}
		own, err := backend(ctx, conn, "")
		if err != nil {
			return err
		}
		if own != conn.PgConn().PID() { // a pooler
			if err := keeps(ctx, conn, own); err != nil {
				return err
			}
		}
		db.bound.Store(true)
		return nil
	})
}

// alone runs f, for one connection at a time until checkPooler has succeeded.
func (db *DB) alone(ctx context.Context, f func() error) error {
	if db.bound.Load() {
		return f()
	}
	select {
	case db.binding <- struct{}{}:
		defer func() { <-db.binding }()
		return f()
	case <-ctx.Done():
		return ctx.Err()
	}
}

// keeps returns an error unless the pooler keeps the server process own for conn. Otherwise the pooler would hand out the process that
// was freed last: keeps lets a transaction of another connection hold it while conn asks for its own.
func keeps(ctx context.Context, conn *pgx.Conn, own uint32) error {
	config := conn.Config()
	if config.ValidateConnect != nil {
		config.ValidateConnect = pgconn.ValidateConnectTargetSessionAttrsReadWrite // writable would wait for the end of this check
	}
	other, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return err
	}
	defer func() { _ = other.Close(ctx) }()
	for range poolerRounds {
		theirs, err := backend(ctx, other, "BEGIN; ")
		switch {
		case code(err) == codeProtocol:
			return errPooler // it lends sessions for single statements, and refuses BEGIN
		case err != nil:
			return err
		}
		now, err := backend(ctx, conn, "")
		if err != nil {
			return err
		}
		if theirs == own || now != own {
			return errPooler
		}
		if _, err := other.PgConn().Exec(ctx, "ROLLBACK").ReadAll(); err != nil {
			return err
		}
	}
	return nil
}

// backend runs a statement and returns the id of the server process that answers. It prepares no statement.
func backend(ctx context.Context, conn *pgx.Conn, first string) (pid uint32, err error) {
	results, err := conn.PgConn().Exec(ctx, first+"SELECT pg_backend_pid()").ReadAll()
	if err != nil {
		return 0, err
	}
	rows := results[len(results)-1].Rows
	err = conn.TypeMap().Scan(pgtype.Int4OID, pgtype.TextFormatCode, rows[0][0], &pid)
	return pid, err
}
