// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package kit

import (
	"path/filepath"
	"testing"
)

// Secrets that must not be printed.
const (
	SecretKey      = "ak_live_0123456789abcdefghijklmnopqrstuv"
	SecretToken    = "token-that-nobody-may-see"
	SecretPassword = "password-that-nobody-may-see"
)

// Settings returns the environment that collector-config.yaml needs.
func Settings(t *testing.T) []string {
	t.Helper()
	return []string{
		"ALERT24_API_KEY=" + SecretKey,
		"ALERT24_WEBHOOK_TOKEN=" + SecretToken,
		"ALERT24_DATABASE_URL=postgres://bridge:" + SecretPassword + "@localhost/bridge",
		"ALERT24_STORAGE_DIR=" + filepath.Join(t.TempDir(), "storage"),
	}
}
