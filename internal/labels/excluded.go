// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package labels

import "slices"

// excluded are labels that say how bad a problem is, or which replica measured it.
var excluded = []string{
	"severity", "alert_severity", "severity_level", "threshold.name",
	"prometheus_replica", "thanos_ruler_replica", "rule_replica", "__replica__",
}

// Excluded returns the names of labels that by default never make a different problem.
func Excluded() []string { return slices.Clone(excluded) }

// IsExcluded reports whether the name is one of them.
func IsExcluded(name string) bool { return slices.Contains(excluded, name) }
