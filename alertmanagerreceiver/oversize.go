// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alertmanagerreceiver

import (
	"context"
	"fmt"
	"time"

	"go.uber.org/zap"

	"github.com/alert24/otelcol-alert24/internal/attrs"
	"github.com/alert24/otelcol-alert24/internal/labels"
	"github.com/alert24/otelcol-alert24/internal/text"
	"github.com/alert24/otelcol-alert24/internal/webhook"
)

const (
	oversizeName = "AlertmanagerWebhookTooLarge"
	// oversizeAge is how long the alert fires after the last webhook that was too large. Alertmanager repeats such a webhook after its
	// group_interval.
	oversizeAge = time.Hour
	// oversizePause is the minimum time between two records, however many webhooks are too large.
	oversizePause = time.Minute
	// maxAgent bounds the User-Agent in the alert.
	maxAgent = 64
)

// oversize fires its own alert while webhooks arrive that are too large, because their alerts are lost. One goroutine sends all records.
type oversize struct {
	handler *handler
	alias   string
	reports chan report // holds the next one
}

// report is a webhook that was too large.
type report struct {
	client, agent string
	bytes         int64 // -1: unknown
}

func newOversize(h *handler, prefix string) *oversize {
	return &oversize{handler: h, alias: prefix + oversizeName + ":" + h.id, reports: make(chan report, 1)}
}

// note does not block. While a report is pending, another one adds nothing.
func (o *oversize) note(r report) {
	select {
	case o.reports <- r:
	default:
	}
}

// run sends the alert for each report, and its resolve when no webhook has been too large for oversizeAge. This time also runs from the
// start, because a former process may have left the alert firing. A resolve of an unknown alert does nothing.
func (o *oversize) run(ctx context.Context) {
	var since, sent time.Time // when the alert began to fire, and was last sent
	quiet := time.NewTimer(oversizeAge)
	defer quiet.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case r := <-o.reports:
			quiet.Reset(oversizeAge)
			now := o.handler.now()
			if now.Sub(sent) < oversizePause {
				continue
			}
			start := since
			if start.IsZero() {
				start = now
			}
			if o.send(ctx, o.firing(r, start)) {
				since, sent = start, now
			}
		case <-quiet.C:
			if o.send(ctx, o.resolved(since)) {
				since = time.Time{}
			} else {
				quiet.Reset(oversizePause)
			}
		}
	}
}

// send passes the alert to the pipeline and reports whether the pipeline accepted it.
func (o *oversize) send(ctx context.Context, a webhook.Alert) (accepted bool) {
	a.Labels = labels.New(
		labels.Label{Name: "alertname", Value: oversizeName},
		labels.Label{Name: "instance", Value: o.handler.id},
		labels.Label{Name: "severity", Value: "critical"},
	)
	a.Fingerprint = a.Labels.Fingerprint()
	d := o.handler.arrive("")
	logs, _ := o.handler.converter.Logs(&webhook.Webhook{Alerts: []webhook.Alert{a}}, &d)
	logs.ResourceLogs().At(0).ScopeLogs().At(0).LogRecords().At(0).Attributes().PutStr(attrs.Alias, o.alias)
	if err := o.handler.consume(ctx, logs); err != nil {
		o.handler.logger.Warn("The pipeline refused the alert about webhooks that are too large; the next such webhook repeats it", zap.Error(err))
		return false
	}
	return true
}

func (o *oversize) firing(r report, start time.Time) webhook.Alert {
	size := "more bytes than the limit"
	if r.bytes >= 0 {
		size = mebibytes(r.bytes)
	}
	return webhook.Alert{
		Status: attrs.StatusFiring, StartsAt: start,
		Annotations: labels.New(
			labels.Label{Name: "summary", Value: "A webhook is too large, and its alerts are not delivered"},
			labels.Label{Name: "description", Value: fmt.Sprintf(
				"%s sent a webhook of %s to receiver %s, which takes %s. None of its alerts was accepted. "+
					"Group by more labels in Alertmanager, or raise max_request_body_size.", r.sender(), size, o.handler.id, mebibytes(o.handler.maxBytes))},
		),
	}
}

func (o *oversize) resolved(start time.Time) webhook.Alert {
	return webhook.Alert{Status: attrs.StatusResolved, StartsAt: start, EndsAt: o.handler.now()}
}

func (r report) sender() string {
	name := r.client
	if name == "" {
		name = "A sender without an address"
	}
	if r.agent != "" {
		name += " (" + text.Line(r.agent, maxAgent) + ")"
	}
	return name
}

func mebibytes(n int64) string { return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20)) }
