// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"
	"errors"
	"net"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/alert24/otelcol-alert24/internal/ledger"
)

// Reasons why a leadership ends. The other one is an uncertain commit, ledger.ErrUncertain.
var (
	ErrDeposed  = ledger.ErrDeposed
	ErrExpired  = errors.New("the lease ended before it could be renewed")
	ErrResigned = errors.New("the leadership was given up")
)

// Reasons why the inbox refuses a webhook. The sender repeats it.
var (
	ErrLate = errors.New("the webhook reached the database too late: the database is slow or this replica was paused")
	ErrFull = errors.New("the inbox is full: no replica leads, or the leader cannot keep up")
)

// errPooler: settings would reach the sessions of others, and notifications would get lost.
var errPooler = errors.New("a pooler gives each transaction another session: set pool_mode = session in PgBouncer, or connect to PostgreSQL itself")

// errClosed: nobody would close the connection of a webhook or a readiness check that comes after the shutdown.
var errClosed = errors.New("the exporter has been stopped")

// SQLSTATEs that this package handles.
const (
	codeDivisionByZero = "22012" // checkFence: another leadership is newer
	codeLockTimeout    = "55P03"
	codeReadOnly       = "25006"
	codeNoPrivilege    = "42501"
	codeUnknownOutcome = "40003"
	codeProtocol       = "08P01"
	codeCanceled       = "57014" // statement_timeout
)

// fault is a database error in one line without secrets.
type fault struct {
	text  string
	cause error
}

func (f *fault) Error() string { return f.text }
func (f *fault) Unwrap() error { return f.cause }

// fault returns an error that says what failed and why. It does not change this package's own errors.
func (db *DB) fault(doing string, err error) error {
	if _, ours := errors.AsType[*fault](err); ours || err == nil {
		return err
	}
	return &fault{text: "cannot " + doing + ": " + db.conceal(explain(err)), cause: err}
}

// explain finds the part of an error that tells what happened. The rest names the user, the URL or the statement.
func explain(err error) string {
	var (
		pg  *pgconn.PgError
		dns *net.DNSError
		op  *net.OpError
	)
	switch {
	case errors.As(err, &pg):
		return pg.Message + " (SQLSTATE " + pg.Code + ")"
	case errors.As(err, &dns):
		return dns.Error()
	case errors.As(err, &op):
		return op.Error()
	case errors.Is(err, pgconn.ErrReadOnlyConnection):
		return "the server is read-only or a standby"
	case errors.Is(err, context.DeadlineExceeded):
		return "the database did not answer in time"
	case errors.Is(err, context.Canceled):
		return context.Canceled.Error()
	}
	if connect, ok := errors.AsType[*pgconn.ConnectError](err); ok {
		err = connect.Unwrap()
	}
	return strings.Join(strings.Fields(err.Error()), " ")
}

// conceal removes secrets that a library might have put into text.
func (db *DB) conceal(text string) string {
	text = strings.ReplaceAll(text, db.cfg.URL, "…")
	cc, err := db.connConfig()
	if err == nil && len(cc.Password) > 2 {
		text = strings.ReplaceAll(text, cc.Password, "…")
	}
	return text
}

func code(err error) string {
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok {
		return pg.Code
	}
	return ""
}

// tooSlow reports whether an answer did not come in time.
func tooSlow(err error) bool {
	return errors.Is(err, context.DeadlineExceeded) || code(err) == codeCanceled
}

// fatal reports whether the server ended the session with this error.
func fatal(err error) bool {
	pg, ok := errors.AsType[*pgconn.PgError](err)
	return ok && pg.SeverityUnlocalized != "ERROR"
}

// rolledBack reports whether the error of a transaction proves that it changed nothing.
func rolledBack(err error) bool {
	c := code(err)
	return pgconn.SafeToRetry(err) || c != "" && c != codeUnknownOutcome && !fatal(err)
}
