// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
)

const readStatus = `SELECT extract(epoch FROM clock_timestamp())::float8 - extract(epoch FROM l.renewed)::float8, l.expires > clock_timestamp(),
	i.rows, coalesce(extract(epoch FROM clock_timestamp() - i.oldest)::float8, 0), i.aside
FROM @.lease l, (
	SELECT count(*) FILTER (WHERE set_aside IS NULL) AS rows,
		min(arrived) FILTER (WHERE set_aside IS NULL) AS oldest, count(set_aside) AS aside
	FROM @.inbox WHERE component = $1
) i WHERE l.component = $1`

// Status is the state of the replicas and the inbox, for metrics and pages.
type Status struct {
	Leading bool // some replica leads
	// Renewed is how long ago the lease was renewed.
	Renewed time.Duration
	// InboxRows and InboxAge, the age of the oldest row, count waiting rows. Aside counts unusable rows.
	InboxRows, Aside int
	InboxAge         time.Duration
}

// Status reads the current state.
func (db *DB) Status(ctx context.Context) (s Status, err error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	var renewed, age float64
	err = db.reader.do(ctx, "read the status", true, func(ctx context.Context, conn *pgx.Conn) error {
		return conn.QueryRow(ctx, db.sql(readStatus), db.component()).
			Scan(&renewed, &s.Leading, &s.InboxRows, &age, &s.Aside)
	})
	s.Renewed, s.InboxAge = seconds(renewed), seconds(age)
	return s, err
}

// seconds returns a duration of at most a year.
func seconds(s float64) time.Duration {
	const year = 365 * 24 * time.Hour
	return time.Duration(min(max(s, 0), year.Seconds()) * float64(time.Second))
}
