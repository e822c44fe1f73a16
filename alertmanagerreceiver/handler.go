// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alertmanagerreceiver

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"io"
	"mime"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/collector/client"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/receiver"
	"go.opentelemetry.io/collector/receiver/receiverhelper"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.uber.org/zap"

	"github.com/alert24/otelcol-alert24/alertmanagerreceiver/internal/metadata"
)

const (
	// maxDrainBytes is how much of an unread body is read before the answer, so that a sender that is still writing
	// sees the answer and not a reset connection.
	maxDrainBytes = 256 << 10
	// maxPooledBytes is the largest body whose memory is kept for the next one.
	maxPooledBytes = 1 << 20
	// maxRepeatedBytes bounds what the group says times the number of its alerts, because a small body could fill the
	// memory with it. With 10,000 alerts it leaves 3.2 KiB to the group, several times what Alertmanager sends.
	maxRepeatedBytes = 32 << 20
)

// handler answers webhooks. Requests share nothing in it but counters, pools and the memory of truncated groups.
type handler struct {
	path      string
	encodings []string
	maxAlerts int
	converter *converter
	signature *signature // nil: none asked for
	next      consumer.Logs

	epoch    string
	arrivals atomic.Int64
	now      func() time.Time
	places   *places
	pool     sync.Pool // of *workspace

	report     *receiverhelper.ObsReport
	telemetry  *metadata.TelemetryBuilder
	truncation *truncation
	logger     *zap.Logger
}

// workspace is the memory that one webhook needs while it is read.
type workspace struct {
	body    bytes.Buffer
	decoder *decoder
}

func newHandler(set receiver.Settings, cfg *Config, next consumer.Logs) (*handler, error) {
	transport := "http"
	if cfg.ServerConfig.TLS.HasValue() {
		transport = "https"
	}
	report, err := receiverhelper.NewObsReport(receiverhelper.ObsReportSettings{
		ReceiverID:             set.ID,
		Transport:              transport,
		ReceiverCreateSettings: set,
	})
	if err != nil {
		return nil, err
	}
	telemetry, err := metadata.NewTelemetryBuilder(set.TelemetrySettings)
	if err != nil {
		return nil, err
	}
	truncation, err := newTruncation(set.Logger, telemetry)
	if err != nil {
		return nil, err
	}
	h := &handler{
		path:       cfg.Path,
		encodings:  cfg.ServerConfig.CompressionAlgorithms,
		maxAlerts:  cfg.Limits.Alerts,
		converter:  newConverter(cfg, set.BuildInfo.Version),
		next:       next,
		epoch:      rand.Text(),
		now:        time.Now,
		places:     newPlaces(cfg),
		report:     report,
		telemetry:  telemetry,
		truncation: truncation,
		logger:     sampled(set.Logger),
	}
	h.pool.New = func() any { return &workspace{decoder: newDecoder()} }
	if cfg.HMAC.HasValue() {
		h.signature = newSignature(cfg.HMAC.Get(), func() time.Time { return h.now() })
	}
	return h, nil
}

// ServeHTTP takes one webhook. Its only exit is answer.
func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	// The arrival is counted before anything that can take time, so that it orders webhooks as their senders did.
	d := delivery{epoch: h.epoch, arrival: h.arrivals.Add(1), received: h.now(), client: peer(r.Context())}
	err := h.check(r)
	if err == nil {
		err = h.receive(r, &d)
	}
	h.answer(w, r, err)
}

// check refuses requests that are no webhooks.
func (h *handler) check(r *http.Request) error {
	switch {
	case r.URL.Path != h.path:
		return &refusal{http.StatusNotFound, "webhooks are taken on another path: see path in the receiver's configuration"}
	case r.Method != http.MethodPost && r.Method != http.MethodPut:
		return errMethod
	case !isJSON(r.Header.Get("Content-Type")):
		return &refusal{http.StatusUnsupportedMediaType, "the Content-Type is not application/json"}
	default:
		return nil
	}
}

