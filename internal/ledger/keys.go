// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"strconv"
	"strings"
)

// bucketMark separates an alias from the number of a bucket of its members. Aliases contain no control characters.
const bucketMark = "\x1f"

func bucketKey(alias string, i int) string { return alias + bucketMark + strconv.Itoa(i) }

// splitKey returns the alias in a record's key, and the number of the bucket, or -1 for the entry's own record.
func splitKey(key string) (alias string, bucket int) {
	alias, number, found := strings.Cut(key, bucketMark)
	if !found {
		return alias, -1
	}
	bucket, err := strconv.Atoi(number)
	if err != nil || bucket < 0 || key != bucketKey(alias, bucket) {
		return key, -1
	}
	return alias, bucket
}
