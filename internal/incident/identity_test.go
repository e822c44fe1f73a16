// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package incident

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
)

func TestAliasTag(t *testing.T) {
	assert.Equal(t, "alert24-otel:d5a92cb83650e6d46417f120db6e4e01", AliasTag(alias), "incidents that are open were tagged so")
	long := strings.Repeat("a", 10_000)
	assert.NotEqual(t, AliasTag(long+"a"), AliasTag(long+"b"))
}

func TestBoundAlias(t *testing.T) {
	for _, a := range []string{"", alias, strings.Repeat("a", 255), "schön:/x?y", "a  b"} {
		assert.Equal(t, a, BoundAlias(a))
	}
	seen := map[string]bool{}
	for _, a := range []string{
		strings.Repeat("a", 256), strings.Repeat("a", 257), strings.Repeat("é", 128), "a\nb", "a\tb", "a\xffb", "a\xfeb", "\x00",
	} {
		got := BoundAlias(a)
		assert.LessOrEqual(t, len(got), 255)
		assert.True(t, utf8.ValidString(got))
		assert.Regexp(t, `^[\p{L}\p{N}\p{P}\p{S} …]*~[0-9a-f]{16}$`, got)
		assert.Equal(t, got, BoundAlias(got), "an alias that was bound stays as it is")
		assert.False(t, seen[got], "%q", a)
		seen[got] = true
	}
}
