// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package incident

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/alert24/otelcol-alert24/internal/labels"
	"github.com/alert24/otelcol-alert24/internal/problems"
	"github.com/alert24/otelcol-alert24/internal/severity"
	"github.com/alert24/otelcol-alert24/internal/text"
)

// Severity orders alerts of one alias; the worst firing one names the incident.
type Severity = severity.Severity

// Severities of package severity, which has the words for them.
const (
	Low      = severity.Low
	Medium   = severity.Medium
	High     = severity.High
	Critical = severity.Critical
)

// severities finds the severity of a word.
type severities struct {
	cfg      SeverityConfig
	words    severity.Table
	fallback Severity
	min      Severity // 0 if none
	ignore   severity.Set
	template *textTemplate // nil if none
}

// newSeverities compiles cfg and adds all its errors to p.
func newSeverities(cfg SeverityConfig, p *problems.List) *severities {
	parse := func(key, word string) Severity {
		s, err := severity.Parse(word)
		p.If(err != nil, "incident::severity::%s: %w", key, err)
		return s
	}
	own := make(map[string]severity.Meaning, len(cfg.Map))
	for _, word := range slices.Sorted(maps.Keys(cfg.Map)) {
		own[word] = severity.Meaning{Severity: parse("map::"+word, cfg.Map[word])}
	}
	one, other := severity.Clash(own)
	p.If(one != other, "%s: %q and %q are one word with two severities; remove one of them", keySeverity, one, other)
	s := &severities{cfg: cfg, words: severity.Words(own), ignore: severity.NewSet(cfg.Ignore)}
	s.fallback = parse("default", cfg.Default)
	if cfg.Min != "" {
		s.min = parse("min", cfg.Min)
	}
	p.If(cfg.Label == "" && cfg.Annotation == "" && cfg.Template == "", "incident::severity::label: must not be empty, unless annotation or template is given")
	return s
}

// of returns the severity of a word. known is false for a guess or the default.
func (s *severities) of(word string) (level Severity, known bool) {
	meaning, known := s.words.Find(word)
	return cmp.Or(meaning.Severity, s.fallback), known
}

// Severity returns how bad an alert is; override is the attribute alert24.severity, or "".
func (r *Renderer) Severity(ls, annotations labels.Set, override string) Severity {
	word, _ := r.severityWord(ls, annotations, override)
	s, known := r.severities.of(word)
	if !known && !text.Blank(word) {
		r.onUnknownValue(keySeverity, text.Line(word, maxLineRunes), s.String())
	}
	return s
}

// Ignored reports whether an alert must not open an incident: because of its annotation, its severity word, or a severity below the
// configured minimum.
func (r *Renderer) Ignored(ls, annotations labels.Set, override string) bool {
	s := r.severities
	if truth(annotations.Get(annotationIgnore), false) {
		return true
	}
	if s.min == 0 && len(s.ignore) == 0 {
		return false
	}
	word, _ := r.severityWord(ls, annotations, override)
	level, _ := s.of(word)
	return level < s.min || s.ignore.Has(word)
}

// source is where the word for a severity was found.
type source uint8

const (
	inRecord source = iota
	inOwnAnnotation
	inTemplate
	inAnnotation
	inLabel
)

func (r *Renderer) severityWord(ls, annotations labels.Set, attribute string) (word string, from source) {
	s := r.severities
	if !text.Blank(attribute) {
		return attribute, inRecord
	}
	if word := override("", annotations, annotationSeverity); !text.Blank(word) {
		return word, inOwnAnnotation
	}
	if s.template != nil {
		a := Alert{Labels: ls, Annotations: annotations}
		if word, _ := r.execute(s.template, newTemplateData("", []Alert{a}, Context{Members: 1}, Text)); !text.Blank(word) {
			return word, inTemplate
		}
	}
	if s.cfg.Annotation != "" {
		if word := annotations.Get(s.cfg.Annotation); !text.Blank(word) {
			return word, inAnnotation
		}
	}
	return ls.Get(s.cfg.Label), inLabel
}

// resolvesByItself reports whether the end of the alert closes its incident. If not, a person closes it.
func resolvesByItself(annotations labels.Set) bool {
	return truth(annotations.Get(annotationResolve), true)
}

// truth reads the boolean forms of YAML authors; anything else is otherwise.
func truth(word string, otherwise bool) bool {
	switch strings.ToLower(strings.TrimSpace(word)) {
	case "true", "yes", "on", "1":
		return true
	case "false", "no", "off", "0":
		return false
	}
	return otherwise
}
