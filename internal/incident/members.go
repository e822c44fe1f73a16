// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package incident

import (
	"slices"
	"strings"

	"github.com/alert24/otelcol-alert24/internal/labels"
)

// differing returns the names of the labels that not all alerts have with one value, in order.
func differing(alerts []Alert) []string {
	var names []string
	for i := range alerts[1:] {
		names = appendDiffering(names, alerts[0].Labels, alerts[1+i].Labels)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// appendDiffering walks through two sets at once.
func appendDiffering(names []string, a, b labels.Set) []string {
	for len(a) > 0 || len(b) > 0 {
		var order int
		switch {
		case len(a) == 0:
			order = 1
		case len(b) == 0:
			order = -1
		default:
			order = strings.Compare(a[0].Name, b[0].Name)
		}
		switch {
		case order < 0:
			names, a = append(names, a[0].Name), a[1:]
		case order > 0:
			names, b = append(names, b[0].Name), b[1:]
		default:
			if a[0].Value != b[0].Value {
				names = append(names, a[0].Name)
			}
			a, b = a[1:], b[1:]
		}
	}
	return names
}
