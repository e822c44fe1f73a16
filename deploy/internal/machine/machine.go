// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux

// Package machine gives a test a file system that it may change: a copy of this machine's, or an unpacked container image. Each command
// runs in its own mount namespace, which needs root.
package machine

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
)

// Machine is a file system that commands run in.
type Machine struct {
	root    string
	overlay string // the folder with the changes, or empty
}

// RequiredEnv is the variable with which a test fails instead of being skipped if it may not create machines.
const RequiredEnv = "ALERT24_MACHINE"

// clean removes what a bridge that ran on this machine has left.
const clean = "rm -rf /etc/otelcol-alert24 /var/lib/otelcol-alert24"

// Copy returns a copy of this machine, without a bridge's files. Only later commands see the changes of a command. They are removed when
// the test ends.
func Copy(t *testing.T) *Machine {
	t.Helper()
	root(t)
	dir := t.TempDir()
	for _, name := range []string{"upper", "work", "root"} {
		require.NoError(t, os.Mkdir(filepath.Join(dir, name), 0o755))
	}
	m := &Machine{root: filepath.Join(dir, "root"), overlay: dir}
	if out, err := m.Command(t, 0, nil, "/bin/sh", "-c", clean).CombinedOutput(); err != nil {
		Unable(t, "this machine's files cannot be overlaid: "+string(out))
	}
	return m
}

// At returns the file system in a folder as a machine.
func At(t *testing.T, dir string) *Machine {
	t.Helper()
	root(t)
	for _, name := range []string{"proc", "dev", "sys"} {
		require.NoError(t, os.MkdirAll(filepath.Join(dir, name), 0o755))
	}
	return &Machine{root: dir}
}

func root(t *testing.T) {
	t.Helper()
	if os.Geteuid() != 0 {
		Unable(t, "only root can run a command in a file system of its own")
	}
}

// Unable ends a test that cannot run on this machine. It skips the test, or fails it if RequiredEnv is set.
func Unable(t *testing.T, why string) {
	t.Helper()
	if os.Getenv(RequiredEnv) == "required" {
		t.Fatal(why)
	}
	t.Skip(why + "; " + RequiredEnv + "=required makes this a failure")
}

// enter mounts what the command sees. Paths come as arguments: $1 the root, $2 the changes, $3 the user.
const enter = `
root=$1 changes=$2 user=$3
shift 3
if [ -n "$changes" ]; then
	/bin/mount -t overlay overlay -o "lowerdir=/,upperdir=$changes/upper,workdir=$changes/work" "$root" || exit 125
fi
for dir in proc dev sys; do /bin/mount --rbind "/$dir" "$root/$dir" || exit 125; done
exec /usr/sbin/chroot --userspec="$user:$user" --groups= "$root" "$@"
`

// Command is a command for the machine, with env and nothing else in its environment. Its process is the command's own.
func (m *Machine) Command(t *testing.T, user int, env []string, args ...string) *exec.Cmd {
	t.Helper()
	all := append([]string{"--mount", "/bin/sh", "-euc", enter, "sh", m.root, m.overlay, strconv.Itoa(user)}, args...)
	cmd := exec.CommandContext(t.Context(), "/usr/bin/unshare", all...)
	cmd.Env = append([]string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C.UTF-8"}, env...)
	return cmd
}

// Script returns a shell script as a command of root, with its own network and processes: all ports are free, and all processes end with it.
func (m *Machine) Script(t *testing.T, env []string, script string) *exec.Cmd {
	t.Helper()
	cmd := m.Command(t, 0, env, "/bin/sh", "-euc", "ip link set lo up\n"+script)
	cmd.Args = slices.Insert(cmd.Args, 1, "--net", "--pid", "--fork", "--kill-child", "--mount-proc")
	return cmd
}

// Run runs a command as root and returns its output. The test fails if the command fails.
func (m *Machine) Run(t *testing.T, args ...string) string {
	t.Helper()
	out, err := m.Command(t, 0, []string{"DEBIAN_FRONTEND=noninteractive"}, args...).CombinedOutput()
	require.NoError(t, err, "%v: %s", args, out)
	return string(out)
}

// Fails runs a command as root and returns its output. The test fails if the command succeeds.
func (m *Machine) Fails(t *testing.T, args ...string) string {
	t.Helper()
	out, err := m.Command(t, 0, nil, args...).CombinedOutput()
	require.Error(t, err, "%v: %s", args, out)
	return string(out)
}

// Write writes a file that root owns.
func (m *Machine) Write(t *testing.T, path, content, mode string) {
	t.Helper()
	m.Run(t, "/bin/sh", "-euc", `printf %s "$2" >"$1" && chmod "$3" "$1"`, "sh", path, content, mode)
}

// ProgramsEnv names the folder with the built programs of this machine's platform.
const ProgramsEnv = "DEPLOY_PROGRAMS"

// Programs is the folder with the built programs.
func Programs(t *testing.T) string {
	t.Helper()
	dir := os.Getenv(ProgramsEnv)
	if dir == "" && os.Getenv(RequiredEnv) != "required" {
		t.Skip(ProgramsEnv + " is not set: `make test-deploy` builds the programs and sets it")
	}
	require.FileExists(t, filepath.Join(dir, "otelcol-alert24"), ProgramsEnv)
	return dir
}
