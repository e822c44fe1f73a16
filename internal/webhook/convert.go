// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package webhook

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"

	"github.com/alert24/otelcol-alert24/internal/attrs"
	"github.com/alert24/otelcol-alert24/internal/labels"
	"github.com/alert24/otelcol-alert24/internal/severity"
)

const (
	labelAlertName = "alertname"
	labelSeverity  = "severity"
	// unnamed is the body of an alert that has neither summary nor name.
	unnamed = "alert without a name"
	// usualAttributes is how many attributes a record of Alertmanager's alerts has in addition to labels, annotations and those that all
	// records of its webhook share.
	usualAttributes = 11
	// resourceAttributes is how many attributes the resource of the records has.
	resourceAttributes = 3
	// usualKeyText is larger than the hashed text of most keys.
	usualKeyText = 1024
	// maxGroupBytes roughly bounds the memory of the group's and the route's labels in each record.
	maxGroupBytes = 32 << 10
)

// The low bits of a sequence number are the position of an alert in its webhook. The highest of these is set for firing alerts: an
// alert that one webhook shows both as firing and as resolved fires. The bits above count webhooks.
const (
	sequenceBits = 24
	firingBit    = 1 << (sequenceBits - 1)
	maxPosition  = firingBit - 1
)

// Delivery is what the receiver knows about a webhook in addition to its body.
type Delivery struct {
	Epoch    string
	Arrival  int64 // counts webhooks in order of arrival
	Received time.Time
	Client   string // peer address, or ""
	// ResolveWait is how long resolves wait for the next sync at most; 0: they count at once.
	ResolveWait time.Duration
	// ListedBy is the source of the list that contained the alerts; "": they came in a webhook.
	ListedBy string
}

// SequenceOf returns the sequence number of data that arrives between two webhooks.
func SequenceOf(arrival int64) int64 { return arrival << sequenceBits }

// sequence orders alerts by the arrival of their webhook, and then by their position in it.
func (d *Delivery) sequence(a *Alert) int64 {
	place := min(int64(a.Position), maxPosition)
	if a.Status == attrs.StatusFiring {
		place |= firingBit
	}
	return SequenceOf(d.Arrival) | place
}

// Options control the records of alerts.
type Options struct {
	// ReceiverID is the id of the receiver component. Alerts of two receivers are different alerts.
	ReceiverID string
	// ScopeName and ScopeVersion describe the instrumentation scope.
	ScopeName, ScopeVersion string
	// LabelsPerAlert is how many labels, and how many annotations, a record keeps at most.
	LabelsPerAlert int
	// ValueBytes is the longest text that a record keeps.
	ValueBytes int
	// Alias makes the alias if none of Rules matches. The first matching rule counts.
	Alias AliasRule
	Rules []AliasRule
}

// Converter turns alerts into log records. Equal input gives equal output. Converter is safe for concurrent use.
type Converter struct {
	options Options
	usual   rule
	rules   []rule
	words   severity.Table
	kept    []string // labels and annotations that LabelsPerAlert never drops
}

// NewConverter returns an error if a rule has invalid matchers.
func NewConverter(o Options) (*Converter, error) {
	c := &Converter{options: o, words: severity.Known(), kept: []string{labelAlertName, labelSeverity, "summary", "description", "runbook_url"}}
	var err error
	if c.usual, err = compile(o.Alias); err != nil {
		return nil, err
	}
	c.kept = append(c.kept, o.Alias.Labels...)
	for i, from := range o.Rules {
		r, err := compile(from)
		if err != nil {
			return nil, fmt.Errorf("rules[%d]: matchers: %w", i, err)
		}
		c.rules = append(c.rules, r)
		c.kept = append(c.kept, from.Labels...)
	}
	return c, nil
}

