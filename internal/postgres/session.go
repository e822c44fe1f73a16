// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// session is one connection for one purpose, so that no other purpose can block it. It reconnects when needed.
type session struct {
	db              *DB
	statement, lock time.Duration // how long a statement may take, and wait for a lock
	turn            chan struct{} // holds a token while the session is in use
	conn            *pgx.Conn
	used            time.Time // when it was last known to work, by the process's clock
	setUp           string    // a statement for each new connection
}

// idle is how long a silent connection is trusted.
const idle = time.Second

func (db *DB) newSession(statement, lock time.Duration) *session {
	return &session{db: db, statement: statement, lock: lock, turn: make(chan struct{}, 1)}
}

// do lets f use the connection. With again, if the connection turns out to be lost, f runs once more on a new one. Only an f that may
// safely run twice may set again.
func (s *session) do(ctx context.Context, doing string, again bool, f func(ctx context.Context, conn *pgx.Conn) error) error {
	select {
	case s.turn <- struct{}{}:
		defer func() { <-s.turn }()
	case <-ctx.Done():
		return s.db.fault(doing, ctx.Err())
	}
	reused := s.conn != nil
	err := s.connect(ctx, !again)
	if err == nil {
		err = s.use(ctx, f)
	}
	if err != nil && again && reused && s.conn == nil && ctx.Err() == nil {
		if err = s.connect(ctx, false); err == nil {
			err = s.use(ctx, f)
		}
	}
	return s.db.fault(doing, err)
}

func (s *session) use(ctx context.Context, f func(ctx context.Context, conn *pgx.Conn) error) error {
	err := f(ctx, s.conn)
	switch {
	case s.conn.IsClosed() || fatal(err) || code(err) == codeReadOnly:
		s.drop(ctx) // a server that became read-only is no longer the right one
	case err == nil:
		s.used = time.Now()
	}
	return err
}

// connect makes sure that there is a connection. With check it pings one that was idle. It may take as long as the lease, and then as
// long as patient for an upgrade of the schema.
func (s *session) connect(patient context.Context, check bool) error {
	ctx, cancel := context.WithTimeout(patient, s.db.cfg.Lease)
	defer cancel()
	if s.conn != nil && check && time.Since(s.used) > idle {
		short, cancel := context.WithTimeout(ctx, s.db.cfg.Lease/4)
		if s.conn.Ping(short) != nil {
			s.drop(ctx)
		}
		cancel()
	}
	if s.conn != nil {
		return nil
	}
	if s.db.closed.Load() {
		return errClosed
	}
	cc, err := s.db.connConfig()
	if err != nil {
		return err
	}
	conn, err := pgx.ConnectConfig(ctx, cc)
	if err != nil {
		return err
	}
	s.conn = conn
	if err = s.db.checkPooler(ctx, conn); err == nil {
		err = s.prepare(ctx, patient)
	}
	if err != nil {
		s.drop(ctx)
		return err
	}
	s.used = time.Now()
	return nil
}

// prepare sets what the session needs. As connection parameters, PgBouncer would refuse most of these settings.
func (s *session) prepare(ctx, patient context.Context) error {
	ms := func(d time.Duration) int64 { return max(1, d.Milliseconds()) }
	silence := s.db.silence()
	settings := fmt.Sprintf("SET statement_timeout = %d; SET lock_timeout = %d; SET idle_in_transaction_session_timeout = %d; "+
		"SET tcp_user_timeout = %d; SET tcp_keepalives_idle = %d; SET tcp_keepalives_interval = 1; SET tcp_keepalives_count = 3; "+
		"SET default_transaction_isolation = 'read committed'; SET search_path = pg_catalog; SET client_encoding = 'UTF8'; SET application_name = '%s'; "+
		// An acknowledged webhook must survive a crash of the database, whatever the role's default is.
		"SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'",
		ms(s.statement), ms(s.lock), ms(silence), ms(silence), max(1, int(silence.Seconds()/2)), applicationName(s.db.id))
	if _, err := s.conn.PgConn().Exec(ctx, settings).ReadAll(); err != nil {
		return err
	}
	if s.setUp != "" {
		if _, err := s.conn.PgConn().Exec(ctx, s.setUp).ReadAll(); err != nil {
			return err
		}
	}
	return s.db.prepareSchema(ctx, patient, s.conn)
}

// applicationName is shown in pg_stat_activity. A successor finds the sessions of its predecessor by it.
func applicationName(id string) string { return "otelcol-alert24 " + id }

// drop forgets the connection.
func (s *session) drop(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 250*time.Millisecond)
	defer cancel()
	_ = s.conn.Close(ctx) // errors no longer matter
	s.conn = nil
}

// close waits until the session is free, and closes the connection. A later do reconnects.
func (s *session) close(ctx context.Context) {
	select {
	case s.turn <- struct{}{}:
		if s.conn != nil {
			s.drop(ctx)
		}
		<-s.turn
	case <-ctx.Done():
	}
}
