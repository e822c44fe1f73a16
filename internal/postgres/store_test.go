// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/alert24/otelcol-alert24/internal/ledger"
	"github.com/alert24/otelcol-alert24/internal/postgres/pgtest"
)

func TestCommitAndLoad(t *testing.T) {
	t.Parallel()
	db := open(t, server.URL(server.Database(t)))
	l := lead(t, db)
	require.NoError(t, l.Commit(t.Context(), []ledger.Change{change("a", "1"), change("b", "2"), change("c", "")}, false))
	require.Equal(t, map[string]string{"a": "1", "b": "2", "c": ""}, records(t, db))
	require.NoError(t, l.Commit(t.Context(), []ledger.Change{change("a", "3"), {Key: "b"}, {Key: "unknown"}}, false))
	require.Equal(t, map[string]string{"a": "3", "c": ""}, records(t, db))
	require.NoError(t, l.Commit(t.Context(), nil, false))
	require.NoError(t, l.Check(t.Context()))
}

// Keys and records are bytes, but PostgreSQL text refuses U+0000 and invalid UTF-8.
func TestKeysAndRecordsAreBytes(t *testing.T) {
	t.Parallel()
	database := server.Database(t)
	db := open(t, server.URL(database), func(c *Config) {
		c.Component = "alert24/\x00\xff"
		c.Describe = func(ledger.Change) Description {
			return Description{State: "open\x00", Incident: "\xff", Severity: strings.Repeat("é", 800), Firing: -1}
		}
	})
	l := lead(t, db)
	key := "nul \x00 and \xfe"
	require.NoError(t, l.Commit(t.Context(), []ledger.Change{change(key, "\x00\xff\x00")}, false))
	require.Equal(t, map[string]string{key: "\x00\xff\x00"}, records(t, db))
	put(t, db, "source \x00 \xff", "\x00\xff")
	rows, _, err := l.Inbox(t.Context(), nil)
	require.NoError(t, err)
	require.Equal(t, []byte("\x00\xff"), rows[0].Payload)
	require.NoError(t, l.CommitInbox(t.Context(), nil, ledger.Consumed{Aside: map[int64]string{rows[0].ID: "bad \x00 \xff"}}))
}

func TestReadableColumns(t *testing.T) {
	t.Parallel()
	database := server.Database(t)
	since := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	db := open(t, server.URL(database), func(c *Config) {
		c.Describe = func(changed ledger.Change) Description {
			if string(changed.Record) == "calm" {
				return Description{State: "closed"}
			}
			return Description{State: "open", Incident: "inc-1", Severity: "critical", Firing: 3, Pending: since}
		}
	})
	l := lead(t, db)
	read := func() (alias, state, incident, severity string, firing int, pending *time.Time) {
		err := superuser(t, database).QueryRow(t.Context(), "SELECT alias, state, incident, severity, firing, pending FROM otelcol_alert24.entries").
			Scan(&alias, &state, &incident, &severity, &firing, &pending)
		require.NoError(t, err)
		return alias, state, incident, severity, firing, pending
	}
	require.NoError(t, l.Commit(t.Context(), []ledger.Change{change("HighLoad:db-1", "busy")}, false))
	alias, state, incident, severity, firing, pending := read()
	assert.Equal(t, []any{"HighLoad:db-1", "open", "inc-1", "critical", 3}, []any{alias, state, incident, severity, firing})
	require.NotNil(t, pending)
	assert.True(t, since.Equal(*pending))
	require.NoError(t, l.Commit(t.Context(), []ledger.Change{change("HighLoad:db-1", "calm")}, false))
	_, state, incident, _, firing, pending = read()
	assert.Equal(t, []any{"closed", "", 0}, []any{state, incident, firing})
	assert.Nil(t, pending)
}

func TestManyRowsAreOneTransaction(t *testing.T) {
	t.Parallel()
	db := open(t, server.URL(server.Database(t)))
	l := lead(t, db)
	changes := make([]ledger.Change, 2*maxRows+1)
	for i := range changes {
		changes[i] = change(strings.Repeat("k", i%7)+string(rune('0'+i%10))+time.Duration(i).String(), "r")
	}
	require.NoError(t, l.Commit(t.Context(), changes, false))
	require.Len(t, records(t, db), len(changes))
	// A duplicate key fails in the last statement, and the first ones are undone.
	twice := []ledger.Change{change("new", "r")}
	for range maxRows {
		twice = append(twice, change(time.Duration(len(twice)).String()+"x", "r"))
	}
	twice = append(twice, change("same", "1"), change("same", "2"))
	err := l.Commit(t.Context(), twice, false)
	require.Error(t, err)
	require.NotErrorIs(t, err, ledger.ErrUncertain)
	require.NoError(t, l.Err(), "the changes are not there for certain, and the leadership goes on")
	require.NotContains(t, records(t, db), "new")
}