// Logs returns one record for each of w's Alerts, in order, and how many texts the limits cut or dropped.
func (c *Converter) Logs(w *Webhook, d *Delivery) (plog.Logs, int) {
	logs := plog.NewLogs()
	rl := logs.ResourceLogs().AppendEmpty()
	out := writer{attributes: rl.Resource().Attributes(), names: cmp.Or(w.names, new(recordNames)), limit: c.options.ValueBytes}
	out.attributes.EnsureCapacity(resourceAttributes)
	out.text(attrs.ServiceName, attrs.ServiceNameValue)
	out.text(attrs.Receiver, w.Receiver)
	out.text(attrs.ExternalURL, w.ExternalURL)
	total := out.cut

	sl := rl.ScopeLogs().AppendEmpty()
	sl.Scope().SetName(c.options.ScopeName)
	sl.Scope().SetVersion(c.options.ScopeVersion)
	records := sl.LogRecords()
	records.EnsureCapacity(len(w.Alerts))
	group := c.repeat(w, out)
	for i := range w.Alerts {
		a := &w.Alerts[i]
		lr := records.AppendEmpty()
		out.attributes, out.cut = lr.Attributes(), a.Dropped
		out.attributes.EnsureCapacity(usualAttributes + c.room(a.Labels) + c.room(a.Annotations) + len(group.pairs))
		c.record(lr, &out, w, a)
		lr.SetObservedTimestamp(pcommon.NewTimestampFromTime(d.Received))
		c.delivery(&out, &group, d, a)
		total += out.cut
	}
	return logs, total
}

// record writes the content of the alert.
func (c *Converter) record(lr plog.LogRecord, out *writer, w *Webhook, a *Alert) {
	word, name := a.Labels.Get(labelSeverity), a.Labels.Get(labelAlertName)

	lr.SetEventName(attrs.EventName)
	lr.SetTimestamp(timestamp(a))
	meaning, _ := c.words.Find(word)
	lr.SetSeverityNumber(plog.SeverityNumber(meaning.Number))
	lr.SetSeverityText(out.shorten(word))
	lr.Body().SetStr(out.shorten(cmp.Or(a.Annotations.Get("summary"), name, unnamed)))

	out.attributes.PutStr(attrs.Alias, c.Alias(w, a).Text)
	k := c.Key(a)
	out.attributes.PutEmptyBytes(attrs.AlertKey).FromRaw(k[:])
	out.text(attrs.AlertName, name)
	out.text(attrs.AlertStatus, a.Status)
	out.text(attrs.AlertFingerprint, a.Fingerprint)
	out.time(attrs.AlertStartsAt, a.StartsAt)
	out.time(attrs.AlertEndsAt, a.EndsAt)
	out.link(attrs.AlertGeneratorURL, a.GeneratorURL)
	c.set(out, &out.names.labels, attrs.AlertLabelPrefix, a.Labels)
	c.set(out, &out.names.annotations, attrs.AlertAnnotationPrefix, a.Annotations)
	out.text(attrs.AlertRuleUID, ruleUID(a, w.fromGrafana()))
	if a.Grafana != nil {
		c.grafana(out, w, a.Grafana)
	}
	if isTest(a, w.fromGrafana()) {
		out.attributes.PutStr(attrs.OverrideSeverity, severity.Low.String())
		out.attributes.PutStr(attrs.OverrideStaleAfter, testLasts.String())
	}
}

// delivery writes how the alert arrived, and how many texts were cut.
func (c *Converter) delivery(out *writer, group *repeated, d *Delivery, a *Alert) {
	out.attributes.PutStr(attrs.Epoch, d.Epoch)
	out.attributes.PutInt(attrs.Seq, d.sequence(a))
	for _, l := range group.pairs {
		out.attributes.PutStr(l.Name, l.Value)
	}
	if group.truncated > 0 {
		out.attributes.PutInt(attrs.TruncatedAlerts, group.truncated)
	}
	if d.ResolveWait > 0 && a.Status == attrs.StatusResolved {
		out.attributes.PutInt(attrs.ResolveWait, d.ResolveWait.Milliseconds())
	}
	out.text(attrs.ClientAddress, d.Client)
	out.text(attrs.ListedBy, d.ListedBy)
	if out.cut += group.cut; out.cut > 0 {
		out.attributes.PutInt(attrs.CutValues, int64(out.cut))
	}
}

