// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package webhook

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"slices"
	"strings"

	"github.com/alert24/otelcol-alert24/internal/labels"
	"github.com/alert24/otelcol-alert24/internal/matcher"
	"github.com/alert24/otelcol-alert24/internal/text"
)

const (
	// maxAliasBytes is the longest alias that Alert24 does not cut.
	maxAliasBytes = 255
	// hashBytes of a SHA-256 are enough: with 100,000 aliases, one in four billion ledgers has two with the same hash.
	hashBytes = 8
	// hashMark precedes a hash that is appended to an alias.
	hashMark = "~"
	// hashSuffixBytes is the length of an appended hash in hex with its mark.
	hashSuffixBytes = len(hashMark) + 2*hashBytes

	labelInstance = "instance"
)

// MissingLabel tells what replaces a label that an alert lacks.
type MissingLabel string

// The values of MissingLabel.
const (
	MissingHash        MissingLabel = "hash"        // of all labels that are not excluded
	MissingFingerprint MissingLabel = "fingerprint" // the alert's
	MissingEmpty       MissingLabel = "empty"       // nothing, between two separators
	MissingSkip        MissingLabel = "skip"        // neither the label nor its separator
)

// AliasRule tells how to make the alias of an alert.
type AliasRule struct {
	// Matchers choose the alerts of the rule, in Alertmanager's syntax. All matchers must match.
	Matchers []string
	// Labels are joined by Separator.
	Labels       []string
	Separator    string
	MissingLabel MissingLabel
	// Exclude names labels that never distinguish problems: hashes omit them.
	Exclude []string
	// Prefix precedes the alias.
	Prefix string
}

// rule is a compiled AliasRule.
type rule struct {
	AliasRule
	matchers matcher.Set
	// free is the position in Labels of the value that may contain the separator without making the alias ambiguous.
	free int
}

func compile(from AliasRule) (rule, error) {
	r := rule{AliasRule: from, free: slices.Index(from.Labels, labelInstance)}
	if r.free < 0 {
		r.free = len(from.Labels) - 1
	}
	var err error
	r.matchers, err = matcher.Parse(from.Matchers...)
	return r, err
}

// Alias is the deduplication key of an alert.
type Alias struct {
	Text string
	// Rule is the position of the alias rule that matched: 1 is the first rule, 0 the default.
	Rule int
}

// Alias returns the alias of one alert of w. It uses only the alert and its sender, so the same alert has the same alias in every
// group, on every replica and after every restart.
func (c *Converter) Alias(w *Webhook, a *Alert) Alias {
	for i := range c.rules {
		if r := &c.rules[i]; r.matchers.Matches(a.Labels) {
			return Alias{r.alias(a, w.fromGrafana()), i + 1}
		}
	}
	return Alias{c.usual.alias(a, w.fromGrafana()), 0}
}

// alias joins the values of the labels with the separator if the result is printable, short enough and unambiguous. Otherwise it ends
// with a hash of the values.
//
// A label with an empty value is absent, as in Prometheus's data model. One value may contain the separator, so that host:port needs no
// hash: the instance, or else the last value.
func (r *rule) alias(a *Alert, fromGrafana bool) string {
	values := make([]string, 0, 4)
	length, plain := len(r.Prefix), true
	var missing string
	skipped := false
	for i, name := range r.Labels {
		value := a.Labels.Get(name)
		if value == "" && r.MissingLabel == MissingSkip {
			// If a value after the free one is left out, a reader cannot find the end of the free value from the right.
			plain = plain && (i <= r.free || !strings.Contains(values[r.free], r.Separator))
			values, skipped = append(values, ""), true
			continue
		}
		if value == "" {
			if missing == "" {
				missing = r.missing(a)
			}
			value = missing
		}
		plain = plain && !skipped && r.readable(value, i) // a value after a skipped one could be mistaken for it
		values = append(values, value)
		length += len(value) + len(r.Separator)
	}
	if id := ruleID(a, fromGrafana, r.Exclude); id != "" {
		plain = plain && !skipped && r.readable(id, len(r.Labels))
		values = append(values, id)
		length += len(id) + len(r.Separator)
	}
	length -= len(r.Separator)

	alias := r.Prefix + r.join(values)
	if plain && length <= maxAliasBytes && alias != "" && !text.HasControl(alias) && !endsInHash(alias) {
		return alias
	}
	return text.CutBytes(text.Printable(alias), maxAliasBytes-hashSuffixBytes) + hashMark + shortHash(values...)
}

// join joins the values, without skipped ones.
func (r *rule) join(values []string) string {
	if r.MissingLabel == MissingSkip {
		values = slices.DeleteFunc(slices.Clone(values), func(v string) bool { return v == "" })
	}
	return strings.Join(values, r.Separator)
}

// readable reports whether the value at this position can be found in the alias. A reader finds the values before the free one from the
// left, each up to the first separator, and the values after it from the right. So the former must not contain the separator, nor end
// with its first half; the latter must not contain it, nor begin with its second half.
func (r *rule) readable(value string, place int) bool {
	switch {
	case place < r.free:
		return strings.Index(value+r.Separator, r.Separator) == len(value)
	case place > r.free:
		return strings.LastIndex(r.Separator+value, r.Separator) == 0
	default:
		return true
	}
}

// missing returns the replacement of an absent label.
func (r *rule) missing(a *Alert) string {
	switch r.MissingLabel {
	case MissingFingerprint:
		return a.Fingerprint
	case MissingEmpty:
		return ""
	default:
		return labelsHash(a.Labels, r.Exclude)
	}
}

// labelsHash is equal for alerts that differ only in excluded and in empty labels.
func labelsHash(set labels.Set, exclude []string) string {
	texts := make([]string, 0, 2*len(set))
	for _, l := range set {
		if l.Value != "" && !slices.Contains(exclude, l.Name) {
			texts = append(texts, l.Name, l.Value)
		}
	}
	return shortHash(texts...)
}

// shortHash returns the start of a SHA-256 in hex. It hashes each text with its length, so that no two lists of texts give the same bytes.
func shortHash(texts ...string) string {
	var b []byte
	for _, t := range texts {
		b = appendText(b, t)
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:hashBytes])
}

func appendText(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

// endsInHash reports whether the alias looks as if it ends with a hash. Then it could be the alias of other values.
func endsInHash(alias string) bool {
	if len(alias) < hashSuffixBytes {
		return false
	}
	hash, marked := strings.CutPrefix(alias[len(alias)-hashSuffixBytes:], hashMark)
	return marked && strings.Trim(hash, "0123456789abcdef") == ""
}
