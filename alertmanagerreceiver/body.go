// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alertmanagerreceiver

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/alert24/otelcol-alert24/internal/sleep"
)

// maxPooledBytes is the largest body whose memory is reused. A body of unknown length counts as large once this much has been read.
const maxPooledBytes = 1 << 20

// read reads and verifies the body. Whatever length a request claims, at most defaultBodySize is allocated before the bytes arrive.
func (h *handler) read(ctx context.Context, ws *workspace, r *http.Request, held *place) error {
	ws.body.Reset()
	length := r.ContentLength
	if length > h.maxBytes {
		return h.tooLarge(r, length)
	}
	if length > 0 {
		ws.body.Grow(int(min(length, defaultBodySize)) + bytes.MinRead)
	} else if length < 0 {
		// Usual webhooks need no more. Memory for a large one is reserved only after it has proved to be large.
		switch _, err := io.CopyN(&ws.body, r.Body, maxPooledBytes); {
		case err == nil:
			if err := held.more(ctx, h.places.most()); err != nil {
				return err
			}
		case !errors.Is(err, io.EOF):
			return h.bodyError(r, err)
		}
	}
	if _, err := ws.body.ReadFrom(r.Body); err != nil {
		return h.bodyError(r, err)
	}
	if h.signature == nil {
		return nil
	}
	return h.signature.verify(r.Header, ws.body.Bytes())
}

// noticeGone is how long the server may need to notice that the sender of a webhook has gone, once its body is read.
const noticeGone = 100 * time.Millisecond

// mayHaveWaited reports whether a webhook that arrives now may have waited in its socket while the process was paused.
func (h *handler) mayHaveWaited() bool {
	now := h.now()
	return h.pauses.Since(now).Before(now)
}

// checkSender returns an error if the sender no longer waits for the answer. It may have sent newer alerts on another connection, and
// after a pause of the process, the two are read in any order. waited is the result of mayHaveWaited.
func checkSender(ctx context.Context, waited bool) error {
	if waited {
		sleep.For(ctx, noticeGone)
	}
	if ctx.Err() != nil {
		return errGone
	}
	return nil
}

// bodyError returns why a body could not be read.
func (h *handler) bodyError(r *http.Request, err error) error {
	if _, tooBig := errors.AsType[*http.MaxBytesError](err); tooBig {
		return h.tooLarge(r, -1)
	}
	if timeout, ok := errors.AsType[net.Error](err); ok && timeout.Timeout() || r.Context().Err() != nil {
		return errSlowBody
	}
	return badBody(err)
}

// tooLarge refuses a body of length bytes (-1: unknown) and reports it, because its alerts are lost. With hmac there is no report,
// because the signature of such a body cannot be checked.
func (h *handler) tooLarge(r *http.Request, length int64) error {
	if h.signature == nil {
		h.oversize.note(report{client: peer(r.Context()), agent: r.UserAgent(), bytes: length})
	}
	return tooLarge(h.maxBytes)
}
