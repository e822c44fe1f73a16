// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alertmanagerreceiver

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/alert24/otelcol-alert24/internal/labels"
)

const (
	// maxAliasBytes is the longest alias that Alert24 keeps whole.
	maxAliasBytes = 255
	// hashBytes of a SHA-256 are enough: with 100,000 aliases, two share a hash once in four billion runs.
	hashBytes = 8
	// hashMark precedes a hash that is appended to an alias.
	hashMark = "~"
	// hashSuffixBytes is the length of an appended hash in hex with its mark.
	hashSuffixBytes = len(hashMark) + 2*hashBytes
)

// aliasRules make the deduplication key of an alert. They look at nothing but the alert, so the same alert has the
// same alias in every group, on every replica and after every restart.
type aliasRules struct {
	aliasConfig
	// free is the place in Labels whose value may hold the separator without making the alias ambiguous.
	free int
}

func newAliasRules(cfg aliasConfig) aliasRules {
	free := slices.Index(cfg.Labels, "instance")
	if free < 0 {
		free = len(cfg.Labels) - 1
	}
	return aliasRules{aliasConfig: cfg, free: free}
}

// alias returns the key of the alert. It is the values of the labels joined by the separator wherever that is
// printable, short enough and stands for no other values; otherwise a hash of the values ends it.
//
// A label with an empty value is an absent one, as in Prometheus's data model. Exactly one value may hold the separator
// and leave the others readable, so that host:port needs no hash: the instance, or else the last.
func (r *aliasRules) alias(a *alert) string {
	values := make([]string, 0, 4)
	length, plain := len(r.Prefix), true
	var missing string
	for i, name := range r.Labels {
		value := a.Labels.Get(name)
		if value == "" {
			if missing == "" {
				missing = r.missing(a)
			}
			value = missing
		}
		plain = plain && r.readable(value, i) && !hasControl(value)
		values = append(values, value)
		length += len(value) + len(r.Separator)
	}
	if id := a.hiddenIdentity(); id != "" {
		plain = plain && r.readable(id, len(r.Labels)) && !hasControl(id)
		values = append(values, id)
		length += len(id) + len(r.Separator)
	}
	length -= len(r.Separator)

	text := r.Prefix + strings.Join(values, r.Separator)
	if plain && length <= maxAliasBytes && text != "" && !endsInHash(text) {
		return text
	}
	text = strings.Map(printable, text)
	return cutString(text, maxAliasBytes-hashSuffixBytes) + hashMark + shortHash(values...)
}

// readable says whether the value at place i can be told apart in the alias: whoever reads up to the free value from the
// left, and back to it from the right, meets the separator at the value's end and not before. A value that merely ends
// with half of a long separator would make it seem to begin earlier.
func (r *aliasRules) readable(value string, i int) bool {
	switch {
	case i < r.free:
		return strings.Index(value+r.Separator, r.Separator) == len(value)
	case i > r.free:
		return strings.LastIndex(r.Separator+value, r.Separator) == 0
	default:
		return true
	}
}

// missing returns what takes the place of an absent label.
func (r *aliasRules) missing(a *alert) string {
	switch r.MissingLabel {
	case missingFingerprint:
		return a.Fingerprint
	case missingEmpty:
		return ""
	default:
		return r.labelsHash(a.Labels)
	}
}

// labelsHash is the same for alerts that differ only in excluded and in empty labels.
func (r *aliasRules) labelsHash(set labels.Set) string {
	texts := make([]string, 0, 2*len(set))
	for _, l := range set {
		if l.Value != "" && !slices.Contains(r.Exclude, l.Name) {
			texts = append(texts, l.Name, l.Value)
		}
	}
	return shortHash(texts...)
}

// shortHash returns the start of a SHA-256 in hex. Each text is preceded by its length, so that no two lists of texts
// are the same bytes.
func shortHash(texts ...string) string {
	var b []byte
	for _, t := range texts {
		b = binary.AppendUvarint(b, uint64(len(t)))
		b = append(b, t...)
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:hashBytes])
}

// endsInHash says whether text looks as if a hash ended it, and so could be the alias of other values.
func endsInHash(text string) bool {
	if len(text) < hashSuffixBytes {
		return false
	}
	hash, marked := strings.CutPrefix(text[len(text)-hashSuffixBytes:], hashMark)
	return marked && strings.Trim(hash, "0123456789abcdef") == ""
}

func printable(r rune) rune {
	if unicode.IsControl(r) {
		return ' '
	}
	return r
}

// hasControl says whether s holds a control character. It looks at bytes first, because nearly all texts are ASCII.
func hasControl(s string) bool {
	for i := range len(s) {
		switch c := s[i]; {
		case c < ' ' || c == 0x7f:
			return true
		case c >= utf8.RuneSelf:
			return strings.ContainsFunc(s[i:], unicode.IsControl)
		}
	}
	return false
}

// cutString returns the longest start of s that has at most n bytes and ends with a whole rune.
func cutString(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}
