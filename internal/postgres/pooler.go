// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
)

// poolerRounds is how often a pooler is asked: another process may have taken, or given back, a session in between.
const poolerRounds = 5

// checkPooler returns an error that is errPooler if a pooler such as PgBouncer lends a session for a transaction or a statement only. The
// bridge needs one for as long as a connection lasts, to LISTEN, and to set limits, which others would inherit. It is asked once, before
// anything is set, and by one connection at a time: others would be in the way.
func (db *DB) checkPooler(ctx context.Context, conn *pgx.Conn) error {
	if db.bound.Load() {
		return nil
	}
	select {
	case db.binding <- struct{}{}:
		defer func() { <-db.binding }()
	case <-ctx.Done():
		return ctx.Err()
	}
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
}

// keeps returns an error unless a pooler keeps the server's process own for the connection. Otherwise it hands out again the process that was
// free last: to a transaction that holds it while the connection asks for its own.
func keeps(ctx context.Context, conn *pgx.Conn, own uint32) error {
	other, err := pgx.ConnectConfig(ctx, conn.Config())
	if err != nil {
		return err
	}
	defer func() { _ = other.Close(ctx) }()
	for range poolerRounds {
		theirs, err := backend(ctx, other, "BEGIN; ")
		switch {
		case code(err) == codeProtocol:
			return errPooler // it lends sessions for statements, and knows no BEGIN
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

// backend returns the number of the server's process that answers, after a statement. It prepares nothing.
func backend(ctx context.Context, conn *pgx.Conn, first string) (pid uint32, err error) {
	results, err := conn.PgConn().Exec(ctx, first+"SELECT pg_backend_pid()").ReadAll()
	if err != nil {
		return 0, err
	}
	rows := results[len(results)-1].Rows
	err = conn.TypeMap().Scan(pgtype.Int4OID, pgtype.TextFormatCode, rows[0][0], &pid)
	return pid, err
}
