// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package matcher

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/alert24/otelcol-alert24/internal/labels"
)

// BenchmarkMatches tries the matchers of the rules for Kubernetes on an alert that none of them matches: with our lists of names,
// and with only the library's regular expressions.
func BenchmarkMatches(b *testing.B) {
	text, err := os.ReadFile(filepath.Join("..", "..", "examples", "kubernetes-alias-rules.yaml"))
	require.NoError(b, err)
	var rules []struct{ Matchers []string }
	require.NoError(b, yaml.Unmarshal(text, &rules))
	require.Greater(b, len(rules), 10)
	var lists, plain []Set
	for _, r := range rules {
		own, err := Parse(r.Matchers...)
		require.NoError(b, err)
		library, err := Parse(r.Matchers...)
		require.NoError(b, err)
		for i := range library {
			library[i].isList = false
		}
		lists, plain = append(lists, own), append(plain, library)
	}
	alert := labels.FromMap(map[string]string{"alertname": "HighErrorRate", "instance": "api-01.prod", "severity": "critical"})
	for name, sets := range map[string][]Set{"lists": lists, "library": plain} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				for _, s := range sets {
					if s.Matches(alert) {
						b.Fatal("a rule matches")
					}
				}
			}
		})
	}
}
