// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alertmanagerreceiver

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/confmap"
)

func TestRefusedSyncConfig(t *testing.T) {
	const address = "sync: endpoints[0]: must be the address of an Alertmanager, for example http://alertmanager:9093"
	endpoint := func(e string) map[string]any { return map[string]any{"endpoints": []any{e}} }
	for _, tt := range []struct {
		sync map[string]any
		want string
	}{
		{endpoint("alertmanager:9093"), address},
		{endpoint(""), address},
		{endpoint("ftp://alertmanager"), address},
		{endpoint("http://"), address},
		{endpoint("http://user:tops3cret@alertmanager"), "sync: endpoints[0]: must not hold a user or password; use auth"},
		{endpoint("http://alertmanager/?tops3cret"), "sync: endpoints[0]: must hold neither ? nor #"},
		{endpoint("http://alertmanager/api/v2"), "sync: endpoints[0]: must end before /api/v2, which the receiver adds"},
		{endpoint("http://alertmanager/api/v2/alerts"), "sync: endpoints[0]: must end before /api/v2, which the receiver adds"},
		{map[string]any{"endpoints": []any{"http://a", "http://a"}}, `sync: endpoints: "http://a" is there twice`},
		{map[string]any{"endpoint": "http://a"}, "sync: endpoint: write the addresses into endpoints"},
		{map[string]any{"interval": "500ms"}, "sync: interval: must be at least 1s"},
		{map[string]any{"interval": 60}, "sync: interval: must be at least 1s"},
		{map[string]any{"absent_for": "59s"}, "sync: absent_for: must not be shorter than interval, or one list alone would close incidents"},
		{map[string]any{"startup_grace": "-1s"}, "sync: startup_grace: must not be negative"},
		{map[string]any{"startup_grace": 5}, "sync: startup_grace: is 5ns; write a unit, as in 5s"},
		{map[string]any{"timeout": "0s"}, "sync: timeout: must be positive, or an Alertmanager that hangs stops the sync"},
		{map[string]any{"timeout": 5}, "sync: timeout: is 5ns; write a unit, as in 5s"},
	} {
		t.Run(tt.want, func(t *testing.T) {
			cfg := defaultConfig()
			require.NoError(t, confmap.NewFromStringMap(map[string]any{"sync": tt.sync}).Unmarshal(cfg))
			require.EqualError(t, confmap.Validate(cfg), tt.want)
		})
	}
}
