// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/alert24/otelcol-alert24/internal/ledger"
	"github.com/alert24/otelcol-alert24/internal/postgres/pgtest"
)

// After a failover, the former primary may not answer at all, like a machine without power. The replicas reach the others behind it,
// whatever the lease is.
func TestSilentHosts(t *testing.T) {
	t.Parallel()
	for name, lease := range map[string]time.Duration{"usual lease": 10 * time.Second, "long lease": time.Minute} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			silent := func() string {
				p := pgtest.NewProxy(t, server.Address())
				p.Set(pgtest.Fault{HangToServer: true, HangToClient: true})
				return p.Address()
			}
			hosts := strings.Join([]string{silent(), silent(), server.Address()}, ",")
			db := unopened(t, pgtest.TCP(hosts, server.Database(t)), leases(lease))
			l := await(t, campaign(t, db))
			inTime(t, func() error { return db.Append(t.Context(), db.Arrival(), "list", []byte("webhook")) }) // a repeated list is one row
			inTime(t, func() error { _, err := db.Status(t.Context()); return err })
			var rows []ledger.Row
			inTime(t, func() (err error) { rows, _, err = l.Inbox(t.Context(), nil); return err })
			assert.Len(t, rows, 1)
		})
	}
}
