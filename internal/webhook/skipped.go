// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package webhook

import (
	"slices"
	"strconv"
	"strings"

	"github.com/alert24/otelcol-alert24/internal/labels"
	"github.com/alert24/otelcol-alert24/internal/text"
)

// Reason tells why an alert cannot be used. It is an attribute of a metric.
type Reason string

// The reasons.
const (
	NotAnObject   Reason = "not_an_object"
	BadLabels     Reason = "labels"
	BadStatus     Reason = "status"
	BadStart      Reason = "starts_at"
	GivenTwice    Reason = "given_twice"
	TooManyLabels Reason = "too_many_labels"
)

// explanations follow a place such as "alerts[3]".
var explanations = map[Reason]string{
	NotAnObject:   ": must be an object",
	BadLabels:     ".labels: must be an object",
	BadStatus:     ".status: must be firing or resolved",
	BadStart:      ".startsAt: must be a time as in RFC 3339",
	GivenTwice:    ": the status, the labels or a label appears twice",
	TooManyLabels: ".labels: must not be more than " + strconv.Itoa(maxPairs),
}

const (
	// maxExamples bounds the skipped alerts that are named, maxValue the runes of a wrong value that are quoted.
	maxExamples = 10
	maxValue    = 100
	// maxNamedLabels bounds the labels in the name of a skipped alert.
	maxNamedLabels = 20
)

// Skipped counts the unusable alerts and names the first of them.
type Skipped struct {
	ByReason map[Reason]int
	// Examples are the first unusable alerts.
	Examples []Example
}

// Example is an unusable alert.
type Example struct {
	Position int
	Reason   Reason
	// Labels are the labels that could be read.
	Labels labels.Set
	status string
}

// Alert returns the readable part of the alert.
func (e *Example) Alert() Alert {
	return Alert{Position: e.Position, Labels: e.Labels, Fingerprint: e.Labels.Fingerprint()}
}

// place returns the alert's position in the webhook.
func (e *Example) place() string { return "alerts[" + strconv.Itoa(e.Position) + "]" }

// Why tells what is wrong with the alert, with the wrong value.
func (e *Example) Why() string {
	why := strings.TrimPrefix(explanations[e.Reason], ".")
	if field, rule, found := strings.Cut(why, ": "); found && e.Reason == BadStatus {
		return field + " " + strconv.Quote(text.Line(e.status, maxValue)) + ": " + rule
	}
	return strings.TrimPrefix(why, ": ")
}

func (s *Skipped) add(a *Alert, reason Reason) {
	if s.ByReason == nil {
		s.ByReason = map[Reason]int{}
	}
	s.ByReason[reason]++
	if len(s.Examples) < maxExamples {
		s.Examples = append(s.Examples, Example{a.Position, reason, slices.Clone(a.Labels), a.Status})
	}
}

// Len returns the number of all unusable alerts.
func (s *Skipped) Len() int {
	n := 0
	for _, count := range s.ByReason {
		n += count
	}
	return n
}

// String names the first alerts and their errors, on one line and without any text of theirs.
func (s *Skipped) String() string {
	return s.list(func(e *Example) string { return e.place() + explanations[e.Reason] })
}

// Named names the first alerts and their errors, with labels and wrong values.
func (s *Skipped) Named() string {
	return s.list(func(e *Example) string {
		pairs := make([]string, 0, len(e.Labels))
		for _, l := range e.Labels[:min(len(e.Labels), maxNamedLabels)] {
			pairs = append(pairs, text.Line(l.Name, maxValue)+"="+strconv.Quote(text.Line(l.Value, maxValue)))
		}
		return e.place() + " {" + strings.Join(pairs, ",") + "}: " + e.Why()
	})
}

func (s *Skipped) list(name func(*Example) string) string {
	texts := make([]string, 0, len(s.Examples)+1)
	for i := range s.Examples {
		texts = append(texts, name(&s.Examples[i]))
	}
	if more := s.Len() - len(s.Examples); more > 0 {
		texts = append(texts, "and "+strconv.Itoa(more)+" more")
	}
	return strings.Join(texts, "; ")
}
