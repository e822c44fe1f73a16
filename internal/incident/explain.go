// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package incident

import (
	"fmt"

	"github.com/alert24/otelcol-alert24/internal/labels"
	"github.com/alert24/otelcol-alert24/internal/severity"
	"github.com/alert24/otelcol-alert24/internal/text"
)

const (
	keyMin    = "incident::severity::min"
	keyIgnore = "incident::severity::ignore"
)

// Explanation tells people how bad an alert is, and why.
type Explanation struct {
	Severity Severity
	// From is where the severity comes from, as `label severity: "warning"`.
	From string
	// Ignored is why the alert must not have an incident, IgnoredBy the key or annotation that says so; "" if it may have one.
	Ignored, IgnoredBy string
}

// Explain returns the same as Severity and Ignored, with reasons. It calls no function of an Option.
func (r *Renderer) Explain(ls, annotations labels.Set, override string) Explanation {
	quiet := *r
	quiet.onTemplateFailed = func(string, string, error) {}
	word, from := quiet.severityWord(ls, annotations, override)
	level, known := r.severities.of(word)
	e := Explanation{Severity: level, From: r.severities.explain(word, from, known)}
	switch {
	case !quiet.Ignored(ls, annotations, override):
	case truth(annotations.Get(annotationIgnore), false):
		e.Ignored, e.IgnoredBy = "its annotation "+annotationIgnore+" says so", "annotation "+annotationIgnore
	case level < r.severities.min:
		e.Ignored, e.IgnoredBy = fmt.Sprintf("%s is below %s, which is %s", level, keyMin, r.severities.min), keyMin
	default:
		e.Ignored, e.IgnoredBy = fmt.Sprintf("%s has the word %q", keyIgnore, text.Line(word, maxLineRunes)), keyIgnore
	}
	return e
}

// explain says where the word is and how the configuration reads it.
func (s *severities) explain(word string, from source, known bool) string {
	place := [...]string{
		"the record", "annotation " + annotationSeverity, "incident::severity::template", "annotation " + s.cfg.Annotation, "label " + s.cfg.Label,
	}[from]
	origin := fmt.Sprintf("%s: %q", place, text.Line(word, maxLineRunes))
	usual, usually := severity.Known().Find(word)
	meaning, _ := s.words.Find(word)
	switch {
	case text.Blank(word) && !known:
		return "incident::severity::default, because the alert names none"
	case known && (!usually || usual != meaning):
		return origin + ", by incident::severity::map"
	case known:
		return origin + ", a known word"
	case meaning.Severity != 0:
		return origin + ", a guess"
	default:
		return "incident::severity::default, because this word is not known: " + origin
	}
}
