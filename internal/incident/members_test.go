// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package incident

import (
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"
)

func TestManyMembersAreCounted(t *testing.T) {
	firing := make([]Alert, maxShown)
	for i := range firing {
		firing[i] = highErrorRate()
	}
	c := renderer(t, nil).Render(alias, firing, Context{Members: 1000, Since: time.Date(2026, 3, 18, 23, 59, 0, 0, time.UTC)})
	assert.Contains(t, c.Description, "Firing since 2026-03-18 23:59 UTC\n")
	assert.Contains(t, c.Description, "Firing alerts: 1000\n")
	assert.Equal(t, maxShown, strings.Count(c.Description, ", since 2026-03-19 14:30 UTC"))
	assert.True(t, strings.HasSuffix(c.Description, "\n- and 980 more\n\n"+AliasLine(alias)), c.Description)
	assert.True(t, strings.HasSuffix(c.Title, " (+999)"))
}

func TestMembersAreToldApartByTheirLabels(t *testing.T) {
	member := func(severity Severity, labels ...string) Alert {
		a := diskFull()
		a.Severity, a.Labels = severity, set(append([]string{"alertname", "DiskFull", "instance", "db-01"}, labels...)...)
		return a
	}
	for name, tt := range map[string]struct {
		members []Alert
		want    []string
	}{
		"one label": {
			[]Alert{member(High, "mountpoint", "/"), member(High, "mountpoint", "/var"), member(High, "mountpoint", "/home")},
			[]string{"high: mountpoint=/", "high: mountpoint=/var", "high: mountpoint=/home"},
		},
		"two labels, of which one is absent": {
			[]Alert{member(High, "a", "1", "z", "1"), member(High, "z", "2")}, []string{"high: a=1, z=1", "high: z=2"},
		},
		"severity alone": {
			[]Alert{member(Critical, "severity", "page"), member(High, "severity", "warning")},
			[]string{"critical: Disk 1 *almost* full <b>", "high: Disk 1 *almost* full <b>"},
		},
		"who measured, and a threshold": {
			[]Alert{member(High, "prometheus_replica", "a", "threshold.name", "x"), member(High, "prometheus_replica", "b", "pod", "p")},
			[]string{"high: Disk 1 *almost* full <b>", "high: pod=p"},
		},
		"rules": {
			[]Alert{member(Critical, "alertname", "Full", "device", "sda"), member(High, "device", "sdb")},
			[]string{"critical: Disk 1 *almost* full <b> (device=sda)", "high: Disk 1 *almost* full <b> (device=sdb)"},
		},
		"none of the differing ones": {
			[]Alert{member(High, "a", "1"), member(High)}, []string{"high: a=1", "high: Disk 1 *almost* full <b>"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			description := renderer(t, nil).Render(alias, tt.members, Context{}).Description
			_, list, _ := strings.Cut(description, "\n- ")
			list, _, _ = strings.Cut(list, "\n\n")
			assert.Equal(t, strings.Join(tt.want, ", since 2026-03-19 14:35 UTC\n- ")+", since 2026-03-19 14:35 UTC", list)
		})
	}
}

// ranked returns the worst of these alerts.
func ranked(alerts []Packed) []Alert {
	var r Ranking
	for i := range alerts {
		r.Add(&alerts[i])
	}
	return r.Alerts()
}

// Members above the limit have no text. Of equally bad ones, an incident shows those that have something to say.
func TestMembersWithTextComeFirst(t *testing.T) {
	start := time.Date(2026, 11, 26, 14, 0, 0, 0, time.UTC)
	older := Pack(&Alert{Fingerprint: "0", Severity: High, StartsAt: start, Annotations: set("summary", "no room for this")}).Brief()
	said := Pack(&Alert{Fingerprint: "1", Severity: High, StartsAt: start.Add(time.Minute), Annotations: set("summary", "Disk 1 is full")})
	worse := Pack(&Alert{Fingerprint: "2", Severity: Critical, StartsAt: start.Add(time.Hour)})
	for _, members := range [][]Packed{{older, said, worse.Brief()}, {said, older, worse.Brief()}} {
		var order []string
		for _, a := range ranked(members) {
			order = append(order, a.Fingerprint)
		}
		assert.Equal(t, []string{"2", "1", "0"}, order)
	}
}

func TestRanking(t *testing.T) {
	start := time.Date(2026, 11, 26, 14, 0, 0, 0, time.UTC)
	rapid.Check(t, func(t *rapid.T) {
		alerts := make([]Packed, rapid.IntRange(0, 3*maxShown).Draw(t, "members"))
		for i := range alerts {
			alerts[i] = Pack(&Alert{
				Fingerprint: strconv.Itoa(i), Severity: Severity(rapid.IntRange(1, 4).Draw(t, "severity")),
				StartsAt: start.Add(time.Duration(rapid.IntRange(0, 5).Draw(t, "start")) * time.Minute),
			})
		}
		all := func(yield func(*Packed) bool) {
			for i := range alerts {
				if !yield(&alerts[i]) {
					return
				}
			}
		}
		worst := ranked(alerts)
		want := slices.SortedFunc(all, worseFirst)
		want = want[:min(len(want), maxShown)]
		if len(worst) != len(want) {
			t.Fatalf("%d of %d", len(worst), len(want))
		}
		for i := range want {
			if worst[i].Fingerprint != want[i].Fingerprint {
				t.Fatalf("%s at %d, not %s", worst[i].Fingerprint, i, want[i].Fingerprint)
			}
		}
	})
}
