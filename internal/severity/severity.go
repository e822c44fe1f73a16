// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

// Package severity knows the common words for severities, with Alert24's severity and OpenTelemetry's number for each. It is pure
// and imports nothing of this project. Start with [Table.Find].
package severity

import (
	"fmt"
	"maps"
	"slices"
)

// Severity orders alerts by Alert24's severities.
type Severity uint8

// Severities that Alert24 accepts everywhere. Some of its versions refuse "info", so it is never sent.
const (
	Low Severity = iota + 1
	Medium
	High
	Critical
)

// String returns the word that Alert24 uses.
func (s Severity) String() string {
	switch s {
	case Low:
		return "low"
	case High:
		return "high"
	case Critical:
		return "critical"
	default:
		return "medium"
	}
}

// Parse reads one of Alert24's words.
func Parse(word string) (Severity, error) {
	for s := Low; s <= Critical; s++ {
		if word == s.String() {
			return s, nil
		}
	}
	return 0, fmt.Errorf("unknown severity %q, Alert24 has critical, high, medium and low", word)
}

// Meaning is the meaning of a word.
type Meaning struct {
	Severity Severity
	// Number is OpenTelemetry's severity number; 0 means unspecified.
	Number int32
}

// Table has the meanings of words in lower case.
type Table map[string]Meaning

// Numbers of the log data model's mapping of syslog
// (https://opentelemetry.io/docs/specs/otel/logs/data-model-appendix/#appendix-b-severitynumber-example-mappings).
// Other words have the number of the syslog word of the same urgency.
const (
	debug  int32 = 5
	info   int32 = 9
	info2  int32 = 10 // notice
	warn   int32 = 13
	error1 int32 = 17
	error2 int32 = 18 // critical
	error3 int32 = 19 // alert
	fatal  int32 = 21 // emergency
)

// words is the table that both components share. It leaves out words that different systems use with different meanings.
var words = Table{
	"emergency": {Critical, fatal}, "emerg": {Critical, fatal}, "panic": {Critical, fatal}, "fatal": {Critical, fatal},
	"disaster": {Critical, fatal}, "alert": {Critical, error3},
	"critical": {Critical, error2}, "crit": {Critical, error2}, "page": {Critical, error2}, "blocker": {Critical, error2},
	"urgent": {Critical, error2},

	"error": {High, error1}, "err": {High, error1}, "high": {High, error1}, "major": {High, error1},
	"warning": {High, warn}, "warn": {High, warn},

	"medium": {Medium, warn}, "moderate": {Medium, warn}, "average": {Medium, warn}, "minor": {Medium, warn},

	"low": {Low, info}, "info": {Low, info}, "information": {Low, info}, "informational": {Low, info}, "trivial": {Low, info},
	"notice": {Low, info2}, "debug": {Low, debug}, "ok": {Low, 0}, "none": {Low, 0},

	"p0": {Critical, fatal}, "p1": {Critical, error2}, "p2": {High, error1}, "p3": {Medium, warn}, "p4": {Low, info}, "p5": {Low, info},
	"s0": {Critical, fatal}, "s1": {Critical, error2}, "s2": {High, error1}, "s3": {Medium, warn}, "s4": {Low, info}, "s5": {Low, info},
	"sev0": {Critical, fatal}, "sev1": {Critical, error2}, "sev2": {High, error1}, "sev3": {Medium, warn}, "sev4": {Low, info},
	"sev5": {Low, info},
}

// guesses are the meanings of single numbers. Most scales begin with the worst severity, but some, as Zabbix's, end with it. So
// high numbers have no guess.
var guesses = Table{"1": words["p1"], "2": words["p2"], "3": words["p3"]}

// families are the ways to write the letters of p1, s1 and sev1.
var families = map[string]string{
	"p": "p", "prio": "p", "priority": "p", "s": "s", "sev": "sev", "severity": "sev",
}

// negations make the following word unknown.
var negations = map[string]bool{"no": true, "not": true, "non": true, "un": true, "without": true, "never": true, "isn": true}

// Words returns the known words and those of own. The words of own win, and may have any form.
func Words(own map[string]Meaning) Table {
	t := maps.Clone(words)
	for word, meaning := range own {
		for _, form := range forms(word) {
			t[form] = meaning
		}
	}
	return t
}

// Clash returns two forms of one word to which own gives different meanings; "" if there are none.
func Clash(own map[string]Meaning) (one, other string) {
	words := map[string]string{} // by their forms
	for _, word := range slices.Sorted(maps.Keys(own)) {
		for _, form := range forms(word) {
			if former, taken := words[form]; taken && own[former] != own[word] {
				return former, word
			}
			words[form] = word
		}
	}
	return "", ""
}

// forms returns the keys of a table that find the word.
func forms(word string) []string {
	all := []string{normal(word)}
	if plain := tokens(word); len(plain) == 1 {
		all = append(all, plain[0])
	}
	return all
}

// Known returns the table without words of the user.
func Known() Table { return words }
