// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package incident

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/alert24/otelcol-alert24/internal/text"
)

// maxAliasBytes is the longest alias that Alert24 keeps whole.
const maxAliasBytes = 255

// tagPrefix marks our own tags.
const tagPrefix = "alert24-otel:"

// AliasTag returns the tag that identifies the incident of alias, because Alert24 may not show the alias itself. The tag is a hash
// of the whole alias, so two aliases never share one.
func AliasTag(alias string) string {
	sum := sha256.Sum256([]byte(alias))
	return tagPrefix + hex.EncodeToString(sum[:16])
}

// IsAliasTag reports whether tag is one of our own.
func IsAliasTag(tag string) bool { return strings.HasPrefix(tag, tagPrefix) }

// BoundAlias returns an alias that Alert24 stores unchanged. If the alias is too long, or has control characters or bytes that are
// not UTF-8, the result is its readable start and a hash of the whole.
func BoundAlias(alias string) string {
	if len(alias) <= maxAliasBytes && utf8.ValidString(alias) && !text.HasControl(alias) {
		return alias
	}
	sum := sha256.Sum256([]byte(alias))
	suffix := "~" + hex.EncodeToString(sum[:8])
	return text.CutBytes(text.Line(alias, maxAliasBytes), maxAliasBytes-len(suffix)) + suffix
}

const aliasPrefix = "Alias: "

// AliasLine returns the last line of a description. It identifies the incident if Alert24 shows neither alias nor tags. Characters
// that an API might change are written as hex digits: %3C for <.
func AliasLine(alias string) string {
	return aliasPrefix + guard(BoundAlias(alias))
}

// AliasOfDescription reads the alias from the last line of a description, even if its white space was changed.
func AliasOfDescription(description string) (alias string, ok bool) {
	last := strings.TrimSpace(description)
	if i := strings.LastIndexAny(last, "\n\r"); i >= 0 {
		last = last[i+1:]
	}
	i := strings.LastIndex(last, aliasPrefix)
	if i < 0 || i > 0 && last[i-1] != ' ' && last[i-1] != '\t' {
		return "", false
	}
	return unguard(strings.TrimSpace(last[i+len(aliasPrefix):])), true
}

var (
	handler = regexp.MustCompile(`(?i)(\bon\w+\s*)=`)
	script  = regexp.MustCompile(`(?i)(javascript):`)
)

// guard writes as hex what some APIs change: markup, leading, trailing or repeated white space, invisible characters, and text that
// filters take for a script.
func guard(s string) string {
	if plain(s) {
		return s
	}
	return encodeAlias(s)
}

func encodeAlias(s string) string {
	var b strings.Builder
	space := true
	for i, r := range s {
		size := utf8.RuneLen(r)
		switch {
		case r == ' ' && (space || i+1 == len(s)), strings.ContainsRune(`<>&"'`, r), !unicode.IsPrint(r),
			encoded(s[i:]), r == ']' && strings.HasPrefix(s[i+1:], "("):
			for _, c := range []byte(s[i : i+size]) {
				fmt.Fprintf(&b, "%%%02X", c)
			}
		default:
			b.WriteRune(r)
		}
		space = r == ' '
	}
	s = strings.ReplaceAll(b.String(), aliasPrefix, strings.TrimSuffix(aliasPrefix, " ")+"%20")
	if strings.Contains(s, "=") {
		s = handler.ReplaceAllString(s, "$1%3D")
	}
	if strings.Contains(s, ":") {
		s = script.ReplaceAllString(s, "$1%3A")
	}
	return s
}

// plain is a cheap check: guard does not change such an alias. Most aliases are plain.
func plain(s string) bool {
	for i := range len(s) {
		switch c := s[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', strings.IndexByte("._/@-~,+", c) >= 0:
		case c == ':' && i > 0 && s[i-1] != 't' && s[i-1] != 'T': // javascript:
		case c == ' ' && i > 0 && i+1 < len(s) && s[i-1] != ' ' && s[i-1] != ':':
		default:
			return false
		}
	}
	return true
}

// encoded reports whether s begins with a hex form.
func encoded(s string) bool {
	return len(s) >= 3 && s[0] == '%' && isHex(s[1]) && isHex(s[2])
}

func isHex(c byte) bool { return '0' <= c && c <= '9' || 'A' <= c && c <= 'F' }

func unguard(s string) string {
	if !strings.Contains(s, "%") {
		return s
	}
	b := make([]byte, 0, len(s))
	for s != "" {
		if !encoded(s) {
			b, s = append(b, s[0]), s[1:]
			continue
		}
		b, _ = hex.AppendDecode(b, []byte(s[1:3]))
		s = s[3:]
	}
	return string(b)
}