func TestComponentsShareNothing(t *testing.T) {
	t.Parallel()
	url := server.URL(server.Database(t))
	one, other := open(t, url), open(t, url, func(c *Config) { c.Component = "alert24/other" })
	first, second := lead(t, one), lead(t, other)
	require.NoError(t, first.Commit(t.Context(), []ledger.Change{change("a", "one")}, false))
	require.NoError(t, second.Commit(t.Context(), []ledger.Change{change("a", "other")}, false))
	require.Equal(t, map[string]string{"a": "one"}, records(t, one))
	require.Equal(t, map[string]string{"a": "other"}, records(t, other))
	put(t, one, "", "x")
	rows, _, err := second.Inbox(t.Context(), nil)
	require.NoError(t, err)
	require.Empty(t, rows)
	require.NoError(t, second.Commit(t.Context(), []ledger.Change{{Key: "a"}}, false))
	require.Equal(t, map[string]string{"a": "one"}, records(t, one))
}

func TestLoadErrors(t *testing.T) {
	t.Parallel()
	db := open(t, server.URL(server.Database(t)))
	l := lead(t, db)
	require.NoError(t, l.Commit(t.Context(), []ledger.Change{change("a", "1"), change("b", "22")}, false))
	seen := 0
	require.NoError(t, l.Load(t.Context(), func(ledger.Loaded) error { seen++; return ledger.ErrUnreadable }, nil))
	require.Equal(t, 2, seen, "a record that cannot be read is one record")
	require.EqualValues(t, 3, l.Size())
	require.ErrorIs(t, l.Load(t.Context(), func(ledger.Loaded) error { return assert.AnError }, nil), assert.AnError)
	require.Len(t, records(t, db), 2)
}

// A transaction takes one round trip, and one more the first time to prepare its statements. The leases are long, so that the proxy
// sees nothing else.
func TestTransactionsAreShort(t *testing.T) {
	t.Parallel()
	database := server.Database(t)
	proxy := pgtest.NewProxy(t, server.Address())
	url := pgtest.TCP(proxy.Address(), database)
	l, follower := lead(t, open(t, server.URL(database))), open(t, url)
	put(t, follower, "", "1")
	put(t, follower, "", "2")
	const untested = time.Hour // no connection is tested first, however slow the machine is
	follower.inbox.session.used = time.Now().Add(untested)
	before := proxy.Trips()
	put(t, follower, "", "3")
	require.Equal(t, 1, proxy.Trips()-before, "a webhook at a follower")
	rows, _, err := l.Inbox(t.Context(), nil)
	require.NoError(t, err)
	require.Len(t, rows, 3)

	l.db.cfg.URL = url // for its next connection, which commits
	l.commit.close(t.Context())
	commit := func(key string, row int) {
		done := ledger.Consumed{IDs: []int64{rows[row].ID}, Aside: map[int64]string{}}
		require.NoError(t, l.CommitInbox(t.Context(), []ledger.Change{change(key, "1"), {Key: "z"}}, done))
	}
	commit("a", 0)
	commit("b", 1)
	l.commit.used = time.Now().Add(untested)
	before = proxy.Trips()
	commit("c", 2)
	require.Equal(t, 1, proxy.Trips()-before, "a transaction of the leader")
}

// If the URL names several servers, the one that accepts writes is used.
func TestSeveralHosts(t *testing.T) {
	t.Parallel()
	standby, err := pgtest.Start()
	require.NoError(t, err)
	t.Cleanup(standby.Stop)
	database := server.Database(t)
	standby.Do(t, "postgres", "CREATE DATABASE "+database+" OWNER "+pgtest.Role, "ALTER DATABASE "+database+" SET default_transaction_read_only = on")
	url := pgtest.TCP(standby.Address()+","+server.Address(), database)
	db := open(t, url)
	l := lead(t, db)
	require.NoError(t, l.Commit(t.Context(), []ledger.Change{change("a", "1")}, false))
	put(t, db, "", "webhook")
	require.Equal(t, map[string]string{"a": "1"}, records(t, open(t, server.URL(database))))
}

// Text is in UTF-8, whatever the role's default is.
func TestAnyAliasIsWritten(t *testing.T) {
	t.Parallel()
	database := server.Database(t)
	server.Do(t, database, "ALTER ROLE "+pgtest.Role+" IN DATABASE "+database+" SET client_encoding = 'WIN1252'")
	const alias = "Störung Á → 停"
	l := lead(t, open(t, server.URL(database)))
	require.NoError(t, l.Commit(t.Context(), []ledger.Change{change(alias, "1")}, false))
	var shown string
	require.NoError(t, superuser(t, database).QueryRow(t.Context(), "SELECT alias FROM otelcol_alert24.entries").Scan(&shown))
	require.Equal(t, alias, shown)
}
