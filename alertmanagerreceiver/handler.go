// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alertmanagerreceiver

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"mime"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/collector/client"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/receiver"
	"go.opentelemetry.io/collector/receiver/receiverhelper"
	"go.opentelemetry.io/otel/attribute"
	"go.uber.org/zap"

	"github.com/alert24/otelcol-alert24/alertmanagerreceiver/internal/metadata"
	"github.com/alert24/otelcol-alert24/internal/inprocess"
	"github.com/alert24/otelcol-alert24/internal/pauses"
	"github.com/alert24/otelcol-alert24/internal/seldom"
	"github.com/alert24/otelcol-alert24/internal/webhook"
)

// handler answers webhooks. Requests share only its counters, its pools and the memory of truncated groups.
type handler struct {
	id        string
	path      string
	encodings []string
	maxBytes  int64
	converter *webhook.Converter
	signature *signature // nil: no signature is needed
	next      consumer.Logs

	epoch    string
	arrivals atomic.Int64
	now      func() time.Time
	pauses   pauses.Pauses
	places   *places
	pool     sync.Pool // of *workspace

	report     *receiverhelper.ObsReport
	telemetry  *telemetry
	truncation *truncation
	oversize   *oversize
	poller     *poller // nil: no sync
	logger     *seldom.Logger
}

// workspace is the memory needed to read one webhook.
type workspace struct {
	body   bytes.Buffer
	reader *webhook.Reader
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
	telemetry, err := newTelemetry(set, &cfg.Telemetry)
	if err != nil {
		return nil, err
	}
	converter, err := cfg.NewConverter(set.ID, set.BuildInfo.Version)
	if err != nil {
		return nil, err
	}
	h := &handler{
		id:         set.ID.String(),
		path:       cfg.Path,
		encodings:  cfg.ServerConfig.CompressionAlgorithms,
		maxBytes:   cfg.ServerConfig.MaxRequestBodySize,
		converter:  converter,
		next:       next,
		epoch:      rand.Text(),
		now:        time.Now,
		places:     newPlaces(cfg),
		report:     report,
		telemetry:  telemetry,
		truncation: newTruncation(set.ID.String(), set.Logger, telemetry),
		logger:     seldom.New(set.Logger),
	}
	h.oversize = newOversize(h, cfg.Alias.Prefix)
	h.poller = newPoller(h, cfg, set.BuildInfo.Version)
	h.pool.New = func() any { return &workspace{reader: webhook.NewReader()} }
	if cfg.HMAC.HasValue() {
		h.signature = &signature{cfg.HMAC.Get(), func() time.Time { return h.now() }}
	}
	return h, nil
}

// arrive numbers a webhook. The numbers order the webhooks of each sender.
func (h *handler) arrive(from string) webhook.Delivery {
	return webhook.Delivery{Epoch: h.epoch, Arrival: h.arrivals.Add(1), Received: h.now(), Client: from, ResolveWait: h.poller.resolveWait()}
}

// serve handles one webhook that has arrived. It ends every request with answer.
func (h *handler) serve(w http.ResponseWriter, r *http.Request, d *webhook.Delivery) {
	err := check(r)
	if err == nil {
		err = h.receive(r, d)
	}
	h.answer(w, r, err)
}

// check refuses requests that are not webhooks.
func check(r *http.Request) error {
	switch {
	case r.Method != http.MethodPost && r.Method != http.MethodPut:
		return errMethod
	case !isJSON(r.Header.Get("Content-Type")):
		return &refusal{http.StatusUnsupportedMediaType, "the Content-Type is not application/json"}
	default:
		return nil
	}
}

// receive passes on the alerts of a webhook. It turns a panic into an error, because one request must not end the process.
func (h *handler) receive(r *http.Request, d *webhook.Delivery) (err error) {
	waited := h.mayHaveWaited()
	ctx, count := h.report.StartLogsOp(continueTrace(r)), 0
	defer func() {
		if p := recover(); p != nil {
			h.logger.Error("Panic while a webhook was handled; report it as a bug", zap.Any("panic", p), zap.Stack("stack"))
			err = errInternal
		}
		h.report.EndLogsOp(ctx, metadata.Type.String(), count, err)
	}()
	held, err := h.places.take(ctx, h.places.of(r.ContentLength))
	if err != nil {
		return err
	}
	defer held.leave()

	ws := h.pool.Get().(*workspace)
	if err = h.read(ctx, ws, r, held); err == nil {
		err = checkSender(ctx, waited)
	}
	if err == nil {
		count, err = h.pass(ctx, ws, d)
	}
	// After a panic the workspace is not reused, because its state is unknown.
	if ws.body.Cap() <= 2*maxPooledBytes {
		h.pool.Put(ws)
	}
	return err
}

