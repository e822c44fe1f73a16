// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alert24exporter

import (
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

// eventOf reads a log record. It keeps nothing of the record's memory but strings. An alert that is to be ignored is
// a resolve: if it has an incident from before, that closes.
func eventOf(resource pcommon.Resource, record plog.LogRecord, r *incident.Renderer) (ev ledger.Event, ignored bool, err error) {
	ev.Alias = str(record.Attributes(), attrs.OverrideAlias)
	if ev.Alias == "" {
		ev.Alias = str(record.Attributes(), attrs.Alias)
	}
	if ev.Alias == "" {
		return ev, false, errNoAlias
	}
	ev.Alias = incident.BoundAlias(ev.Alias)
	status, err := statusOf(record.Attributes())
	if err != nil {
		return ev, false, err
	}
	ev.Firing = status == attrs.StatusFiring
	a := incident.Alert{ExternalURL: str(resource.Attributes(), attrs.ExternalURL)}
	readAttributes(&ev, &a, record.Attributes())
	ev.Sender = a.ExternalURL + " " + str(record.Attributes(), attrs.ClientAddress)

	at := record.Timestamp()
	if at == 0 {
		at = record.ObservedTimestamp()
	}
	if a.StartsAt.IsZero() {
		a.StartsAt = at.AsTime()
	}
	severity := str(record.Attributes(), attrs.OverrideSeverity)
	if a.Name == "" && len(a.Labels) == 0 {
		// Not an alert but a log of another kind: what it says is its body and its severity.
		if a.Title == "" {
			a.Title = record.Body().AsString()
		}
		if severity == "" {
			severity = record.SeverityText()
		}
	}
	a.Severity = r.Severity(a.Labels, a.Annotations, severity)
	ignored = r.Ignored(a.Labels, a.Annotations, severity)
	if ignored && ev.Firing {
		ev.Firing, ev.EndsAt = false, record.ObservedTimestamp().AsTime()
	}
	if !ev.Firing && ev.EndsAt.IsZero() {
		ev.EndsAt = at.AsTime()
	}
	ev.Alert = incident.Pack(&a)
	return ev, ignored, nil
}

func statusOf(m pcommon.Map) (string, error) {
	status := str(m, attrs.OverrideStatus)
	if status == "" {
		status = str(m, attrs.AlertStatus)
	}
	switch status {
	case "":
		return attrs.StatusFiring, nil
	case attrs.StatusFiring, attrs.StatusResolved:
		return status, nil
	}
	return "", fmt.Errorf("the record's status is neither %s nor %s", attrs.StatusFiring, attrs.StatusResolved)
}

func readAttributes(ev *ledger.Event, a *incident.Alert, m pcommon.Map) {
	a.Labels, a.Annotations = make(labels.Set, 0, 16), make(labels.Set, 0, 8) // rarely more, and gone when it is packed
	var dashboard, panel string
	for name, v := range m.All() {
		switch name {
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
	a.Labels.Sort()
	a.Annotations.Sort()
	a.GroupLabels.Sort()
	// Grafana's links stand beside its annotations; an annotation wins.
	addAnnotation(a, "dashboard_url", dashboard)
	addAnnotation(a, "panel_url", panel)
}

func addAnnotation(a *incident.Alert, name, value string) {
	if value != "" && a.Annotations.Get(name) == "" {
		a.Annotations = append(a.Annotations, labels.Label{Name: name, Value: value})
		a.Annotations.Sort()
	}
}

func readLabel(a *incident.Alert, name string, v pcommon.Value) {
	if rest, ok := strings.CutPrefix(name, attrs.AlertLabelPrefix); ok {
		a.Labels = append(a.Labels, labels.Label{Name: rest, Value: v.AsString()})
	} else if rest, ok := strings.CutPrefix(name, attrs.AlertAnnotationPrefix); ok {
		a.Annotations = append(a.Annotations, labels.Label{Name: rest, Value: v.AsString()})
	} else if rest, ok := strings.CutPrefix(name, attrs.GroupLabelPrefix); ok {
		a.GroupLabels = append(a.GroupLabels, labels.Label{Name: rest, Value: v.AsString()})
	}
}

func str(m pcommon.Map, name string) string {
	if v, ok := m.Get(name); ok {
		return v.AsString()
	}
	return ""
}

// timeOf reads RFC 3339; the zero time is what a firing alert has as its end.
func timeOf(v pcommon.Value) time.Time {
	t, err := time.Parse(time.RFC3339Nano, v.AsString())
	if err != nil || t.Year() <= 1 {
		return time.Time{}
	}
	return t.UTC()
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
