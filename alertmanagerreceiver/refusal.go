// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alertmanagerreceiver

import (
	"errors"
	"fmt"
	"net/http"
	"slices"

	"go.opentelemetry.io/collector/consumer/consumererror"

	"github.com/alert24/otelcol-alert24/internal/text"
	"github.com/alert24/otelcol-alert24/internal/webhook"
)

// refusal is an answer other than 200. Its message is one line with the reason. It quotes only positions of the request, because
// senders write it to their logs.
type refusal struct {
	status  int
	message string
}

func (r *refusal) Error() string { return r.message }

var (
	errPath           = &refusal{http.StatusNotFound, "wrong path: see path in the receiver's configuration"}
	errInternal       = &refusal{http.StatusServiceUnavailable, "internal error: see the collector's log"}
	errBusy           = &refusal{http.StatusServiceUnavailable, "too many webhooks at once: see limits::concurrent_requests"}
	errSlowBody       = &refusal{http.StatusServiceUnavailable, "the body did not arrive in time: see read_timeout"}
	errGone           = &refusal{http.StatusServiceUnavailable, "the sender did not wait for the answer"}
	errMethod         = &refusal{http.StatusMethodNotAllowed, "the method is not POST or PUT"}
	errUnauthorized   = &refusal{http.StatusUnauthorized, "not authorized: check the credentials in the sender's configuration"}
	errNoSignature    = &refusal{http.StatusUnauthorized, "there is no HMAC-SHA256 signature in hex in the header that hmac::header names"}
	errNoTimestamp    = &refusal{http.StatusUnauthorized, "there are no Unix seconds in the header that hmac::timestamp_header names"}
	errOldTimestamp   = &refusal{http.StatusUnauthorized, "the signature's timestamp is further from now than hmac::timestamp_tolerance"}
	errWrongSignature = &refusal{http.StatusUnauthorized, "the signature does not match: check that both sides have the same secret"}
)

func tooLarge(limit int64) *refusal {
	return &refusal{
		http.StatusRequestEntityTooLarge,
		fmt.Sprintf("the body has more than %d bytes: group by more labels, or raise max_request_body_size", limit),
	}
}

// badBody refuses a body that cannot be read, for example because its compression is broken.
func badBody(err error) *refusal {
	return &refusal{http.StatusBadRequest, "the body cannot be read: " + webhook.OneLine(err)}
}

// asRefusal turns an error into an answer. A permanent error of the pipeline gives 400. Any other error gives 503, which senders repeat
// soon. There is no 429, because Alertmanager repeats it only after its group_interval.
func asRefusal(err error) *refusal {
	if r, ok := errors.AsType[*refusal](err); ok {
		return r
	}
	if e, ok := errors.AsType[*webhook.Error](err); ok {
		return &refusal{http.StatusBadRequest, e.Message}
	}
	if permanent(err) {
		return &refusal{http.StatusBadRequest, "the pipeline refused the alerts permanently: see the collector's log"}
	}
	return &refusal{http.StatusServiceUnavailable, "the pipeline cannot take the alerts now: see the collector's log"}
}

// permanent reports whether the pipeline will never accept the alerts. If several exporters failed, all of them must have refused
// permanently: one that can take the alerts later must not wait for the sender's group_interval.
func permanent(err error) bool {
	if all, ok := err.(interface{ Unwrap() []error }); ok {
		return !slices.ContainsFunc(all.Unwrap(), func(err error) bool { return !permanent(err) })
	}
	inner := errors.Unwrap(err)
	return consumererror.IsPermanent(err) && (!consumererror.IsPermanent(inner) || permanent(inner))
}

// mayBeWebhook reports whether people should hear that a request was refused. Browsers, probes and scanners send GETs. A sender does so if a
// proxy redirects it to the right path: then it has credentials, and is answered 405.
func mayBeWebhook(r *http.Request, status int) bool {
	return r.Method == http.MethodPost || r.Method == http.MethodPut || status == http.StatusMethodNotAllowed
}

// maxPath bounds the runes of a wrong path in the log.
const maxPath = 100

// wrongPath returns the requested path and ours if they differ, else "". The sender does not see it.
func (h *handler) wrongPath(r *http.Request, refused *refusal) string {
	if refused != errPath {
		return ""
	}
	return text.Line(r.URL.Path, maxPath) + " instead of " + h.path
}

// cause returns the error behind a refusal, unless the refusal says it. The sender does not see it.
func cause(refused *refusal, err error) string {
	if cause := webhook.OneLine(err); cause != webhook.OneLine(refused) {
		return cause
	}
	return ""
}
