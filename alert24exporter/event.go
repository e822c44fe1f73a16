// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alert24exporter

import (
	"cmp"
	"errors"
	"fmt"
	"strings"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"

	"github.com/alert24/otelcol-alert24/internal/attrs"
	"github.com/alert24/otelcol-alert24/internal/incident"
	"github.com/alert24/otelcol-alert24/internal/labels"
	"github.com/alert24/otelcol-alert24/internal/ledger"
)

var errNoAlias = errors.New("the record has neither " + attrs.OverrideAlias + " nor " + attrs.Alias)

// reader makes events of log records. One serves one push.
type reader struct {
	renderer *incident.Renderer
	alert    incident.Alert // of the record at hand; packing it copies it, so its sets are used again
}

// said is what a record says beside the alert.
type said struct {
	alias, status, severity string
	ownAlias, ownStatus     string // where those are empty
	client                  string
}

// event reads a log record. It keeps nothing of the record's memory but strings. An alert that is to be ignored is
// a resolve: if it has an incident from before, that closes.
func (r *reader) event(externalURL string, record plog.LogRecord) (ev ledger.Event, ignored bool, err error) {
	a := &r.alert
	*a = incident.Alert{
		ExternalURL: externalURL,
		Labels:      a.Labels[:0], Annotations: a.Annotations[:0], GroupLabels: a.GroupLabels[:0],
	}
	beside := r.read(&ev, record.Attributes())
	if ev.Alias = cmp.Or(beside.alias, beside.ownAlias); ev.Alias == "" {
		return ev, false, errNoAlias
	}
	ev.Alias = incident.BoundAlias(ev.Alias)
	if ev.Firing, err = firing(cmp.Or(beside.status, beside.ownStatus)); err != nil {
		return ev, false, err
	}
	ev.Sender = externalURL + " " + beside.client

	at := record.Timestamp()
	if at == 0 {
		at = record.ObservedTimestamp()
	}
	if a.StartsAt.IsZero() {
		a.StartsAt = at.AsTime()
	}
	severity := beside.severity
	if a.Name == "" && len(a.Labels) == 0 {
		// Not an alert but a log of another kind: what it says is its body and its severity.
		if a.Title == "" {
			a.Title = record.Body().AsString()
		}
		if severity == "" {
			severity = record.SeverityText()
		}
	}
	a.Severity = r.renderer.Severity(a.Labels, a.Annotations, severity)
	ignored = r.renderer.Ignored(a.Labels, a.Annotations, severity)
	if ignored && ev.Firing {
		ev.Firing, ev.EndsAt = false, record.ObservedTimestamp().AsTime()
	}
	if !ev.Firing && ev.EndsAt.IsZero() {
		ev.EndsAt = at.AsTime()
	}
	ev.Alert = incident.Pack(a)
	return ev, ignored, nil
}

func firing(status string) (bool, error) {
	switch status {
	case "", attrs.StatusFiring:
		return true, nil
	case attrs.StatusResolved:
		return false, nil
	}
	return false, fmt.Errorf("the record's status is neither %s nor %s", attrs.StatusFiring, attrs.StatusResolved)
}

