// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
)

// checkPooler returns an error that is errPooler if a pooler such as PgBouncer lends a session for a transaction or a statement only. The
// bridge needs one for as long as a connection lasts, to LISTEN, and to set limits, which others would inherit. It is asked once, before
// anything is set.
func (db *DB) checkPooler(ctx context.Context, conn *pgx.Conn) error {
	if db.bound.Load() {
		return nil
	}
	before, err := backend(ctx, conn, "")
	if err != nil {
		return err
	}
	if before != conn.PgConn().PID() {
		// A pooler. It hands out again the session that was free last: to a transaction that holds it while this connection asks for its own.
		other, err := pgx.ConnectConfig(ctx, conn.Config())
		if err != nil {
			return err
		}
		defer func() { _ = other.Close(ctx) }()
		theirs, err := backend(ctx, other, "BEGIN; ")
		switch {
		case code(err) == codeProtocol:
			return errPooler // it lends sessions for statements, and knows no BEGIN
		case err != nil:
			return err
		}
		after, err := backend(ctx, conn, "")
		if err != nil {
			return err
		}
		if theirs == before || after != before {
			return errPooler
		}
	}
	db.bound.Store(true)
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
