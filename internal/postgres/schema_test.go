// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/alert24/otelcol-alert24/internal/ledger"
	"github.com/alert24/otelcol-alert24/internal/postgres/pgtest"
)

// query returns a function that reads one value.
func query(into any, sql string, args ...any) func(context.Context, *pgx.Conn) error {
	return func(ctx context.Context, conn *pgx.Conn) error { return conn.QueryRow(ctx, sql, args...).Scan(into) }
}

func TestReplicasThatStartTogetherCreateTheSchemaOnce(t *testing.T) {
	t.Parallel()
	address := server.URL(server.Database(t))
	var work sync.WaitGroup
	for range 8 {
		work.Go(func() {
			db, err := Open(t.Context(), configure(t, address, func(c *Config) { c.Schema = `My "schema"` }))
			if assert.NoError(t, err) {
				db.Close(t.Context())
			}
		})
	}
	work.Wait()
}

// A newer release adds a version. The previous release runs on it, so that a rolling upgrade can be rolled back.
func TestUpgrade(t *testing.T) {
	database := server.Database(t)
	address := server.URL(database)
	old := open(t, address)
	l := lead(t, old)
	require.NoError(t, l.Commit(t.Context(), []ledger.Change{change("a", "1")}, false))

	before := upgrades
	defer func() { upgrades = before }()
	upgrades = append(slices.Clip(upgrades), "ALTER TABLE @.entries ADD COLUMN news text NOT NULL DEFAULT 'none'; CREATE TABLE @.more (n int)")
	next := open(t, address)
	require.Equal(t, map[string]string{"a": "1"}, records(t, next))
	var version int
	require.NoError(t, next.reader.do(t.Context(), "read", true, query(&version, next.sql("SELECT max(version) FROM @.versions"))))
	require.Equal(t, len(upgrades), version)
	require.NoError(t, l.Commit(t.Context(), []ledger.Change{change("a", "2"), change("b", "2")}, false), "the previous release leads on")

	upgrades = before
	again := open(t, address)
	put(t, again, "", "webhook")
	require.NoError(t, l.Close(t.Context()))
	require.NoError(t, lead(t, again).Commit(t.Context(), []ledger.Change{change("c", "3")}, false))
	require.Len(t, records(t, next), 3)
}

// An upgrade of a large table may take much longer than the lease.
func TestLongUpgrade(t *testing.T) {
	before := upgrades
	defer func() { upgrades = before }()
	upgrades = append(slices.Clip(upgrades), "CREATE TABLE @.more AS SELECT pg_sleep(3)::text AS n")
	lead(t, unopened(t, server.URL(server.Database(t)), leases(2*time.Second)))
}

// A role without CREATE works if the owner of the database ran the example's statements.
func TestLeastPrivileges(t *testing.T) {
	t.Parallel()
	database := server.Database(t)
	server.Do(t, database, "ALTER DATABASE "+database+" OWNER TO postgres")
	_, err := Open(t.Context(), configure(t, server.URL(database)))
	require.ErrorContains(t, err, "the role may not change it: grant it CREATE, or let its owner run examples/postgresql-schema.sql")
	server.Do(t, database, example(t))
	db, other := open(t, server.URL(database)), open(t, server.URL(database))
	l := lead(t, db)
	put(t, other, "am1", "1")
	put(t, other, "am1", "2")
	rows, _, err := l.Inbox(t.Context(), nil)
	require.NoError(t, err)
	require.NoError(t, l.CommitInbox(t.Context(), []ledger.Change{change("a", "1"), {Key: "b"}}, ledger.Consumed{IDs: []int64{rows[0].ID}, Aside: map[int64]string{0: "x"}}))
	require.NoError(t, l.Close(t.Context()))

	// The role may end the sessions of a stuck predecessor, because they are its own.
	first := lead(t, other)
	committed, locked := commitBehindLock(t, database, first)
	defer asleep(first)()
	expire(t, database)
	await(t, campaign(t, db))
	require.ErrorIs(t, <-committed, ledger.ErrUncertain)
	locked.release()
}

// example is the script for people whose bridge may not create the schema.
func example(tb testing.TB) string {
	tb.Helper()
	text, err := os.ReadFile("../../examples/postgresql-schema.sql")
	require.NoError(tb, err)
	return string(text)
}

func TestExampleIsTheSchema(t *testing.T) {
	_, shown, found := strings.Cut(example(t), "\n\n")
	require.True(t, found, "it begins with a comment")
	require.Equal(t, statements("otelcol_alert24", pgtest.Role), shown)
}

