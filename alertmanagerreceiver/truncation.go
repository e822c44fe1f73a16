// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alertmanagerreceiver

import (
	"context"
	"hash/maphash"
	"strconv"
	"strings"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"go.uber.org/zap"
	"golang.org/x/time/rate"

	"github.com/alert24/otelcol-alert24/internal/inprocess"
	"github.com/alert24/otelcol-alert24/internal/text"
	"github.com/alert24/otelcol-alert24/internal/webhook"
)

const (
	// maxTruncatedGroups bounds the groups in memory. The oldest one is forgotten, and reported again.
	maxTruncatedGroups = 1024
	// maxReportsAtOnce is how many groups are reported in a burst. After it, one group a second is reported, and the others when they come again.
	maxReportsAtOnce = 100
	// maxLogged bounds the text of a webhook in a log line.
	maxLogged = 120
)

// truncation reports groups that Alertmanager cut to max_alerts, in the log each once until it arrives complete again.
type truncation struct {
	receiver  string // id
	logger    *zap.Logger
	telemetry *telemetry
	seed      maphash.Seed
	groups    *lru.Cache[uint64, bool] // whether the log has them
	limit     *rate.Limiter
}

func newTruncation(receiver string, logger *zap.Logger, telemetry *telemetry) *truncation {
	groups, _ := lru.New[uint64, bool](maxTruncatedGroups) // only a size below 1 is an error
	return &truncation{
		receiver: receiver, logger: logger, telemetry: telemetry, seed: maphash.MakeSeed(), groups: groups,
		limit: rate.NewLimiter(rate.Every(time.Second), maxReportsAtOnce),
	}
}

// note processes an accepted webhook.
func (t *truncation) note(ctx context.Context, w *webhook.Webhook) {
	if w.TruncatedAlerts == 0 {
		if t.groups.Len() == 0 {
			return
		}
		if group := t.group(w); t.groups.Remove(group) {
			inprocess.ReportGroup(inprocess.Group{ID: t.id(group)})
		}
		return
	}
	t.telemetry.ReceiverAlertmanagerTruncatedWebhooks.Add(ctx, 1, t.telemetry.own)
	t.telemetry.optional.ReceiverAlertmanagerTruncatedAlerts.Add(ctx, w.TruncatedAlerts, t.telemetry.own)
	group := t.group(w)
	receiver, key := text.Line(w.Receiver, maxLogged), text.Line(w.GroupKey, maxLogged)
	inprocess.ReportGroup(inprocess.Group{ID: t.id(group), Name: strings.TrimSpace(receiver + " " + key), Cut: true})
	logged, _ := t.groups.Get(group)
	log := !logged && t.limit.Allow()
	t.groups.Add(group, logged || log)
	if !log {
		return
	}
	t.logger.Warn("Alertmanager cut a group short and never sends the alerts past the cut, nor their resolves; "+
		"set max_alerts: 0 in its webhook_configs",
		zap.String("receiver", receiver),
		zap.String("group_key", key),
		zap.Int64("truncated_alerts", w.TruncatedAlerts))
}

func (t *truncation) id(group uint64) string { return t.receiver + " " + strconv.FormatUint(group, 16) }

// group identifies the group by its key and labels, because Mimir may omit the key.
func (t *truncation) group(w *webhook.Webhook) uint64 {
	texts := []string{w.ExternalURL, w.Receiver, w.GroupKey}
	for _, l := range w.GroupLabels {
		texts = append(texts, l.Name, l.Value)
	}
	return maphash.String(t.seed, strings.Join(texts, "\xff")) // it does not occur in UTF-8
}
