// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

// Package postgres lets replicas of the bridge share one ledger in a PostgreSQL database: the ledger's Store, a lease that
// one replica holds as the leader, and an inbox in which the others leave their webhooks. It knows SQL and neither alerts
// nor incidents. Start reading at DB.Campaign, Leader.CommitInbox and DB.Append.
//
// A number that grows with each takeover fences the leader. Each of its commits checks it under a row lock for which a
// takeover waits, so that a leader that slept through its lease cannot write. All times are the database's: a replica
// compares only differences of its own clock.
//
// # Privileges
//
// The role that creates or upgrades the schema needs CREATE on the database, or on the schema if that is there. Otherwise a
// role suffices with
//
//	GRANT USAGE ON SCHEMA otelcol_alert24 TO bridge;
//	GRANT SELECT ON otelcol_alert24.versions TO bridge;
//	GRANT SELECT, INSERT, UPDATE, DELETE ON otelcol_alert24.lease, otelcol_alert24.leader, otelcol_alert24.entries, otelcol_alert24.inbox TO bridge;
//
// and examples/postgresql-schema.sql is what the owner of the database runs before. All replicas of a component use the same role: a successor ends the
// sessions of a leader that was stopped in the middle of a commit, which PostgreSQL allows for a role's own sessions.
//
// # Connections
//
// The leader has up to six, a follower four. They need a session each: PgBouncer works in its session mode only.
package postgres
