// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package incident

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/alert24/otelcol-alert24/internal/labels"
	"github.com/alert24/otelcol-alert24/internal/text"
)

// Severity orders alerts of one alias; the worst firing one names the incident.
type Severity uint8

// Severities that Alert24 accepts everywhere. "info" is refused by some of its versions, so it is never sent.
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

// parseSeverity reads one of Alert24's words.
func parseSeverity(word string) (Severity, error) {
	for s := Low; s <= Critical; s++ {
		if word == s.String() {
			return s, nil
		}
	}
	return 0, fmt.Errorf("unknown severity %q, Alert24 has critical, high, medium and low", word)
}

// vocabulary is what people call severities. Words of several systems that disagree are left out.
var vocabulary = map[Severity][]string{
	Critical: {"critical", "crit", "page", "fatal", "emergency", "emerg", "panic", "disaster", "blocker", "urgent", "p0", "p1", "s0", "s1", "sev0", "sev1", "sev-0", "sev-1"},
	High:     {"high", "error", "err", "major", "warning", "warn", "p2", "s2", "sev2", "sev-2"},
	Medium:   {"medium", "moderate", "average", "minor", "p3", "s3", "sev3", "sev-3"},
	Low:      {"low", "info", "information", "informational", "notice", "debug", "trivial", "none", "ok", "p4", "p5", "s4", "s5", "sev4", "sev5", "sev-4", "sev-5"},
}

// severities looks words up.
type severities struct {
	cfg      SeverityConfig
	words    map[string]Severity
	fallback Severity
	min      Severity // 0: none
	ignore   []string
	template *textTemplate // nil: none
}

// newSeverities compiles cfg and returns all that is wrong with it.
func newSeverities(cfg SeverityConfig) (*severities, []error) {
	s := &severities{cfg: cfg, words: make(map[string]Severity)}
	for severity, words := range vocabulary {
		for _, word := range words {
			s.words[word] = severity
		}
	}
	var errs []error
	parse := func(key, word string) Severity {
		severity, err := parseSeverity(word)
		if err != nil {
			errs = append(errs, fmt.Errorf("incident::severity::%s: %w", key, err))
		}
		return severity
	}
	for _, word := range slices.Sorted(maps.Keys(cfg.Map)) {
		s.words[normal(word)] = parse("map::"+word, cfg.Map[word])
	}
	s.fallback = parse("default", cfg.Default)
	if cfg.Min != "" {
		s.min = parse("min", cfg.Min)
	}
	for _, word := range cfg.Ignore {
		s.ignore = append(s.ignore, normal(word))
	}
	if cfg.Label == "" && cfg.Annotation == "" && cfg.Template == "" {
		errs = append(errs, errors.New("incident::severity::label: must not be empty, unless annotation or template is given"))
	}
	return s, errs
}

func normal(word string) string { return strings.ToLower(strings.TrimSpace(word)) }

func (s *severities) of(word string) Severity {
	severity, ok := s.words[word]
	if !ok {
		severity, ok = s.words[normal(word)]
	}
	if !ok {
		return s.fallback
	}
	return severity
}

// Severity returns how bad an alert is; override is the attribute alert24.severity, or "".
func (r *Renderer) Severity(ls, annotations labels.Set, override string) Severity {
	return r.severities.of(r.severityWord(ls, annotations, override))
}

// Ignored says whether an alert is not to open an incident: by its annotation, its severity's word, or because it
// is below the least severity that matters.
func (r *Renderer) Ignored(ls, annotations labels.Set, override string) bool {
	s := r.severities
	if truth(annotations.Get(annotationIgnore), false) {
		return true
	}
	if s.min == 0 && len(s.ignore) == 0 {
		return false
	}
	word := r.severityWord(ls, annotations, override)
	return s.of(word) < s.min || slices.Contains(s.ignore, normal(word))
}

func (r *Renderer) severityWord(ls, annotations labels.Set, attribute string) string {
	s := r.severities
	if word := override(attribute, annotations, annotationSeverity); !text.Blank(word) {
		return word
	}
	if s.template != nil {
		a := Alert{Labels: ls, Annotations: annotations}
		if word, _ := r.execute(s.template, newTemplateData("", []Alert{a}, Context{Members: 1}, nil), maxLineRunes); !text.Blank(word) {
			return word
		}
	}
	if s.cfg.Annotation != "" {
		if word := annotations.Get(s.cfg.Annotation); !text.Blank(word) {
			return word
		}
	}
	return ls.Get(s.cfg.Label)
}

// ResolvesByItself says whether the end of the alert closes its incident; if not, a person does.
func ResolvesByItself(annotations labels.Set) bool {
	return truth(annotations.Get(annotationResolve), true)
}

// truth reads the forms of a boolean that YAML authors use; anything else is otherwise.
func truth(word string, otherwise bool) bool {
	switch normal(word) {
	case "true", "yes", "on", "1":
		return true
	case "false", "no", "off", "0":
		return false
	}
	return otherwise
}
