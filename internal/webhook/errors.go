// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package webhook

import (
	"errors"
	"fmt"
	"io"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/alert24/otelcol-alert24/internal/text"
)

// Error tells why the whole body cannot be used. It is one line that quotes only positions and single characters of the body, because
// senders write it to their logs.
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
	errTwoLists   = &Error{"alerts: appears twice"}
	errVersion    = &Error{`version: must be "4" or "3" (Alertmanager) or "1" (Grafana)`}
	errUnreadable = &Error{"the body changed while it was read"}
)

// maxReasonLength bounds the text of a library's error in ours.
const maxReasonLength = 120

// syntaxError removes the pointer from an error of the JSON decoder, because it contains label names.
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

// OneLine returns the text of err, printable and short.
func OneLine(err error) string {
	if err == nil {
		return "unknown reason"
	}
	return text.Line(err.Error(), maxReasonLength)
}
