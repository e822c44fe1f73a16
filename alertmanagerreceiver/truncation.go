// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alertmanagerreceiver

import (
	"context"
	"hash/maphash"
	"strings"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"go.uber.org/zap"
	"golang.org/x/time/rate"

	"github.com/alert24/otelcol-alert24/internal/text"
	"github.com/alert24/otelcol-alert24/internal/webhook"
)

const (
	// maxTruncatedGroups bounds the reported groups in memory. The oldest one is forgotten, and reported again.
	maxTruncatedGroups = 1024
	// maxReportsAtOnce is how many groups are reported in a burst. After it, one group a second is reported, and the others when they come again.
	maxReportsAtOnce = 100
	// maxLogged bounds the text of a webhook in a log line.
	maxLogged = 120
)

// truncation reports groups that Alertmanager cut to max_alerts, each once until it arrives complete again.
type truncation struct {
	logger    *zap.Logger
	telemetry *telemetry
	seed      maphash.Seed
	reported  *lru.Cache[uint64, struct{}]
	limit     *rate.Limiter
}

func newTruncation(logger *zap.Logger, telemetry *telemetry) *truncation {
	reported, _ := lru.New[uint64, struct{}](maxTruncatedGroups) // only a size below 1 is an error
	return &truncation{
		logger: logger, telemetry: telemetry, seed: maphash.MakeSeed(), reported: reported,
		limit: rate.NewLimiter(rate.Every(time.Second), maxReportsAtOnce),
	}
}

// note processes an accepted webhook.
func (t *truncation) note(ctx context.Context, w *webhook.Webhook) {
	if w.TruncatedAlerts == 0 {
		if t.reported.Len() > 0 {
			t.reported.Remove(t.group(w))
		}
		return
	}
	t.telemetry.ReceiverAlertmanagerTruncatedWebhooks.Add(ctx, 1)
	t.telemetry.optional.ReceiverAlertmanagerTruncatedAlerts.Add(ctx, w.TruncatedAlerts)
	group := t.group(w)
	if t.reported.Contains(group) || !t.limit.Allow() {
		return
	}
	t.reported.Add(group, struct{}{})
	t.logger.Warn("Alertmanager cut a group short and never sends the alerts past the cut, nor their resolves; "+
		"set max_alerts: 0 in its webhook_configs",
		zap.String("receiver", text.Line(w.Receiver, maxLogged)),
		zap.String("group_key", text.Line(w.GroupKey, maxLogged)),
		zap.Int64("truncated_alerts", w.TruncatedAlerts))
}

// group identifies the group by its key and labels, because Mimir may omit the key.
func (t *truncation) group(w *webhook.Webhook) uint64 {
	texts := []string{w.ExternalURL, w.Receiver, w.GroupKey}
	for _, l := range w.GroupLabels {
		texts = append(texts, l.Name, l.Value)
	}
	return maphash.String(t.seed, strings.Join(texts, "\xff")) // it does not occur in UTF-8
}
