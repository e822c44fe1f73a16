// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alertmanagerreceiver

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
	"go.opentelemetry.io/collector/consumer/consumererror"
)

// refusal is an answer other than 200. Its message is one line that says what is wrong and holds nothing of the
// request but positions, because senders write it to their logs.
type refusal struct {
	status  int
	message string
}

func (r *refusal) Error() string { return r.message }

var (
	errNotObject    = &refusal{http.StatusBadRequest, "the body is not a JSON object"}
	errEmptyBody    = &refusal{http.StatusBadRequest, "the body is empty"}
	errTrailingData = &refusal{http.StatusBadRequest, "there is more after the JSON object"}
	errNoAlerts     = &refusal{http.StatusBadRequest, `there is no "alerts" list: a webhook with a custom payload cannot be understood, ` +
		"so remove the payload from the sender's configuration"}
	errInternal       = &refusal{http.StatusServiceUnavailable, "internal error: see the collector's log"}
	errBusy           = &refusal{http.StatusServiceUnavailable, "too many webhooks at once: see limits::concurrent_requests"}
	errSlowBody       = &refusal{http.StatusServiceUnavailable, "the body did not arrive in time: see read_timeout"}
	errMethod         = &refusal{http.StatusMethodNotAllowed, "the method is not POST or PUT"}
	errUnauthorized   = &refusal{http.StatusUnauthorized, "not authorized: check the credentials in the sender's configuration"}
	errNoSignature    = &refusal{http.StatusUnauthorized, "there is no HMAC-SHA256 signature in hex in the header that hmac::header names"}
	errNoTimestamp    = &refusal{http.StatusUnauthorized, "there are no Unix seconds in the header that hmac::timestamp_header names"}
	errOldTimestamp   = &refusal{http.StatusUnauthorized, "the signature's timestamp is further from now than hmac::timestamp_tolerance"}
	errWrongSignature = &refusal{http.StatusUnauthorized, "the signature does not match: check that both sides have the same secret"}
	errVersion        = &refusal{http.StatusBadRequest, `version: must be "4" or "3" (Alertmanager) or "1" (Grafana)`}
	errRepeats        = &refusal{
		http.StatusRequestEntityTooLarge,
		fmt.Sprintf("the labels and the key of the group, which every record repeats, would take more than %d bytes: group by fewer labels", maxRepeatedBytes),
	}
)

func tooManyAlerts(limit int) *refusal {
	return &refusal{
		http.StatusRequestEntityTooLarge,
		fmt.Sprintf("more than %d alerts: group by more labels, or raise limits::alerts", limit),
	}
}

func tooLarge(limit int64) *refusal {
	return &refusal{
		http.StatusRequestEntityTooLarge,
		fmt.Sprintf("the body has more than %d bytes: group by more labels, or raise max_request_body_size", limit),
	}
}

// fieldError says that a member of the webhook has the wrong type or value.
type fieldError struct {
	path, want string
}

func (e *fieldError) Error() string { return e.path + ": " + e.want }

// within puts the path of the enclosing value before the path that err names, if it names one.
func within(path string, err error) error {
	fe, ok := errors.AsType[*fieldError](err)
	if !ok {
		return err
	}
	if fe.path != "" {
		path += "." + fe.path
	}
	return &fieldError{path, fe.want}
}

// maxReasonBytes bounds what a refusal repeats of a library's error.
const maxReasonBytes = 120

// wrapSyntaxError turns an error of the JSON decoder into a refusal without its pointer, which holds label names.
func wrapSyntaxError(err error) error {
	syntax, ok := errors.AsType[*jsontext.SyntacticError](err)
	switch {
	case errors.Is(err, io.EOF):
		return errEmptyBody
	case !ok:
		return badBody(err)
	case errors.Is(err, io.ErrUnexpectedEOF):
		return &refusal{http.StatusBadRequest, fmt.Sprintf("the JSON ends too early, at byte %d", syntax.ByteOffset)}
	default:
		return &refusal{http.StatusBadRequest, fmt.Sprintf("invalid JSON at byte %d: %s", syntax.ByteOffset, oneLine(syntax.Err))}
	}
}

// badBody says that the body could not be read, for instance because its compression is broken.
func badBody(err error) *refusal {
	return &refusal{http.StatusBadRequest, "the body cannot be read: " + oneLine(err)}
}

func oneLine(err error) string {
	if err == nil {
		return "unknown reason"
	}
	return cutString(strings.Map(printable, err.Error()), maxReasonBytes)
}

// asRefusal says how an error is answered. What the pipeline refuses for good is 400, and everything else 503, which
// senders repeat soon. Alertmanager repeats 429 only after its group_interval, so that is never an answer.
func asRefusal(err error) *refusal {
	if r, ok := errors.AsType[*refusal](err); ok {
		return r
	}
	if f, ok := errors.AsType[*fieldError](err); ok {
		return &refusal{http.StatusBadRequest, f.Error()}
	}
	if consumererror.IsPermanent(err) {
		return &refusal{http.StatusBadRequest, "the pipeline refused the alerts for good: see the collector's log"}
	}
	return &refusal{http.StatusServiceUnavailable, "the pipeline cannot take the alerts now: see the collector's log"}
}

// bodyError says why a body could not be read.
func bodyError(ctx context.Context, err error) error {
	if tooBig, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return tooLarge(tooBig.Limit)
	}
	if timeout, ok := errors.AsType[net.Error](err); ok && timeout.Timeout() || ctx.Err() != nil {
		return errSlowBody
	}
	return badBody(err)
}
