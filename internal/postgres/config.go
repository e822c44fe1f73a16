// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"strings"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"go.uber.org/zap"

	"github.com/alert24/otelcol-alert24/internal/ledger"
	"github.com/alert24/otelcol-alert24/internal/pauses"
	"github.com/alert24/otelcol-alert24/internal/seldom"
)

const (
	minLease = time.Second
	maxLease = 5 * time.Minute
	// maxName is PostgreSQL's limit for the name of a schema, in bytes.
	maxName = 63
)

// Config says which database, and which part of it, one component uses.
type Config struct {
	// URL is a postgres:// URL, or a list of keywords and values. It may name several hosts, a pgpass file and certificates.
	URL    string
	Schema string
	// Component is the id of the component that the rows belong to. Components share a database and nothing else.
	Component string
	Lease     time.Duration
	// RequestTimeout is how long a call of this replica may be on the wire. A successor reads it from the lease.
	RequestTimeout time.Duration
	// InboxRows and InboxBytes bound the inbox: 0 means 20,000 rows and 256 MiB.
	InboxRows  int
	InboxBytes int64
	// Describe fills the readable columns of a row; nil leaves them empty.
	Describe func(c ledger.Change) Description
	Log      *zap.Logger
	// ReadOnly refuses to create or change anything, the schema included: for somebody who looks.
	ReadOnly bool

	now func() time.Time // for tests: its differences count, not its value
}

// Description is what people read in a row of entries.
type Description struct {
	State, Incident, Severity string
	Firing                    int
	Pending                   time.Time // since when a call is due; zero if none is
}

// DB is what one component keeps in a database. It connects when it is used first.
type DB struct {
	cfg      Config
	id       string // of this process, for this component: the holder of a lease
	schema   string // quoted
	channel  string // prefix of the names of what is notified
	log      *seldom.Logger
	now      func() time.Time
	clock    clock
	pauses   pauses.Pauses
	live     atomic.Int64
	problem  atomic.Pointer[error]
	prepared atomic.Bool
	bound    atomic.Bool   // a connection is one session of the server, for as long as it lasts
	binding  chan struct{} // holds a token while one finds that out
	leading  atomic.Bool
	closed   atomic.Bool
	inbox    appender
	// slowReads counts the reads of the inbox in a row that took too long.
	slowReads atomic.Int32
	reader    *session
}

// New checks the configuration. It does not connect.
func New(cfg Config) (*DB, error) {
	cfg.URL = strings.TrimSpace(cfg.URL) // a file often ends with a newline
	switch {
	case cfg.URL == "":
		return nil, errors.New("database::url is empty: set it to postgres://user@host/database")
	case cfg.Schema == "" || len(cfg.Schema) > maxName || strings.ContainsRune(cfg.Schema, 0):
		return nil, fmt.Errorf("database::schema must have 1 to %d bytes, and no zero byte", maxName)
	case strings.HasPrefix(cfg.Schema, "pg_"):
		return nil, errors.New("database::schema must not begin with pg_: PostgreSQL keeps those names for itself")
	case cfg.Lease < minLease || cfg.Lease > maxLease:
		return nil, fmt.Errorf("database::lease is %s: set it to between %s and %s", cfg.Lease, minLease, maxLease)
	}
	cfg.InboxRows, cfg.InboxBytes = cmp.Or(cfg.InboxRows, 20_000), cmp.Or(cfg.InboxBytes, 256<<20)
	if cfg.Describe == nil {
		cfg.Describe = func(ledger.Change) Description { return Description{} }
	}
	db := &DB{
		cfg: cfg, id: uuid.NewString(), schema: pgx.Identifier{cfg.Schema}.Sanitize(), now: cfg.now,
		channel: channelName(cfg.Schema, cfg.Component), binding: make(chan struct{}, 1),
	}
	if cfg.Log == nil {
		cfg.Log = zap.NewNop()
	}
	db.log = seldom.New(cfg.Log)
	if db.now == nil {
		db.now = time.Now
	}
	db.inbox = newAppender(db)
	db.reader = db.newSession(5*time.Second, time.Second)
	_, err := db.connConfig()
	return db, err
}

// Close ends the connections, and no new ones begin. A Leader has its own and must be resigned first.
func (db *DB) Close(ctx context.Context) {
	db.closed.Store(true)
	db.reader.close(ctx)
	db.inbox.session.close(ctx)
}

// connConfig reads the URL and the files that it names again each time: passwords and certificates change.
func (db *DB) connConfig() (*pgx.ConnConfig, error) {
	cc, err := pgx.ParseConfig(db.cfg.URL)
	if err != nil {
		return nil, badURL(err)
	}
	more := otherHosts(&cc.Config)
	if cc.ConnectTimeout == 0 {
		cc.ConnectTimeout = db.cfg.Lease / 4
		if more > 0 { // the last host is reached in time even if no other one answers
			cc.ConnectTimeout = min(cc.ConnectTimeout, min(db.cfg.Lease, Punctual)/2/time.Duration(more))
		}
	}
	if !db.cfg.ReadOnly || more > 0 && cc.ValidateConnect == nil { // whatever target_session_attrs says; a name may have several addresses, too
		cc.ValidateConnect = db.writable
	}
	cc.OnNotice = func(*pgconn.PgConn, *pgconn.Notice) {}
	dialer := net.Dialer{
		Timeout:         min(db.cfg.Lease, Punctual) / 3, // the next address of a name is reached in time
		KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: db.cfg.Lease / 4, Interval: time.Second, Count: 3},
		Control:         limitSilence(db.silence()),
	}
	cc.DialFunc = dialer.DialContext
	return cc, nil
}

// writable returns an error if the server is read-only or a standby. What a standby has may be old, and a leader that loaded it would
// write it over what is new.
func (db *DB) writable(ctx context.Context, conn *pgconn.PgConn) error {
	return db.alone(ctx, func() error { return pgconn.ValidateConnectTargetSessionAttrsReadWrite(ctx, conn) })
}

// silence is how long a connection may lack the other side's acknowledgements: it must be noticed before the lease ends.
func (db *DB) silence() time.Duration { return db.cfg.Lease / 2 }

// otherHosts counts the hosts after the first. A host may be listed twice in a row: with TLS and without.
func otherHosts(c *pgconn.Config) (n int) {
	host, port := c.Host, c.Port
	for _, f := range c.Fallbacks {
		if f.Host != host || f.Port != port {
			n++
		}
		host, port = f.Host, f.Port
	}
	return n
}

// badURL says what is wrong with a URL in words of its own: those of the parser repeat parts of the URL.
func badURL(err error) error {
	if file, ok := errors.AsType[*fs.PathError](err); ok {
		return fmt.Errorf("database::url names a file that cannot be read: %w", file)
	}
	if strings.HasSuffix(err.Error(), "sslmode is invalid)") {
		return errors.New("database::url: sslmode must be one of disable, allow, prefer, require, verify-ca and verify-full")
	}
	if strings.Contains(err.Error(), "failed to configure TLS") {
		return errors.New("database::url: sslrootcert must name a file with certificates in PEM format, and sslcert and sslkey files with a certificate and its key")
	}
	return errors.New("database::url cannot be understood: it must be postgres://user:password@host:port/database?sslmode=…, with special characters in the password written as %XX")
}
