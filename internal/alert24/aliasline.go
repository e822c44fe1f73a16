// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alert24

import "strings"

// aliasOfDescription reads the alias from the last line of a description that we wrote.
func aliasOfDescription(description string) (alias string, ok bool) {
	text := strings.TrimSpace(description)
	if i := strings.LastIndexAny(text, "\n\r"); i >= 0 {
		text = text[i+1:]
	}
	if alias, ok = strings.CutPrefix(text, "Alias: "); !ok {
		return "", false
	}
	return alias, alias != ""
}
