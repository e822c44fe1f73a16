// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package webhook

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/alert24/otelcol-alert24/internal/text"
)

// Reason says why an alert cannot be used. It is the value of a metric's attribute.
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

// explanations complete "alerts[3]".
var explanations = map[Reason]string{
	NotAnObject:   ": must be an object",
	BadLabels:     ".labels: must be an object",
	BadStatus:     ".status: must be firing or resolved",
	BadStart:      ".startsAt: must be a time as in RFC 3339",
	GivenTwice:    ": the status, the labels or a label is there twice",
	TooManyLabels: ".labels: must not be more than " + strconv.Itoa(maxPairs),
}

// maxExamples is how many skipped alerts are named.
const maxExamples = 10

// Skipped counts the alerts that cannot be used and names the first of them.
type Skipped struct {
	ByReason map[Reason]int
	examples []example
}

type example struct {
	position int
	reason   Reason
}

func (s *Skipped) add(position int, reason Reason) {
	if s.ByReason == nil {
		s.ByReason = map[Reason]int{}
	}
	s.ByReason[reason]++
	if len(s.examples) < maxExamples {
		s.examples = append(s.examples, example{position, reason})
	}
}

// Len is the number of all.
func (s *Skipped) Len() int {
	n := 0
	for _, count := range s.ByReason {
		n += count
	}
	return n
}

// Reasons returns the reasons that occurred, in a fixed order.
func (s *Skipped) Reasons() []Reason {
	all := make([]Reason, 0, len(s.ByReason))
	for reason := range s.ByReason {
		all = append(all, reason)
	}
	slices.Sort(all)
	return all
}

// String names the first alerts and what is wrong with them, on one line and without any of their text.
func (s *Skipped) String() string {
	texts := make([]string, 0, len(s.examples)+1)
	for _, e := range s.examples {
		texts = append(texts, "alerts["+strconv.Itoa(e.position)+"]"+explanations[e.reason])
	}
	if more := s.Len() - len(s.examples); more > 0 {
		texts = append(texts, "and "+strconv.Itoa(more)+" more")
	}
	return strings.Join(texts, "; ")
}

// Error says why the body as a whole cannot be understood. It is one line that holds nothing of the body but positions
// and single characters, because senders write it to their logs.
type Error struct{ Message string }

func (e *Error) Error() string { return e.Message }

var (
	errNotObject    = &Error{"the body is not a JSON object"}
	errEmptyBody    = &Error{"the body is empty"}
	errTrailingData = &Error{"there is more after the JSON object"}
	errIsList       = &Error{"the body is a list, as Prometheus sends it: point Prometheus at Alertmanager, and Alertmanager's webhook_configs here"}
	errNoAlerts     = &Error{`there is no "alerts" list, as in a custom payload or a notification of Grafana before version 8: ` +
		"send webhooks as Alertmanager makes them"}
	errNotList    = &Error{"alerts: must be a list"}
	errTwoLists   = &Error{"alerts: is there twice"}
	errVersion    = &Error{`version: must be "4" or "3" (Alertmanager) or "1" (Grafana)`}
	errUnreadable = &Error{"the body changed while it was read"}
)

// maxReasonLength bounds what an error repeats of a library's.
const maxReasonLength = 120

// syntaxError turns an error of the JSON decoder into one without its pointer, which holds label names.
func syntaxError(err error) error {
	syntax, ok := errors.AsType[*jsontext.SyntacticError](err)
	switch {
	case errors.Is(err, io.EOF):
		return errEmptyBody
	case !ok:
		return errUnreadable
	case errors.Is(err, io.ErrUnexpectedEOF):
		return &Error{fmt.Sprintf("the JSON ends too early, at byte %d", syntax.ByteOffset)}
	default:
		return &Error{fmt.Sprintf("invalid JSON at byte %d: %s", syntax.ByteOffset, OneLine(syntax.Err))}
	}
}

// OneLine returns what err says, printable and short.
func OneLine(err error) string {
	if err == nil {
		return "unknown reason"
	}
	return text.Line(err.Error(), maxReasonLength)
}
