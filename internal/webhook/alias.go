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
	// MaxAliasBytes is the longest alias that Alert24 keeps whole.
	MaxAliasBytes = 255
	// hashBytes of a SHA-256 are enough: with 100,000 aliases, two share a hash once in four billion runs.
	hashBytes = 8
	// hashMark precedes a hash that is appended to an alias.
	hashMark = "~"
	// hashSuffixBytes is the length of an appended hash in hex with its mark.
	hashSuffixBytes = len(hashMark) + 2*hashBytes

	labelInstance = "instance"
)

// MissingLabel is what takes the place of a label that an alert lacks.
type MissingLabel string

// The values of MissingLabel.
const (
	MissingHash        MissingLabel = "hash"        // of all labels that are not excluded
	MissingFingerprint MissingLabel = "fingerprint" // the alert's
	MissingEmpty       MissingLabel = "empty"       // nothing, between two separators
	MissingSkip        MissingLabel = "skip"        // neither the label nor its separator
)

// AliasRule says how the alias of an alert is made.
type AliasRule struct {
	// Matchers choose the alerts of the rule, in Alertmanager's syntax. All of them must match.
	Matchers []string
	// Labels are joined by Separator.
	Labels       []string
	Separator    string
	MissingLabel MissingLabel
	// Exclude names labels that never make a different problem: hashes leave them out.
	Exclude []string
	// Prefix precedes the alias.
	Prefix string
}

// rule is a compiled AliasRule.
type rule struct {
	AliasRule
	matchers matcher.Set
	// free is the place in Labels whose value may hold the separator without making the alias ambiguous.
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
	// Rule is the place of the alias rule that the alert took, and 0 for the default: the first rule is 1.
	Rule int
}

// Alias returns the alias of one alert of w. It looks at nothing but the alert and who sent it, so the same alert has the
// same alias in every group, on every replica and after every restart.
func (c *Converter) Alias(w *Webhook, a *Alert) Alias {
	for i := range c.rules {
		if r := &c.rules[i]; r.matchers.Matches(a.Labels) {
			return Alias{r.alias(a, w.fromGrafana()), i + 1}
		}
	}
	return Alias{c.usual.alias(a, w.fromGrafana()), 0}
}

// alias joins the values of the labels by the separator wherever that is printable, short enough and stands for no other
// values; otherwise a hash of the values ends it.
//
// A label with an empty value is an absent one, as in Prometheus's data model. Exactly one value may hold the separator
// and leave the others readable, so that host:port needs no hash: the instance, or else the last.
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
		plain = plain && !skipped && r.readable(value, i) // a value after a skipped one could be taken for it
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
	if plain && length <= MaxAliasBytes && alias != "" && !text.HasControl(alias) && !endsInHash(alias) {
		return alias
	}
	return text.CutBytes(text.Printable(alias), MaxAliasBytes-hashSuffixBytes) + hashMark + shortHash(values...)
}

// join leaves out what is skipped.
func (r *rule) join(values []string) string {
	if r.MissingLabel == MissingSkip {
		values = slices.DeleteFunc(slices.Clone(values), func(v string) bool { return v == "" })
	}
	return strings.Join(values, r.Separator)
}

// readable says whether the value at a place can be told apart in the alias. Values before the free one are read from the
// left, each up to the first separator; values after it from the right. So the former must not hold the separator, nor end
// with its first half; the latter must not hold it, nor begin with its second half.
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

// missing returns what takes the place of an absent label.
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

// labelsHash is the same for alerts that differ only in excluded and in empty labels.
func labelsHash(set labels.Set, exclude []string) string {
	texts := make([]string, 0, 2*len(set))
	for _, l := range set {
		if l.Value != "" && !slices.Contains(exclude, l.Name) {
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
		b = appendText(b, t)
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:hashBytes])
}

func appendText(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

// endsInHash says whether the alias looks as if a hash ended it, and so could be the alias of other values.
func endsInHash(alias string) bool {
	if len(alias) < hashSuffixBytes {
		return false
	}
	hash, marked := strings.CutPrefix(alias[len(alias)-hashSuffixBytes:], hashMark)
	return marked && strings.Trim(hash, "0123456789abcdef") == ""
}
