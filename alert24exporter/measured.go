// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alert24exporter

import (
	"context"
	"errors"
	"time"

	"go.opentelemetry.io/otel/attribute"

	"github.com/alert24/otelcol-alert24/internal/ledger"
	"github.com/alert24/otelcol-alert24/internal/postgres"
)

// measuredStore is the ledger's store with metrics about whether it accepts new alerts.
type measuredStore struct {
	ledger.Store
	telemetry *telemetry
}

// Commit counts successes and failures. A full storage still accepts writes that free space, so a success does not prove that the
// storage works again.
func (m measuredStore) Commit(ctx context.Context, changes []ledger.Change, makesRoom bool) error {
	err := m.Store.Commit(ctx, changes, makesRoom)
	m.telemetry.wrote(ctx, err, !makesRoom)
	return err
}

// wrote counts a write. proves: a success proves that the storage accepts new alerts.
func (t *telemetry) wrote(ctx context.Context, err error, proves bool) {
	switch {
	case errors.Is(err, ledger.ErrDeposed), errors.Is(err, context.Canceled), errors.Is(err, postgres.ErrLate):
		return // not a fault of the storage: this replica does not lead, or the sender has gone or was late
	case err != nil:
		t.storageFails(err)
		t.writesFailed.Add(1)
		t.builder.ExporterAlert24StorageFailures.Add(ctx, 1, t.own)
		return
	case proves:
		t.storageWorks()
	}
	t.optional.ExporterAlert24LedgerWrites.Add(ctx, 1, t.own)
}

// storageFails keeps why the storage cannot be written.
func (t *telemetry) storageFails(err error) {
	t.storageFailed.Store(true)
	t.lately.wrote(err)
}

// storageWorks logs that the storage works again, if it had failed.
func (t *telemetry) storageWorks() {
	if t.storageFailed.Swap(false) {
		t.lately.writes()
		t.logger.Info("The ledger can be written again")
	}
}

// measuredLeadership is a measuredStore for the leader's store.
type measuredLeadership struct {
	ledger.Leadership
	telemetry *telemetry
}

// Commit is CommitInbox without rows.
func (m measuredLeadership) Commit(ctx context.Context, changes []ledger.Change, _ bool) error {
	return m.CommitInbox(ctx, changes, ledger.Consumed{})
}

// CommitInbox counts successes and failures, and measures the time.
func (m measuredLeadership) CommitInbox(ctx context.Context, changes []ledger.Change, done ledger.Consumed) error {
	began := time.Now()
	err := m.Leadership.CommitInbox(ctx, changes, done)
	m.telemetry.committed(ctx, leads, time.Since(began), err)
	return err
}

// Inbox counts failures: if the inbox cannot be read, nothing can be written.
func (m measuredLeadership) Inbox(ctx context.Context, ids []int64) (rows []ledger.Row, rest []int64, err error) {
	rows, rest, err = m.Leadership.Inbox(ctx, ids)
	if err != nil {
		m.telemetry.wrote(ctx, err, false)
	}
	return rows, rest, err
}

// Roles of a commit.
const (
	leads   = "leader"
	follows = "follower"
)

// committed is wrote for a database transaction.
func (t *telemetry) committed(ctx context.Context, role string, took time.Duration, err error) {
	t.wrote(ctx, err, true)
	t.optional.ExporterAlert24CommitDuration.Record(ctx, took.Seconds(), t.attributes(attribute.String("role", role)))
}