// repeated is the part that is equal in all records of a webhook.
type repeated struct {
	pairs     []labels.Label // attributes
	truncated int64
	cut       int
}

func (c *Converter) repeat(w *Webhook, out writer) repeated {
	r := repeated{truncated: w.TruncatedAlerts, pairs: make([]labels.Label, 0, 2+c.room(w.GroupLabels)+c.room(w.RouteLabels))}
	add := func(name, value string) {
		if value != "" {
			r.pairs = append(r.pairs, labels.Label{Name: name, Value: out.shorten(value)})
		}
	}
	out.cut = 0
	add(attrs.GroupKey, w.GroupKey)
	room := maxGroupBytes
	for _, part := range []struct {
		names  *attributeNames
		prefix string
		set    labels.Set
	}{{&out.names.group, attrs.GroupLabelPrefix, w.GroupLabels}, {&out.names.route, attrs.RouteLabelPrefix, w.RouteLabels}} {
		for i, l := range part.set {
			name, value := out.shorten(l.Name), out.shorten(l.Value)
			room -= pairBytes + len(name) + len(value)
			if room < 0 || i >= c.options.LabelsPerAlert {
				out.cut += len(part.set) - i
				break
			}
			r.pairs = append(r.pairs, labels.Label{Name: part.names.join(part.prefix, name), Value: value})
		}
	}
	add(attrs.NotificationReason, w.NotificationReason)
	r.cut = out.cut
	return r
}

func (c *Converter) grafana(out *writer, w *Webhook, g *Grafana) {
	if id := cmp.Or(g.OrgID, w.OrgID); id != 0 {
		out.attributes.PutInt(attrs.OrgID, id)
	}
	out.link(attrs.AlertDashboardURL, g.DashboardURL)
	out.link(attrs.AlertPanelURL, g.PanelURL)
	out.link(attrs.AlertSilenceURL, g.SilenceURL)
	out.link(attrs.AlertImageURL, g.ImageURL)
	out.text(attrs.AlertValueString, g.ValueString)
	for i, v := range g.Values {
		if i >= c.options.LabelsPerAlert {
			out.cut += len(g.Values) - i
			break
		}
		name := attrs.AlertValuePrefix + out.shorten(v.Name)
		if v.Text != "" {
			out.attributes.PutStr(name, out.shorten(v.Text))
		} else {
			out.attributes.PutDouble(name, v.Number)
		}
	}
}

// room is roughly how many pairs of the set a record keeps.
func (c *Converter) room(set labels.Set) int {
	return min(len(set), c.options.LabelsPerAlert)
}

// set writes a label set: at most LabelsPerAlert pairs, but always those from which an incident is made.
func (c *Converter) set(out *writer, names *attributeNames, prefix string, set labels.Set) {
	room := c.options.LabelsPerAlert
	for _, l := range set {
		if room <= 0 && !slices.Contains(c.kept, l.Name) {
			out.cut++
			continue
		}
		room--
		out.attributes.PutStr(names.join(prefix, out.shorten(l.Name)), out.shorten(l.Value))
	}
}

// timestamp is when the alert started or, if it is resolved, ended. It is 0 if the time is unknown or does not fit into nanoseconds since 1970.
func timestamp(a *Alert) pcommon.Timestamp {
	t := a.StartsAt
	if a.Status == attrs.StatusResolved {
		t = a.EndsAt
	}
	if year := t.Year(); year < 1970 || year > 2200 {
		return 0
	}
	return pcommon.NewTimestampFromTime(t)
}