// receive passes the alerts of a webhook on. A panic becomes an error: one request must not end the process.
func (h *handler) receive(r *http.Request, d *delivery) (err error) {
	ctx, count := h.report.StartLogsOp(r.Context()), 0
	defer func() {
		if p := recover(); p != nil {
			h.logger.Error("Panic while a webhook was worked on", zap.Any("panic", p), zap.Stack("stack"))
			err = errInternal
		}
		h.report.EndLogsOp(ctx, metadata.Type.String(), count, err)
	}()
	n := h.places.of(r)
	if !h.places.take(ctx, n) {
		return errBusy
	}
	defer h.places.leave(n)

	ws := h.pool.Get().(*workspace)
	hook, err := h.read(ws, r)
	if err == nil && len(hook.Alerts) > 0 {
		count = len(hook.Alerts)
		err = h.pass(ctx, ws, hook, d)
	}
	// After a panic the workspace is lost, so that nobody gets one in a state unknown.
	if ws.body.Cap() <= maxPooledBytes {
		h.pool.Put(ws)
	}
	return err
}

// pass hands the alerts to the pipeline, and counts what it accepted.
func (h *handler) pass(ctx context.Context, ws *workspace, hook *webhook, d *delivery) error {
	logs, cut := h.converter.logs(hook, d, ws.decoder.strings)
	if err := h.next.ConsumeLogs(ctx, logs); err != nil {
		return err
	}
	h.telemetry.ReceiverAlertmanagerCutValues.Add(ctx, int64(cut))
	h.truncation.note(ctx, hook)
	return nil
}

// read reads, verifies and decodes the body.
func (h *handler) read(ws *workspace, r *http.Request) (*webhook, error) {
	ws.body.Reset()
	if n := r.ContentLength; n > 0 && n < maxPooledBytes {
		ws.body.Grow(int(n) + bytes.MinRead)
	}
	if _, err := ws.body.ReadFrom(r.Body); err != nil {
		return nil, bodyError(r.Context(), err)
	}
	if h.signature != nil {
		if err := h.signature.verify(r.Header, ws.body.Bytes()); err != nil {
			return nil, err
		}
	}
	hook, err := ws.decoder.decode(ws.body.Bytes(), h.maxAlerts)
	if err == nil && hook.repeatedBytes()*len(hook.Alerts) > maxRepeatedBytes {
		return nil, errRepeats
	}
	return hook, err
}

// answer ends every request: it drains the body within bounds, counts, logs a refusal and writes the answer.
func (h *handler) answer(w http.ResponseWriter, r *http.Request, err error) {
	_, _ = io.CopyN(io.Discard, r.Body, maxDrainBytes)
	status, message := http.StatusOK, ""
	if err != nil {
		refusal := asRefusal(err)
		status, message = refusal.status, refusal.message
		h.logger.Warn("Refused a webhook: "+http.StatusText(status), // another message for each status, see sampled
			zap.Int("status", status), zap.Error(err), zap.String("client", peer(r.Context())))
	}
	h.telemetry.ReceiverAlertmanagerWebhooks.Add(r.Context(), 1,
		metric.WithAttributes(attribute.Int("http.response.status_code", status)))
	if status == http.StatusMethodNotAllowed {
		w.Header().Set("Allow", "POST, PUT")
	}
	if status == http.StatusOK {
		w.WriteHeader(status)
		return
	}
	http.Error(w, message, status)
}

// refuseEarly answers for the server's own layers: authentication, and the start of decompression. Their messages
// are not repeated, because they may quote the request.
func (h *handler) refuseEarly(w http.ResponseWriter, r *http.Request, message string, status int) {
	encoding := r.Header.Get("Content-Encoding")
	if encoding == "identity" {
		encoding = "" // the same, and the only spelling in compression_algorithms
	}
	switch {
	case status == http.StatusUnauthorized:
		h.answer(w, r, errUnauthorized)
	case !slices.Contains(h.encodings, encoding):
		h.answer(w, r, &refusal{
			http.StatusUnsupportedMediaType,
			"the Content-Encoding is none of those in compression_algorithms",
		})
	default:
		h.answer(w, r, badBody(errors.New(message)))
	}
}

// isJSON accepts what senders use, and no Content-Type at all.
func isJSON(contentType string) bool {
	if contentType == "" {
		return true
	}
	media, _, err := mime.ParseMediaType(contentType)
	return err == nil && (media == "application/json" || strings.HasSuffix(media, "+json"))
}

// peer returns the address of the sender without its port, or "".
func peer(ctx context.Context) string {
	addr := client.FromContext(ctx).Addr
	if addr == nil {
		return ""
	}
	if host, _, err := net.SplitHostPort(addr.String()); err == nil {
		return host
	}
	return addr.String()
}
