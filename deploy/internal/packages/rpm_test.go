// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux

package packages

import (
	"os/exec"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/alert24/otelcol-alert24/deploy/internal/machine"
)

// rpm installs, upgrades and removes its package, with tiny files in place of the programs. It runs on Debian, where rpm knows none of the
// packages that this one depends on.
func TestRPM(t *testing.T) {
	if _, err := exec.LookPath("rpm"); err != nil {
		machine.Unable(t, "rpm is missing: apt-get install rpm")
	}
	m := machine.Copy(t)
	build := func(version string) string {
		o := pretend(t)
		o.Arch, o.Version = runtime.GOARCH, version
		path, err := Build(o, "rpm")
		require.NoError(t, err)
		return path
	}
	rpm := func(args ...string) {
		m.Run(t, append([]string{"/usr/bin/rpm", "--force-debian", "--nodeps"}, args...)...)
	}
	rpm("-i", build("0.1.0"))
	assert.Equal(t, "640 root:root", strings.TrimSpace(m.Run(t, "/usr/bin/stat", "-c", "%a %U:%G", environment)))
	assert.Empty(t, m.Run(t, "/usr/bin/find", "/etc/systemd", "-name", "otelcol-alert24*"), "installing starts nothing, now or at boot")
	assert.Equal(t, settings+"/collector-config.yaml\n"+environment+"\n"+settings+"/kubernetes-alias-rules.yaml\n", m.Run(t, "/usr/bin/rpm", "-q", "-c", Name))
	m.Run(t, "/usr/bin/systemctl", "enable", "otelcol-alert24")
	m.Run(t, "/bin/sh", "-euc", "echo '"+edited+"' >>"+environment+" && mkdir -p "+state+" && touch "+state+"/kept")

	rpm("-U", build("0.2.0"))
	assert.Equal(t, "0.2.0", m.Run(t, "/usr/bin/rpm", "-q", "--qf", "%{VERSION}", Name))
	assert.Contains(t, m.Run(t, "/bin/cat", environment), edited)
	m.Run(t, "/usr/bin/test", "-L", wants)

	rpm("-e", Name)
	m.Fails(t, "/usr/bin/test", "-e", unitFile)
	m.Fails(t, "/usr/bin/test", "-L", wants)
	assert.Contains(t, m.Run(t, "/bin/cat", environment+".rpmsave"), edited)
	m.Run(t, "/usr/bin/test", "-f", state+"/kept")
}
