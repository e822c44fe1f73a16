// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package severity

import (
	"strings"
	"unicode"
)

// maxWordBytes bounds how much of a label is read.
const maxWordBytes = 64

// Find returns the meaning of a label in any form: in any case, as SEV-2 or sev 2, with remarks as in "P1 - Critical" and "high
// (page)". If the label has several words, the first counts. An unknown label has no meaning, or a guessed one.
func (t Table) Find(label string) (m Meaning, known bool) {
	if m, known = t[label]; known {
		return m, true
	}
	if m, known = t[normal(label)]; known {
		return m, true
	}
	outside, inside, _ := strings.Cut(cut(label), "(")
	if m, known = t.first(outside); !known {
		m, known = t.first(inside)
	}
	if known {
		return m, m.Severity != 0
	}
	if number := tokens(outside); len(number) == 1 {
		return guesses[number[0]], false
	}
	return Meaning{}, false
}

// first returns the meaning of the first word that has one. A word after a negation has none, and ends the search.
func (t Table) first(s string) (m Meaning, found bool) {
	for _, token := range tokens(s) {
		if negations[token] {
			return Meaning{}, true
		}
		if m, found = t[token]; found {
			return m, true
		}
	}
	return Meaning{}, false
}

// Set is a set of words that are found in any form.
type Set map[string]bool

// NewSet returns the set of words.
func NewSet(words []string) Set {
	s := make(Set, 2*len(words))
	for _, word := range words {
		s[normal(word)] = true
		if plain := strings.Join(tokens(cut(word)), " "); plain != "" {
			s[plain] = true
		}
	}
	return s
}

// Has reports whether the label is one of the words.
func (s Set) Has(label string) bool {
	if len(s) == 0 || s[label] || s[normal(label)] {
		return len(s) > 0
	}
	if !strings.ContainsFunc(label, func(r rune) bool { return r < 'a' || r > 'z' }) {
		return false // there is no other way to read it
	}
	plain := strings.Join(tokens(cut(label)), " ")
	return plain != "" && s[plain]
}

func normal(label string) string { return strings.ToLower(strings.TrimSpace(label)) }

func cut(s string) string { return s[:min(len(s), maxWordBytes)] }

// tokens returns the words of s in lower case, sev 1 and severity-1 as sev1.
func tokens(s string) []string {
	all := strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	joined := all[:0]
	for i := 0; i < len(all); i++ {
		letters := strings.TrimRight(all[i], "0123456789")
		family, ok := families[letters]
		digits := all[i][len(letters):]
		if ok && digits == "" && i+1 < len(all) && strings.Trim(all[i+1], "0123456789") == "" {
			i++
			digits = all[i]
		}
		if ok && digits != "" {
			joined = append(joined, family+digits)
			continue
		}
		joined = append(joined, all[i])
	}
	return joined
}
