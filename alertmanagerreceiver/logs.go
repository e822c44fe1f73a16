// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alertmanagerreceiver

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"

	"github.com/alert24/otelcol-alert24/alertmanagerreceiver/internal/metadata"
	"github.com/alert24/otelcol-alert24/internal/attrs"
	"github.com/alert24/otelcol-alert24/internal/jsonstring"
	"github.com/alert24/otelcol-alert24/internal/labels"
)

const (
	labelAlertName = "alertname"
	labelSeverity  = "severity"
	// unnamed is the body of an alert that has neither summary nor name.
	unnamed = "alert without a name"
	// cutMark ends a text that was cut.
	cutMark = "…"
	// usualAttributes is how many attributes a record of Alertmanager's has beside labels and annotations.
	usualAttributes = 13
)

// positionBits hold the position of an alert in its webhook; the bits above them count webhooks.
const positionBits = 20

// delivery is what the receiver knows of a webhook beside its body.
type delivery struct {
	epoch    string
	arrival  int64 // counts webhooks in order of arrival
	received time.Time
	client   string // peer address, or ""
}

// sequence orders alerts by the arrival of their webhook and then by their place in it.
func (d *delivery) sequence(position int) int64 {
	return d.arrival<<positionBits | int64(position)
}

// converter makes log records of webhooks. It is pure: equal input makes equal output.
type converter struct {
	alias   aliasRules
	limits  limitsConfig
	kept    []string // labels and annotations that labels_per_alert never leaves out
	version string   // of the build, for the scope
}

func newConverter(cfg *Config, version string) *converter {
	return &converter{
		alias:   newAliasRules(cfg.Alias),
		limits:  cfg.Limits,
		kept:    append([]string{labelAlertName, labelSeverity, "summary", "description", "runbook_url"}, cfg.Alias.Labels...),
		version: version,
	}
}

// logs returns one record per alert, and how many texts the limits cut or left out. keys shares the names of attributes
// between records and may be nil.
func (c *converter) logs(w *webhook, d *delivery, keys *jsonstring.Interner) (plog.Logs, int) {
	logs := plog.NewLogs()
	rl := logs.ResourceLogs().AppendEmpty()
	out := writer{attributes: rl.Resource().Attributes(), keys: keys, limit: c.limits.ValueBytes}
	out.text(attrs.ServiceName, attrs.ServiceNameValue)
	out.text(attrs.Receiver, w.Receiver)
	out.text(attrs.ExternalURL, w.ExternalURL)
	total := out.cut

	sl := rl.ScopeLogs().AppendEmpty()
	sl.Scope().SetName(metadata.ScopeName)
	sl.Scope().SetVersion(c.version)
	records := sl.LogRecords()
	records.EnsureCapacity(len(w.Alerts))
	for i := range w.Alerts {
		lr := records.AppendEmpty()
		out.attributes, out.cut = lr.Attributes(), 0
		c.record(lr, &out, w, &w.Alerts[i])
		lr.SetObservedTimestamp(pcommon.NewTimestampFromTime(d.received))
		c.delivery(&out, w, d, i)
		total += out.cut
	}
	return logs, total
}

// record writes what the alert says.
func (c *converter) record(lr plog.LogRecord, out *writer, w *webhook, a *alert) {
	severity, name := a.Labels.Get(labelSeverity), a.Labels.Get(labelAlertName)

	lr.SetEventName(attrs.EventName)
	lr.SetTimestamp(timestamp(a))
	lr.SetSeverityNumber(severityNumber(severity))
	lr.SetSeverityText(out.shorten(severity))
	lr.Body().SetStr(out.shorten(cmp.Or(a.Annotations.Get("summary"), name, unnamed)))

	out.attributes.EnsureCapacity(usualAttributes + c.room(a.Labels) + c.room(a.Annotations) + c.room(w.GroupLabels) + c.room(w.RouteLabels))
	out.attributes.PutStr(attrs.Alias, c.alias.alias(a))
	out.text(attrs.AlertName, name)
	out.text(attrs.AlertStatus, a.Status)
	out.text(attrs.AlertFingerprint, a.Fingerprint)
	out.time(attrs.AlertStartsAt, a.StartsAt)
	out.time(attrs.AlertEndsAt, a.EndsAt)
	out.link(attrs.AlertGeneratorURL, a.GeneratorURL)
	c.set(out, attrs.AlertLabelPrefix, a.Labels)
	c.set(out, attrs.AlertAnnotationPrefix, a.Annotations)
	if a.Grafana != nil {
		c.grafana(out, w, a.Grafana)
	}
}

