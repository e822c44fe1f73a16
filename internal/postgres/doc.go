// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

// Package postgres lets replicas of the bridge share one ledger in a PostgreSQL database: the ledger's Store, a lease that the leader
// holds, and an inbox for the webhooks of the followers. It knows SQL, but neither alerts nor incidents. Start reading at DB.Campaign,
// Leader.CommitInbox and DB.Append.
//
// A number that grows with each takeover fences the leader. Each commit checks it under a row lock, and a takeover waits for this lock.
// So a leader that slept through its lease cannot write. All times are the database's: a replica uses only differences of its own
// clock.
//
// # Privileges
//
// The role that creates or upgrades the schema needs CREATE on the database or, if the schema exists, on the schema. Any other role
// needs only
//
//	GRANT USAGE ON SCHEMA otelcol_alert24 TO bridge;
//	GRANT SELECT ON otelcol_alert24.versions TO bridge;
//	GRANT SELECT, INSERT, UPDATE, DELETE ON otelcol_alert24.lease, otelcol_alert24.leader, otelcol_alert24.entries, otelcol_alert24.inbox TO bridge;
//
// after the owner of the database has run examples/postgresql-schema.sql. All replicas of a component use the same role: a successor
// ends the sessions of a leader that was stopped in the middle of a commit, which PostgreSQL allows for a role's own sessions.
//
// # Connections
//
// The leader has up to six, a follower four. Each needs its own session: PgBouncer works only with pool_mode = session.
package postgres
