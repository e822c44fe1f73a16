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

	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/otel/trace"
	"go.uber.org/zap"
)

const (
	// readyPath says whether a webhook would be accepted now, to anybody who asks.
	readyPath = "/-/ready"
	// readyAge is for how long one answer serves all who ask, so that hammering the path costs nothing.
	readyAge = time.Second
	// readyTimeout is how long the pipeline has to answer.
	readyTimeout = time.Second
)

// readiness answers readyPath: it asks the way that webhooks take with a push of no records, one question at a time.
type readiness struct {
	next   consumer.Logs
	logger *zap.Logger

	mu    sync.Mutex
	last  *question
	ready bool // what the last answer said
}

// question is one push of no records. All who ask until its answer is old share it.
type question struct {
	late     <-chan struct{} // closed when the pipeline has had its time
	answered chan struct{}   // closed when the rest is set
	at       time.Time
	err      error
}

// over puts the readiness before next, the server's handler: a probe has no credentials, and is no webhook to anything
// that counts, logs or traces those.
func (r *readiness) over(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		if q.URL.Path != readyPath {
			next.ServeHTTP(w, q)
			return
		}
		r.serve(w, q)
	})
}

func (r *readiness) serve(w http.ResponseWriter, q *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	if q.Method != http.MethodGet && q.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "the method is not GET or HEAD", http.StatusMethodNotAllowed)
		return
	}
	if err := r.ask(q.Context()).wait(q.Context()); err != nil {
		http.Error(w, "not ready: "+notReady(err), http.StatusServiceUnavailable)
		return
	}
	_, _ = io.WriteString(w, "ready\n")
}

// ask returns the question that is under way or was answered a moment ago, else a new one.
func (r *readiness) ask(ctx context.Context) *question {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.last != nil && !r.last.old() {
		return r.last
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), readyTimeout) // others wait for the answer too
	q := &question{late: ctx.Done(), answered: make(chan struct{})}
	r.last = q
	go func() {
		// Nobody waits for this: a pipeline that is stuck keeps one question, and holds no shutdown back.
		defer cancel()
		q.err = r.push(ctx)
		q.at = time.Now()
		r.note(q.err)
		close(q.answered)
	}()
	return q
}

// unsampled is the parent of what the pipeline does: a probe is not worth a span.
var unsampled = trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{1}, SpanID: trace.SpanID{1}})

func (r *readiness) push(ctx context.Context) (err error) {
	defer func() {
		if p := recover(); p != nil {
			r.logger.Error("Panic while readiness was probed", zap.Any("panic", p), zap.Stack("stack"))
			err = errInternal
		}
	}()
	return r.next.ConsumeLogs(trace.ContextWithSpanContext(ctx, unsampled), plog.NewLogs())
}

// note logs a change.
func (r *readiness) note(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if ready := err == nil; ready != r.ready {
		r.ready = ready
		if ready {
			r.logger.Info("Ready again: webhooks are accepted")
		} else {
			r.logger.Warn("Not ready: webhooks are refused", zap.Error(err))
		}
	}
}

// old: the answer has served for its time.
func (q *question) old() bool {
	select {
	case <-q.answered:
		return time.Since(q.at) >= readyAge
	default:
		return false
	}
}

// wait returns the answer, or an error if there is none in time.
func (q *question) wait(ctx context.Context) error {
	select {
	case <-q.answered:
	case <-q.late:
	case <-ctx.Done():
	}
	select { // the answer counts, should several of these be true
	case <-q.answered:
		return q.err
	default:
		return context.DeadlineExceeded
	}
}

// notReady says why webhooks are not accepted. Anybody may ask, so it says nothing of the pipeline's error but what an
// exporter has written for that.
func notReady(err error) string {
	if reason, ok := errors.AsType[interface {
		error
		NotReady() string
	}](err); ok {
		return reason.NotReady()
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return "the pipeline does not answer"
	}
	return "the pipeline refuses webhooks: see the collector's log"
}
