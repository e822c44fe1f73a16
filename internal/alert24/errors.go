// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alert24

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"time"
	"unicode"

	"github.com/alert24/otelcol-alert24/internal/protocol"
	"github.com/alert24/otelcol-alert24/internal/text"
)

// Error is a call that was not carried out, or may not have been. Its text is one line and holds neither the key nor a
// URL's query.
type Error struct {
	// Op is what was tried, as "create incident".
	Op     string
	Result protocol.Result
	// Status is the HTTP status; 0 if there was no answer.
	Status int
	// URL of the request, without its query.
	URL string
	// FromAPI: the answer is the API's own, not that of a proxy or of a wrong address.
	FromAPI bool
	// Type and Message are what the API says, RequestID is its name for the request.
	Type, Message, RequestID string
	// RetryAfter is how long the API asks to wait; 0 if it does not say, an hour at most.
	RetryAfter time.Duration
	// Err is the cause when there is no answer, or no usable one.
	Err error
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Error says what failed, why, and what to do about it if that is known.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Op + ": ")
	if e.Status != 0 {
		fmt.Fprintf(&b, "HTTP %d", e.Status)
		if name := http.StatusText(e.Status); name != "" {
			b.WriteString(" " + name)
		}
	}
	switch {
	case e.Message != "":
		fmt.Fprintf(&b, ": %s", e.Message)
	case e.Err != nil && e.Status != 0:
		b.WriteString(": unusable answer: " + oneLine(e.Err.Error()))
	case e.Err != nil && e.Result == protocol.NotSent:
		b.WriteString("not sent: " + oneLine(e.Err.Error()))
	case e.Err != nil && e.FromAPI:
		b.WriteString(oneLine(e.Err.Error()))
	case e.Err != nil:
		b.WriteString("no answer: " + oneLine(e.Err.Error()))
	}
	if e.RequestID != "" {
		fmt.Fprintf(&b, " (request id %s)", e.RequestID)
	}
	if hint := e.hint(); hint != "" {
		b.WriteString("; " + hint)
	}
	return b.String()
}

func (e *Error) hint() string {
	switch {
	case e.Status >= 300 && e.Status <= 399:
		return "redirects are not followed, set endpoint to the final address"
	case e.Status == http.StatusUnauthorized:
		return "check the API key"
	case e.Status == http.StatusPaymentRequired:
		return "check the plan of the organization"
	case e.Status == http.StatusForbidden:
		return "check the scopes of the API key"
	case e.Status == http.StatusNotFound && e.Result != protocol.Gone:
		return "not an answer about an incident, check endpoint and its path"
	case e.Status >= 400 && e.Status <= 499 && e.Status != http.StatusTooManyRequests && !e.FromAPI:
		return "not the API's answer, check proxies on the way"
	}
	return ""
}

const (
	maxMessageRunes   = 300
	maxRequestIDRunes = 64
)

var (
	urlQuery = regexp.MustCompile(`([^\s"'?]*/[^\s"'?]*)\?[^\s"']*`)
	// anyKey is the form of Alert24's keys (docs/api-authentication).
	anyKey = regexp.MustCompile(`\bak_[a-z]+_[0-9A-Za-z]+`)
)

// oneLine makes s fit to stand in a log line: bounded, printable, without queries and keys.
func oneLine(s string) string {
	s = HideKeys(urlQuery.ReplaceAllString(s, "$1"))
	return text.Line(strings.Map(printable, s), maxMessageRunes)
}

// HideKeys leaves out whatever has the form of an API key of Alert24.
func HideKeys(s string) string { return anyKey.ReplaceAllString(s, "[REDACTED]") }

// printable replaces what does not print: a terminal may hide it.
func printable(r rune) rune {
	if unicode.IsPrint(r) {
		return r
	}
	return ' '
}

// hideKey is oneLine for text that the API sent, which could repeat the key.
func (c *Client) hideKey(s string) string {
	if c.cfg.APIKey != "" {
		s = strings.ReplaceAll(s, string(c.cfg.APIKey), "[REDACTED]")
	}
	return oneLine(s)
}

func (c *Client) requestID(h http.Header) string {
	return text.Line(c.hideKey(h.Get("X-Request-Id")), maxRequestIDRunes)
}
