// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package text

import "strconv"

// Count returns a number and what it counts, as "1 alert" or "2 alerts".
func Count[N int | int64](n N, one, more string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.FormatInt(int64(n), 10) + " " + more
}
