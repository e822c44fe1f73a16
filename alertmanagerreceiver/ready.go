// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alertmanagerreceiver

import (
	"context"
	"errors"
	"io"
	"net/http"
	"sync"
	"time"

	"go.uber.org/zap"
	"golang.org/x/sync/singleflight"

	"github.com/alert24/otelcol-alert24/internal/inprocess"
	"github.com/alert24/otelcol-alert24/internal/seldom"
)

const (
	// readyPath tells whether new alerts would be accepted now. It needs no credentials.
	readyPath = "/-/ready"
	// readyAge is how long an answer is reused, to make frequent requests cheap.
	readyAge = time.Second
	// readyTimeout is how long the exporters may take to answer.
	readyTimeout = time.Second
)

// readiness answers readyPath with the state of this process's exporters, see package inprocess. It asks them once at a time.
type readiness struct {
	logger *seldom.Logger
	asking singleflight.Group

	mu  sync.Mutex
	at  time.Time
	err error // of the last answer
}

func (r *readiness) serve(w http.ResponseWriter, q *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	if q.Method != http.MethodGet && q.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "the method is not GET or HEAD", http.StatusMethodNotAllowed)
		return
	}
	if err := r.answer(q.Context()); err != nil {
		http.Error(w, "not ready: "+notReady(err), http.StatusServiceUnavailable)
		return
	}
	_, _ = io.WriteString(w, "ready\n")
}

// answer returns the last answer while it is fresh. Otherwise it asks the exporters.
func (r *readiness) answer(ctx context.Context) error {
	r.mu.Lock()
	at, err := r.at, r.err
	r.mu.Unlock()
	if !at.IsZero() && time.Since(at) < readyAge {
		return err
	}
	_, err, _ = r.asking.Do("", func() (any, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), readyTimeout) // others wait for this answer, too
		defer cancel()
		err := inprocess.Ready(ctx)
		r.note(err)
		return nil, err
	})
	return err
}

// note stores an answer and logs a change.
func (r *readiness) note(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case err == nil && r.err != nil:
		r.logger.Info("Ready again: webhooks are accepted")
	case err != nil && r.err == nil:
		r.logger.Warn("Not ready: webhooks are refused", zap.Error(err))
	}
	r.err, r.at = err, time.Now()
}

func notReady(err error) string {
	if errors.Is(err, context.DeadlineExceeded) {
		return "the storage does not answer"
	}
	return err.Error()
}
