// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"
	"net"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/alert24/otelcol-alert24/internal/postgres/pgtest"
)

// A network that drops all packets is noticed before the lease ends.
func TestSilenceOfTCPIsLimited(t *testing.T) {
	t.Parallel()
	db := open(t, pgtest.TCP(server.Address(), server.Database(t)), leases(10*time.Second))
	var got int
	err := db.reader.do(t.Context(), "look at the socket", true, func(_ context.Context, conn *pgx.Conn) error {
		raw, err := conn.PgConn().Conn().(*net.TCPConn).SyscallConn()
		require.NoError(t, err)
		var option error
		require.NoError(t, raw.Control(func(fd uintptr) {
			got, option = unix.GetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT)
		}))
		return option
	})
	require.NoError(t, err)
	require.Equal(t, 5000, got)
}
