// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package delivery

import (
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/alert24/otelcol-alert24/e2e/harness/kit"
)

// A wrong key loses nothing. When the key file is replaced, all calls go out without a restart.
func TestKeyIsReplacedOnDisk(t *testing.T) {
	file := filepath.Join(t.TempDir(), "key")
	require.NoError(t, os.WriteFile(file, []byte("ak_live_wrong"), 0o600))
	s, c := kit.StartCollector(t, append(kit.Quick(),
		"exporters.alert24.api_key=",
		"exporters.alert24.auth.authenticator=bearertokenauth/api",
		"extensions.bearertokenauth/api.filename="+file,
		// Without these, the collector may not watch the file yet when it is replaced.
		"extensions.bearertokenauth/api.wait_for_token_file=true",
		"extensions.bearertokenauth/api.retry_on_failure={enabled: true, max_retries: 2, interval: 1s}",
		"service.extensions=[file_storage, bearertokenauth/webhook, bearertokenauth/api, health_check]",
	)...)
	kit.Deliver(t, c, kit.Firing("api-01.prod", "critical"))
	over := kit.Firing("api-02.prod", "critical")
	kit.Deliver(t, c, over)
	kit.Eventually(t, func(context.Context) error {
		if s.Stats().Answers[http.StatusUnauthorized] == 0 {
			return errors.New("no request was refused")
		}
		return nil
	})
	kit.Deliver(t, c, kit.Resolved(over))
	c.Kill() // calls that wait for the key survive this, too
	require.NoError(t, c.Start(t.Context()))
	assert.Empty(t, s.Incidents())

	require.NoError(t, os.WriteFile(file, []byte(s.Key), 0o600))
	kit.OnlyIncident(t, s, kit.IsOpen)
	kit.AtRest(t, s, kit.SettleTime, c)
	require.Equal(t, "HighErrorRate:api-01.prod", kit.OnlyIncident(t, s, kit.IsOpen).Alias, "what came and went is not paged")
	assert.NotContains(t, c.Log(), s.Key)
}