// statements returns the statements that create the schema, and grant a role what it needs.
func statements(schema, role string) string {
	var b strings.Builder
	name := pgx.Identifier{schema}.Sanitize()
	fmt.Fprintf(&b, "CREATE SCHEMA IF NOT EXISTS %s;\n%s;\n", name, in(name, createVersions))
	for i, upgrade := range upgrades {
		fmt.Fprintf(&b, "%s;\nINSERT INTO %s.versions (version) VALUES (%d);\n", in(name, upgrade), name, i+1)
	}
	grantee := pgx.Identifier{role}.Sanitize()
	fmt.Fprintf(&b, "GRANT USAGE ON SCHEMA %s TO %s;\nGRANT SELECT ON %s.versions TO %s;\n", name, grantee, name, grantee)
	fmt.Fprintf(&b, "GRANT SELECT, INSERT, UPDATE, DELETE ON %s.%s TO %s;\n", name, strings.Join([]string{"lease", "leader", "entries", "inbox"}, ", "+name+"."), grantee)
	return b.String()
}

func TestDatabaseMustBeUTF8(t *testing.T) {
	t.Parallel()
	database := server.Database(t, "ENCODING 'LATIN1'", "TEMPLATE template0")
	_, err := Open(t.Context(), configure(t, server.URL(database)))
	require.ErrorContains(t, err, "encoding is LATIN1")
}

// A URL from a file or a Secret often ends with a newline.
func TestURLFromAFile(t *testing.T) {
	t.Parallel()
	for _, url := range []string{"postgres://bridge@host/bridge?sslmode=disable\n", "postgres://host/bridge\r\n", " dbname=bridge host=host\n"} {
		db, err := New(Config{URL: url, Schema: "s", Component: "alert24", Lease: time.Second})
		require.NoError(t, err, url)
		cc, err := db.connConfig()
		require.NoError(t, err, url)
		assert.Equal(t, "bridge", cc.Database)
	}
}

func TestConfigurationIsChecked(t *testing.T) {
	t.Parallel()
	for want, with := range map[string]func(*Config){
		"database::url is empty":                     func(c *Config) { c.URL = "" },
		"database::url cannot be understood":         func(c *Config) { c.URL = "postgres://a:b:c@/%zz" },
		"database::url: sslrootcert must name a":     func(c *Config) { c.URL = "postgres://a:b@c/d?sslmode=verify-full&sslrootcert=" + os.DevNull },
		"sslmode must be one of":                     func(c *Config) { c.URL = "postgres://host/x?sslmode=sometimes" },
		"names a file that cannot be read":           func(c *Config) { c.URL = "postgres://host/x?sslmode=verify-full&sslrootcert=/absent.pem" },
		"database::schema must have":                 func(c *Config) { c.Schema = "" },
		"database::schema must not begin":            func(c *Config) { c.Schema = "pg_mine" },
		"database::lease is 10ms":                    func(c *Config) { c.Lease = 10 * time.Millisecond },
		"zero byte":                                  func(c *Config) { c.Schema = "a\x00b" },
		"database::lease is 1h0m0s: set it to betwe": func(c *Config) { c.Lease = time.Hour },
	} {
		_, err := New(configure(t, server.URL("x"), with))
		require.ErrorContains(t, err, want, want)
	}
}

// The password may come from a pgpass file, which each new connection reads again.
func TestPasswordFile(t *testing.T) {
	t.Parallel()
	u, err := url.Parse(server.URL(server.Database(t)))
	require.NoError(t, err)
	file := filepath.Join(t.TempDir(), "password")
	require.NoError(t, os.WriteFile(file, []byte("not yet\n"), 0o600))
	q := u.Query()
	q.Set("passfile", file)
	u.User, u.RawQuery = url.User(pgtest.Role), q.Encode()
	db := unopened(t, u.String())
	require.Error(t, db.Prepare(t.Context()))
	escaped := strings.NewReplacer(`\`, `\\`, ":", `\:`).Replace(pgtest.Password)
	require.NoError(t, os.WriteFile(file, []byte("*:*:*:bridge:"+escaped+"\n"), 0o600))
	require.NoError(t, db.Prepare(t.Context()))
}

func TestTLS(t *testing.T) {
	t.Parallel()
	database := server.Database(t)
	u, err := url.Parse(pgtest.TCP(strings.Replace(server.Address(), "127.0.0.1", "localhost", 1), database))
	require.NoError(t, err)
	u.RawQuery = url.Values{"sslmode": {"verify-full"}, "sslrootcert": {server.CA()}}.Encode()
	db := open(t, u.String())
	var encrypted bool
	require.NoError(t, db.reader.do(t.Context(), "read", true, query(&encrypted, "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()")))
	require.True(t, encrypted)
	u.RawQuery = "sslmode=verify-full"
	_, err = Open(t.Context(), configure(t, u.String()))
	require.ErrorContains(t, err, "x509")
}