// pass hands the alerts to the pipeline in chunks, and returns their number. It stops at the first error that can pass: the sender repeats
// the whole webhook, and the pipeline accepts the alerts of earlier chunks again. A chunk that is refused permanently stops no other.
func (h *handler) pass(ctx context.Context, ws *workspace, d *webhook.Delivery) (count int, err error) {
	hook, err := ws.reader.Open(ws.body.Bytes())
	if err != nil {
		return 0, err
	}
	cutValues := 0
	var refused error
	for {
		more, err := ws.reader.Next()
		if err != nil {
			return count, err
		}
		if !more {
			break
		}
		count += len(hook.Alerts)
		logs, cut := h.converter.Logs(hook, d)
		cutValues += cut
		if err := h.next.ConsumeLogs(ctx, logs); permanent(err) {
			refused = err
			continue
		} else if err != nil {
			return count, err
		}
		h.poller.hear(hook.Alerts, d)
		h.poller.sentBy(hook.Receiver)
	}
	if refused != nil {
		return count, refused
	}
	h.noteSkipped(ctx, hook, d.Client)
	if count == 0 && hook.Skipped.Len() > 0 {
		return 0, &refusal{http.StatusBadRequest, "no alert can be used: " + hook.Skipped.String()}
	}
	h.telemetry.optional.ReceiverAlertmanagerCutValues.Add(ctx, int64(cutValues), h.telemetry.own)
	h.truncation.note(ctx, hook)
	return count, nil
}

// noteSkipped counts and logs the unusable alerts.
func (h *handler) noteSkipped(ctx context.Context, hook *webhook.Webhook, from string) {
	s := &hook.Skipped
	if s.Len() == 0 {
		return
	}
	for reason, n := range s.ByReason {
		h.telemetry.ReceiverAlertmanagerSkippedAlerts.Add(ctx, int64(n), h.telemetry.attributes(attribute.String("reason", string(reason))))
	}
	h.logger.Warn("Skipped alerts that cannot be used; the other alerts of their webhook are not affected",
		zap.Int("skipped", s.Len()), zap.String("alerts", s.Named()), zap.String("client", from))
	for i := range s.Examples {
		e := &s.Examples[i]
		skipped := inprocess.Skipped{Text: e.Why(), Labels: e.Labels, Sender: inprocess.Sender{Receiver: h.id, From: from}}
		if a := e.Alert(); len(a.Labels) > 0 {
			skipped.Alias = h.converter.Alias(hook, &a).Text
		}
		inprocess.ReportSkipped(skipped)
	}
}

// answer ends every request: it counts the request, logs a refusal and writes the answer.
func (h *handler) answer(w http.ResponseWriter, r *http.Request, err error) {
	status, message := http.StatusOK, ""
	if err == nil {
		inprocess.ReportAccepted()
	} else {
		sender := inprocess.Sender{Receiver: h.id, From: peer(r.Context())}
		refusal := asRefusal(err)
		status, message = refusal.status, refusal.message
		path, detail := h.wrongPath(r, refusal), zap.Skip()
		if path != "" {
			detail = zap.String("detail", path)
		}
		h.logger.Warn("Refused a webhook: "+http.StatusText(status), // each status has its own message, so that each is logged
			zap.Int("status", status), zap.Error(err), detail, zap.String("client", sender.From))
		if mayBeWebhook(r, status) {
			inprocess.ReportRejected(inprocess.Rejection{Text: strconv.Itoa(status) + ": " + message, Detail: cmp.Or(path, cause(refusal, err)), Busy: status == http.StatusServiceUnavailable, Sender: sender})
		}
	}
	h.telemetry.webhook(r.Context(), status)
	if status == http.StatusMethodNotAllowed {
		w.Header().Set("Allow", "POST, PUT")
	}
	if status == http.StatusOK {
		w.WriteHeader(status)
		return
	}
	http.Error(w, message, status)
}

// refuseEarly answers for the server's own layers: authentication, and the start of decompression. It does not repeat their messages,
// because they may quote the request.
func (h *handler) refuseEarly(w http.ResponseWriter, r *http.Request, message string, status int) {
	encoding := r.Header.Get("Content-Encoding")
	if encoding == "identity" {
		encoding = "" // a synonym; compression_algorithms has only ""
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

// isJSON accepts the media types that senders use, and a missing Content-Type.
func isJSON(contentType string) bool {
	if contentType == "" || contentType == "application/json" {
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
