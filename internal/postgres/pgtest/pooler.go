// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package pgtest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Pooler starts PgBouncer in front of the server until the test ends, and returns its address. mode is its pool_mode.
func (s *Server) Pooler(tb testing.TB, mode string) (address string) {
	tb.Helper()
	dir, err := os.MkdirTemp(s.dir, "pool") //nolint:usetesting // where another user gets
	require.NoError(tb, err)
	program, libraries, err := pooler(tb.Context(), dir)
	require.NoError(tb, err)
	port, err := freePort()
	require.NoError(tb, err)
	config := filepath.Join(dir, "pgbouncer.ini")
	for name, text := range map[string]string{
		config: fmt.Sprintf("[databases]\n* = host=%s port=%d\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = %d\nunix_socket_dir =\n"+
			"pool_mode = %s\nauth_type = scram-sha-256\nauth_file = users\nadmin_users = %s\n", s.dir, s.port, port, mode, Role),
		filepath.Join(dir, "users"): fmt.Sprintf("%q %q\n", Role, Password),
	} {
		require.NoError(tb, errors.Join(os.WriteFile(name, []byte(text), 0o600), s.own(name)))
	}
	require.NoError(tb, s.own(dir))
	cmd := s.command(context.WithoutCancel(tb.Context()), program, "-q", config)
	cmd.Dir, cmd.Env = dir, environment(libraries)
	require.NoError(tb, cmd.Start())
	tb.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait() // killed
	})
	address = net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
	require.Eventually(tb, func() bool {
		conn, err := net.Dial("tcp", address) //nolint:noctx // on this machine
		return err == nil && conn.Close() == nil
	}, time.Minute, 10*time.Millisecond, "PgBouncer does not start")
	return address
}

// pooler returns PgBouncer and its libraries where the server's user can run them: if unpacked in .tools, as copies in dir.
func pooler(ctx context.Context, dir string) (program, libraries string, err error) {
	tree := filepath.Join(root(), ".tools", "pgbouncer")
	for _, candidate := range []string{"pgbouncer", "/usr/sbin/pgbouncer"} {
		if exec.CommandContext(ctx, candidate, "--version").Run() == nil { //nolint:gosec // what the machine has
			return candidate, "", nil
		}
	}
	if _, err := os.Stat(tree); err != nil {
		return "", "", errors.New("PgBouncer is missing: run scripts/postgresql.sh on Debian, or install it so that pgbouncer is on the PATH")
	}
	to := filepath.Join(dir, "programs")
	if err := os.CopyFS(to, os.DirFS(tree)); err != nil {
		return "", "", err
	}
	return filepath.Join(to, "usr", "sbin", "pgbouncer"), filepath.Join(to, "lib"), os.Chmod(dir, 0o755) //nolint:gosec // another user's programs live in it
}