// delivery writes how the alert came, position being its place in the webhook, and what had to be cut.
func (c *converter) delivery(out *writer, w *webhook, d *delivery, position int) {
	out.attributes.PutStr(attrs.Epoch, d.epoch)
	out.attributes.PutInt(attrs.Seq, d.sequence(position))
	out.text(attrs.GroupKey, w.GroupKey)
	c.set(out, attrs.GroupLabelPrefix, w.GroupLabels)
	c.set(out, attrs.RouteLabelPrefix, w.RouteLabels)
	out.text(attrs.NotificationReason, w.NotificationReason)
	if w.TruncatedAlerts > 0 {
		out.attributes.PutInt(attrs.TruncatedAlerts, w.TruncatedAlerts)
	}
	out.text(attrs.ClientAddress, d.client)
	if out.cut > 0 {
		out.attributes.PutInt(attrs.CutValues, int64(out.cut))
	}
}

func (c *converter) grafana(out *writer, w *webhook, g *grafanaFacts) {
	if id := cmp.Or(g.OrgID, w.OrgID); id != 0 {
		out.attributes.PutInt(attrs.OrgID, id)
	}
	out.text(attrs.AlertRuleUID, g.RuleUID)
	out.link(attrs.AlertDashboardURL, g.DashboardURL)
	out.link(attrs.AlertPanelURL, g.PanelURL)
	out.link(attrs.AlertSilenceURL, g.SilenceURL)
	out.link(attrs.AlertImageURL, g.ImageURL)
	out.text(attrs.AlertValueString, g.ValueString)
	for i, v := range g.Values {
		if i >= c.limits.LabelsPerAlert {
			out.cut += len(g.Values) - i
			break
		}
		out.attributes.PutDouble(out.keys.Join(attrs.AlertValuePrefix, out.shorten(v.Name)), v.Value)
	}
}

// room is about how many pairs of the set a record keeps.
func (c *converter) room(set labels.Set) int {
	return min(len(set), c.limits.LabelsPerAlert)
}

// set writes a label set, at most labels_per_alert of it and always those that an incident is made of.
func (c *converter) set(out *writer, prefix string, set labels.Set) {
	room := c.limits.LabelsPerAlert
	for _, l := range set {
		if room <= 0 && !slices.Contains(c.kept, l.Name) {
			out.cut++
			continue
		}
		room--
		out.attributes.PutStr(out.keys.Join(prefix, out.shorten(l.Name)), out.shorten(l.Value))
	}
}

// timestamp is when the alert started or, if it is resolved, ended; 0 when the webhook does not say or says what
// nanoseconds since 1970 cannot hold.
func timestamp(a *alert) pcommon.Timestamp {
	t := a.StartsAt
	if a.Status == attrs.StatusResolved && !a.EndsAt.IsZero() {
		t = a.EndsAt
	}
	if year := t.Year(); year < 1970 || year > 2200 {
		return 0
	}
	return pcommon.NewTimestampFromTime(t)
}

// writer adds attributes, leaves out empty ones, and counts what it had to cut.
type writer struct {
	attributes pcommon.Map
	keys       *jsonstring.Interner
	limit      int
	cut        int
}

func (w *writer) text(key, value string) {
	if value != "" {
		w.attributes.PutStr(key, w.shorten(value))
	}
}

func (w *writer) time(key string, t time.Time) {
	t = t.UTC()
	if year := t.Year(); t.IsZero() || year < 0 || year > 9999 { // the zone may have moved it to a year that RFC 3339 cannot write
		return
	}
	w.attributes.PutStr(key, t.Format(time.RFC3339Nano))
}

// link adds an http or https address and nothing else: people click on it. A cut address leads nowhere, so one that is
// too long is left out.
func (w *writer) link(key, address string) {
	if len(address) > w.limit {
		w.cut++
		return
	}
	rest, secure := strings.CutPrefix(address, "https://")
	if !secure {
		var plain bool
		if rest, plain = strings.CutPrefix(address, "http://"); !plain {
			return
		}
	}
	if rest != "" && !strings.Contains(rest, " ") && !hasControl(rest) {
		w.attributes.PutStr(key, address)
	}
}

func (w *writer) shorten(text string) string {
	if len(text) <= w.limit {
		return text
	}
	w.cut++
	return cutString(text, w.limit-len(cutMark)) + cutMark
}