// read reads the attributes, each of them once: there are dozens, and a look-up in them is a search.
func (r *reader) read(ev *ledger.Event, m pcommon.Map) (beside said) {
	a := &r.alert
	var dashboard, panel, valueString string
	for name, v := range m.All() {
		switch name {
		case attrs.OverrideAlias:
			beside.alias = v.AsString()
		case attrs.Alias:
			beside.ownAlias = v.AsString()
		case attrs.OverrideStatus:
			beside.status = v.AsString()
		case attrs.AlertStatus:
			beside.ownStatus = v.AsString()
		case attrs.OverrideSeverity:
			beside.severity = v.AsString()
		case attrs.ClientAddress:
			beside.client = v.AsString()
		case attrs.Epoch:
			ev.Epoch = v.AsString()
		case attrs.Seq:
			ev.Seq = v.Int()
		case attrs.TruncatedAlerts:
			a.Truncated = v.Int()
		case attrs.AlertName:
			a.Name = v.AsString()
		case attrs.AlertFingerprint:
			a.Fingerprint = v.AsString()
		case attrs.AlertStartsAt:
			a.StartsAt = timeOf(v)
		case attrs.AlertEndsAt:
			ev.EndsAt = timeOf(v)
		case attrs.AlertGeneratorURL:
			a.GeneratorURL = v.AsString()
		case attrs.AlertDashboardURL:
			dashboard = v.AsString()
		case attrs.AlertPanelURL:
			panel = v.AsString()
		case attrs.AlertSilenceURL:
			a.Grafana, a.SilenceURL = true, v.AsString()
		case attrs.AlertRuleUID, attrs.OrgID:
			a.Grafana = true
		case attrs.AlertValueString:
			valueString = v.AsString()
		case attrs.OverrideTitle:
			a.Title = v.AsString()
		case attrs.OverrideDescription:
			a.Description = v.AsString()
		case attrs.OverrideTags:
			a.Tags = list(v)
		case attrs.OverrideAffectedServices:
			a.AffectedServices = list(v)
		default:
			readLabel(a, name, v)
		}
	}
	a.Labels, a.Annotations, a.GroupLabels = labels.New(a.Labels...), labels.New(a.Annotations...), labels.New(a.GroupLabels...)
	// Grafana's links stand beside its annotations; an annotation wins.
	addAnnotation(a, "dashboard_url", dashboard)
	addAnnotation(a, "panel_url", panel)
	a.Values = cmp.Or(a.Values, valueString)
	return beside
}

func addAnnotation(a *incident.Alert, name, value string) {
	if value != "" && a.Annotations.Get(name) == "" {
		a.Annotations = append(a.Annotations, labels.Label{Name: name, Value: value})
		a.Annotations.Sort()
	}
}

// readLabel mends names that are not UTF-8, as JSON will: so none can be twice in a request.
func readLabel(a *incident.Alert, name string, v pcommon.Value) {
	name = strings.ToValidUTF8(name, "\uFFFD")
	if rest, ok := strings.CutPrefix(name, attrs.AlertLabelPrefix); ok {
		a.Labels = append(a.Labels, labels.Label{Name: rest, Value: v.AsString()})
	} else if rest, ok := strings.CutPrefix(name, attrs.AlertAnnotationPrefix); ok {
		a.Annotations = append(a.Annotations, labels.Label{Name: rest, Value: v.AsString()})
	} else if rest, ok := strings.CutPrefix(name, attrs.GroupLabelPrefix); ok {
		a.GroupLabels = append(a.GroupLabels, labels.Label{Name: rest, Value: v.AsString()})
	} else if rest, ok := strings.CutPrefix(name, attrs.AlertValuePrefix); ok {
		a.Grafana = true
		a.Values = strings.TrimPrefix(a.Values+", "+rest+"="+v.AsString(), ", ")
	}
}

func str(m pcommon.Map, name string) string {
	if v, ok := m.Get(name); ok {
		return v.AsString()
	}
	return ""
}

// timeOf reads RFC 3339; the zero time is what a firing alert has as its end. A zone can move a time to a year that RFC 3339,
// and so the ledger's record, cannot write: that is no time either.
func timeOf(v pcommon.Value) time.Time {
	t, err := time.Parse(time.RFC3339Nano, v.AsString())
	if t = t.UTC(); err != nil || t.Year() <= 1 || t.Year() > 9999 {
		return time.Time{}
	}
	return t
}

// list reads a slice of strings or one comma-separated string.
func list(v pcommon.Value) []string {
	var items []string
	if v.Type() == pcommon.ValueTypeSlice {
		for _, item := range v.Slice().All() {
			items = append(items, item.AsString())
		}
		return items
	}
	for item := range strings.SplitSeq(v.AsString(), ",") {
		if item = strings.TrimSpace(item); item != "" {
			items = append(items, item)
		}
	}
	return items
}
