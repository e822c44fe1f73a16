// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"
	"errors"
	"net"
	"strconv"
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

// The first address of a name may be that of a machine without power. The next one is reached before webhooks are late.
func TestNameWithSilentAddress(t *testing.T) {
	t.Parallel()
	cc, err := unopened(t, pgtest.TCP("several.test", server.Database(t)), leases(time.Minute)).connConfig()
	require.NoError(t, err)
	cc.LookupFunc = func(context.Context, string) ([]string, error) { return []string{silent(t), server.Address()}, nil }
	holds(t, func() bool {
		ctx, cancel := context.WithTimeout(t.Context(), Punctual)
		defer cancel()
		conn, err := pgx.ConnectConfig(ctx, cc)
		return err == nil && conn.Close(ctx) == nil
	}, "it waits for the silent address")
}

// silent returns an address that drops new connections: its backlog is full.
func silent(t *testing.T) string {
	t.Helper()
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	require.NoError(t, err)
	t.Cleanup(func() { _ = unix.Close(fd) })
	require.NoError(t, errors.Join(unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}), unix.Listen(fd, 0)))
	name, err := unix.Getsockname(fd)
	require.NoError(t, err)
	address := net.JoinHostPort("127.0.0.1", strconv.Itoa(name.(*unix.SockaddrInet4).Port))
	for {
		conn, err := net.DialTimeout("tcp", address, 100*time.Millisecond)
		if err != nil {
			return address
		}
		t.Cleanup(func() { _ = conn.Close() })
	}
}
