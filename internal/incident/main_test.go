// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package incident

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/alert24/otelcol-alert24/internal/labels"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// renderer returns a Renderer of the default configuration after change.
func renderer(tb testing.TB, change func(*Config), opts ...Option) *Renderer {
	tb.Helper()
	cfg := DefaultConfig()
	if change != nil {
		change(&cfg)
	}
	r, err := NewRenderer(cfg, opts...)
	require.NoError(tb, err)
	return r
}

// set takes names and values alternately.
func set(pairs ...string) labels.Set {
	m := make(map[string]string, len(pairs)/2)
	for pair := range slices.Chunk(pairs, 2) {
		m[pair[0]] = pair[1]
	}
	return labels.FromMap(m)
}

// highErrorRate is an alert of a well-written rule.
func highErrorRate() Alert {
	return Alert{
		Fingerprint: "7cbec6757d8f05d5", Name: "HighErrorRate", Severity: Critical,
		StartsAt: time.Date(2026, 3, 19, 14, 30, 0, 123e6, time.UTC),
		Labels: set("alertname", "HighErrorRate", "instance", "api-01.prod", "job", "api-service",
			"severity", "critical", "team", "payments"),
		Annotations: set("summary", "High error rate on api-01.prod",
			"description", "7 % of the requests fail.\nUsers see errors.",
			"runbook_url", "https://runbooks.example.com/HighErrorRate",
			"dashboard_url", "https://grafana.example.com/d/abc?var-x=1&y=<2>"),
		GroupLabels:  set("alertname", "HighErrorRate"),
		GeneratorURL: "http://prometheus.example.com:9090/graph?g0.expr=up+%3D%3D+0&g0.tab=1",
		ExternalURL:  "https://alertmanager.example.com",
	}
}

func diskFull() Alert {
	return Alert{
		Fingerprint: "28db66cb4cdb94d6", Name: "DiskFull", Severity: High,
		StartsAt: time.Date(2026, 3, 19, 14, 35, 0, 0, time.UTC),
		Labels: set("alertname", "DiskFull", "instance", "db-01.prod:9100", "mountpoint", `/var/lib/"pg data"\x`,
			"severity", "warning", "team", "storage"),
		Annotations: set("summary", "Disk 1 *almost* full <b>"),
		ExternalURL: "https://alertmanager.example.com/",
		Truncated:   2,
	}
}
