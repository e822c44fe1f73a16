// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux

package packages

import (
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/alert24/otelcol-alert24/deploy/internal/machine"
)

// withKeyFile is the packaged configuration with the key in a file, as docs/keys.md shows for systemd.
func withKeyFile(t *testing.T) string {
	t.Helper()
	extension := regexp.MustCompile(`(?s)LoadCredential=.*?` + "```yaml\nextensions:\n(.*?)exporters:\n  alert24:\n(.*?)service:").FindStringSubmatch(readFile(t, "docs", "keys.md"))
	require.NotNil(t, extension)
	config := readFile(t, "collector-config.yaml")
	for _, change := range [][2]string{
		{"    api_key: ${env:ALERT24_API_KEY}\n", extension[2]},
		{"\nextensions:\n", "\nextensions:\n" + extension[1]},
		{"  extensions: [file_storage,", "  extensions: [bearertokenauth/api, file_storage,"},
	} {
		require.Equal(t, 1, strings.Count(config, change[0]), change[0])
		config = strings.Replace(config, change[0], change[1], 1)
	}
	return config
}

// keyFile is what LoadCredential makes of the file: readable by the user of this start alone.
func (m *installed) keyFile(t *testing.T) {
	m.Write(t, settings+"/with-key-file.yaml", withKeyFile(t), "0644")
	m.Run(t, "/bin/sh", "-euc", `
mkdir -p /run/test-credentials
printf %s ak_live_of_this_test >/run/test-credentials/api-key
chown -R "$1:$1" /run/test-credentials
chmod 0400 /run/test-credentials/api-key && chmod 0500 /run/test-credentials`, "sh", "61999")
	p := m.startWithKeyFile(t)
	p.Answers(t, "http://localhost:"+m.webhooks+"/-/ready")
	p.Stop(t)

	// A file of root's own, without LoadCredential.
	m.Run(t, "/bin/sh", "-euc", "chown root:root /run/test-credentials/api-key && chmod 0600 /run/test-credentials/api-key")
	refused := m.startWithKeyFile(t)
	require.Error(t, refused.Wait(t))
	assert.Contains(t, refused.Log(), "/run/test-credentials/api-key: permission denied")
}

func (m *installed) startWithKeyFile(t *testing.T) *machine.Process {
	t.Helper()
	env := append(m.environment(t), "ALERT24_API_KEY=", "CREDENTIALS_DIRECTORY=/run/test-credentials", "ALERT24_STORAGE_DIR="+state+"/with-key-file")
	return machine.Start(t, m.Command(t, someone, env, "/usr/bin/otelcol-alert24", "--config", settings+"/with-key-file.yaml"))
}
