// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/alert24/otelcol-alert24/internal/ledger"
)

// A server without space refuses new data. Here a trigger fails as a full disk would.
func TestServerWithoutSpace(t *testing.T) {
	t.Parallel()
	database := server.Database(t)
	db := open(t, server.URL(database))
	l := lead(t, db)
	require.NoError(t, l.Commit(t.Context(), []ledger.Change{change("a", "1"), change("b", "1")}, false))
	server.Do(t, database, `CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS
		$$BEGIN RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = '53100'; END$$`,
		"CREATE TRIGGER no_space BEFORE INSERT ON otelcol_alert24.entries FOR EACH ROW EXECUTE FUNCTION full_disk()",
		"CREATE TRIGGER no_space BEFORE INSERT ON otelcol_alert24.inbox FOR EACH ROW EXECUTE FUNCTION full_disk()")
	err := l.Commit(t.Context(), []ledger.Change{{Key: "b"}, change("c", "1")}, false)
	require.ErrorContains(t, err, "No space left on device (SQLSTATE 53100)")
	require.NotErrorIs(t, err, ledger.ErrUncertain)
	require.Len(t, records(t, db), 2, "nothing of the transaction is there")
	ready(t, db)
	require.ErrorContains(t, db.Append(t.Context(), db.Arrival(), "", []byte("x")), "No space left on device")
	require.ErrorContains(t, db.Check(t.Context()), "cannot write test rows: could not extend file: No space left on device")
	require.NoError(t, l.Err())
	require.NoError(t, l.Commit(t.Context(), []ledger.Change{{Key: "b"}}, true), "what frees space is possible")
	server.Do(t, database, "DROP TRIGGER no_space ON otelcol_alert24.entries")
	require.NoError(t, l.Commit(t.Context(), []ledger.Change{change("c", "1")}, false))
	require.Equal(t, map[string]string{"a": "1", "c": "1"}, records(t, db))
}

// The clock of the process may be years behind the clock of the database. In synctest it shows the year 2000.
func TestCheckWritesWhateverTheClockShows(t *testing.T) {
	t.Parallel()
	database := server.Database(t)
	db := open(t, server.URL(database))
	inTime(t, func() error { return db.Check(t.Context()) })
	server.Do(t, database, "ALTER TABLE otelcol_alert24.inbox ADD CONSTRAINT broken CHECK (false) NOT VALID")
	synctest.Test(t, func(t *testing.T) {
		db := open(t, server.URL(database)) // here, because a connection wakes its goroutines
		require.ErrorContains(t, db.Check(t.Context()), "broken")
	})
}
