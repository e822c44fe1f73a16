// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alertmanagerreceiver

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/confmap"
)

func TestRefusedSyncConfig(t *testing.T) {
	const address = "sync::endpoints[0]: must be the address of an Alertmanager, for example http://alertmanager:9093"
	endpoint := func(e string) map[string]any { return map[string]any{"endpoints": []any{e}} }
	for _, tt := range []struct {
		sync map[string]any
		want string
	}{
		{endpoint("alertmanager:9093"), address},
		{endpoint(""), address},
		{endpoint("ftp://alertmanager"), address},
		{endpoint("http://"), address},
		{endpoint("http://user:tops3cret@alertmanager"), "sync::endpoints[0]: must not contain a user or password; use auth"},
		{endpoint("http://alertmanager/?tops3cret"), "sync::endpoints[0]: must contain neither ? nor #"},
		{endpoint("http://alertmanager/api/v2"), "sync::endpoints[0]: must end before /api/v2, which the receiver adds"},
		{endpoint("http://alertmanager/api/v2/alerts"), "sync::endpoints[0]: must end before /api/v2, which the receiver adds"},
		{map[string]any{"endpoints": []any{"http://u:secret@a", "http://u:secret@a"}}, "sync::endpoints: an address appears twice\nsync::endpoints[0]: must not contain a user or password; use auth\nsync::endpoints[1]: must not contain a user or password; use auth"},
		{map[string]any{"proxy_url": "http://user:tops3cret %@proxy"}, "sync::proxy_url: must be a URL like http://proxy:3128, with special characters in the password written as %XX"},
		{map[string]any{"headers": map[string]any{"X": "tops3cret\n"}}, `sync::headers: the value of "X" must be one line without control characters`},
		{map[string]any{"endpoints": []any{"http://a:9093", "http://a:9093/"}}, "sync::endpoints: an address appears twice"},
		{map[string]any{"endpoint": "http://a"}, "sync::endpoint: write the addresses into endpoints"},
		{map[string]any{"interval": "500ms"}, "sync::interval: 500ms is too short: the minimum is 1s; write the unit, as in 15s"},
		{map[string]any{"interval": 60}, "sync::interval: 60ns is too short: the minimum is 1s; write the unit, as in 15s"},
		{map[string]any{"absent_for": "59s"}, "sync::absent_for: 59s is shorter than interval (1m0s): one list alone would close incidents"},
		{map[string]any{"startup_grace": "-1s"}, "sync::startup_grace: must not be below 0"},
		{map[string]any{"startup_grace": 5}, "sync::startup_grace: 5ns is too short: write the unit, as in 15s"},
		{map[string]any{"repair": "firings"}, "sync::repair: must be resolves or both, not \"firings\""},
		{map[string]any{"repair": "both"}, "sync::repair: both needs endpoints"},
		{
			map[string]any{"repair": "both", "endpoints": []any{"http://a"}},
			"sync::receiver: repair: both needs the name of the receiver in Alertmanager's configuration that sends to the bridge",
		},
		{map[string]any{"timeout": "0s"}, "sync::timeout: must be above 0, or an Alertmanager that hangs stops the sync"},
		{map[string]any{"timeout": 5}, "sync::timeout: 5ns is too short: write the unit, as in 15s"},
	} {
		t.Run(tt.want, func(t *testing.T) {
			cfg := defaultConfig()
			require.NoError(t, confmap.NewFromStringMap(map[string]any{"sync": tt.sync}).Unmarshal(cfg))
			require.EqualError(t, confmap.Validate(cfg), tt.want)
		})
	}
}

// TestSyncSource: a list of one Alertmanager must not end alerts that only another one listed. The order of the addresses and trailing
// slashes do not change the source.
func TestSyncSource(t *testing.T) {
	source := func(endpoints ...string) string {
		return (&SyncConfig{Endpoints: endpoints}).source("alertmanager/prod")
	}
	assert.Equal(t, source("http://a:9093", "http://b:9093"), source("http://b:9093/", "http://a:9093"))
	assert.NotEqual(t, source("http://a:9093"), source("http://b:9093"))
	assert.NotEqual(t, source("http://a:9093"), source("http://a:9093", "http://b:9093"))
	assert.Regexp(t, "^alertmanager/prod@[0-9a-f]{8}$", source("http://a:9093"))
}

func TestTheSyncGivesUpALostConnection(t *testing.T) {
	cfg := defaultConfig()
	client := cfg.Sync.client()
	assert.NotZero(t, client.HTTP2ReadIdleTimeout)
	assert.NotZero(t, client.HTTP2PingTimeout)
	assert.Zero(t, cfg.Sync.ClientConfig.HTTP2ReadIdleTimeout, "the configuration stays as it is")
	cfg.Sync.ClientConfig.ForceAttemptHTTP2 = false
	assert.Zero(t, cfg.Sync.client().HTTP2ReadIdleTimeout, "HTTP/2 that is off stays off")
}
