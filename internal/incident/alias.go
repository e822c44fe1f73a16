// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package incident

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/alert24/otelcol-alert24/internal/text"
)

// maxAliasBytes is the longest alias that Alert24 keeps whole.
const maxAliasBytes = 255

// tagPrefix marks our own tags.
const tagPrefix = "alert24-otel:"

// AliasTag returns the tag by which the incident of alias is found again: Alert24 may not repeat the alias itself. It
// is a hash of the whole alias, so that two aliases never share one.
func AliasTag(alias string) string {
	sum := sha256.Sum256([]byte(alias))
	return tagPrefix + hex.EncodeToString(sum[:16])
}

// IsAliasTag tells our own tags from others.
func IsAliasTag(tag string) bool { return strings.HasPrefix(tag, tagPrefix) }

// BoundAlias returns an alias that survives the way to Alert24 and back. One that is too long, or holds control characters or
// bytes that are not UTF-8, becomes its readable start with a hash of all of it.
func BoundAlias(alias string) string {
	if len(alias) <= maxAliasBytes && utf8.ValidString(alias) && !strings.ContainsFunc(alias, unicode.IsControl) {
		return alias
	}
	sum := sha256.Sum256([]byte(alias))
	suffix := "~" + hex.EncodeToString(sum[:8])
	return text.CutBytes(text.Line(alias, maxAliasBytes), maxAliasBytes-len(suffix)) + suffix
}
