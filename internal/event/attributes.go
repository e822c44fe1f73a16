// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package event

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/alert24/otelcol-alert24/internal/attrs"
	"github.com/alert24/otelcol-alert24/internal/incident"
	"github.com/alert24/otelcol-alert24/internal/labels"
	"github.com/alert24/otelcol-alert24/internal/protocol"
	"github.com/alert24/otelcol-alert24/internal/text"
)

// read reads all attributes in one pass: there are dozens, and each lookup would be a search.
func (r *reader) read(ev *protocol.Event, m pcommon.Map) overrides {
	a, given := &r.alert, r.overrides
	var dashboard, panel, valueString string
	for name, v := range m.All() {
		switch name {
		case attrs.Alias:
			given.ownAlias = textOf(v)
		case attrs.AlertStatus:
			given.ownStatus = textOf(v)
		case attrs.ClientAddress:
			given.client = textOf(v)
		case attrs.GroupKey:
			given.groupKey = textOf(v)
		case attrs.AlertKey:
			given.key, given.hasKey = alertKey(v)
		case attrs.Epoch:
			ev.Epoch = textOf(v)
		case attrs.Seq:
			ev.Seq, given.ordered = v.Int(), v.Type() == pcommon.ValueTypeInt
		case attrs.ResolveWait:
			ev.Wait = milliseconds(v)
		case attrs.ListedBy:
			ev.ListedBy = textOf(v)
		case attrs.TruncatedAlerts:
			a.Truncated = v.Int()
		case attrs.AlertName:
			a.Name = textOf(v)
		case attrs.AlertFingerprint:
			a.Fingerprint = textOf(v)
		case attrs.AlertStartsAt:
			a.StartsAt = timeOf(v)
		case attrs.AlertEndsAt:
			ev.EndsAt = timeOf(v)
		case attrs.AlertGeneratorURL:
			a.GeneratorURL = textOf(v)
		case attrs.AlertDashboardURL:
			dashboard = textOf(v)
		case attrs.AlertPanelURL:
			panel = textOf(v)
		case attrs.AlertSilenceURL:
			a.Grafana, a.SilenceURL = true, textOf(v)
		case attrs.AlertRuleUID, attrs.OrgID:
			a.Grafana = true
		case attrs.AlertValueString:
			valueString = textOf(v)
		default:
			if !given.read(name, v) {
				readLabel(a, name, v)
			}
		}
	}
	a.Labels, a.Annotations, a.GroupLabels = labels.New(a.Labels...), labels.New(a.Annotations...), labels.New(a.GroupLabels...)
	// Grafana's links are separate attributes. An annotation takes precedence.
	addAnnotation(a, "dashboard_url", dashboard)
	addAnnotation(a, "panel_url", panel)
	a.Values = cmp.Or(a.Values, valueString)
	return given
}

// alertKey reads the key of an alert without a copy of the bytes.
func alertKey(v pcommon.Value) (k protocol.Key, ok bool) {
	if v.Type() != pcommon.ValueTypeBytes || v.Bytes().Len() != len(k) {
		return k, false
	}
	for i, b := range v.Bytes().All() {
		k[i] = b
	}
	return k, true
}

// addAnnotation replaces an empty annotation: a name must not occur twice.
func addAnnotation(a *incident.Alert, name, value string) {
	if value != "" && a.Annotations.Get(name) == "" {
		a.Annotations = slices.DeleteFunc(a.Annotations, func(l labels.Label) bool { return l.Name == name })
		a.Annotations = append(a.Annotations, labels.Label{Name: name, Value: value})
		a.Annotations.Sort()
	}
}

// readLabel replaces invalid UTF-8 in names as JSON encoding will, so that no name occurs twice in a request.
func readLabel(a *incident.Alert, name string, v pcommon.Value) {
	name = text.Storable(name)
	if rest, ok := strings.CutPrefix(name, attrs.AlertLabelPrefix); ok {
		a.Labels = append(a.Labels, labels.Label{Name: rest, Value: textOf(v)})
	} else if rest, ok := strings.CutPrefix(name, attrs.AlertAnnotationPrefix); ok {
		a.Annotations = append(a.Annotations, labels.Label{Name: rest, Value: textOf(v)})
	} else if rest, ok := strings.CutPrefix(name, attrs.GroupLabelPrefix); ok {
		a.GroupLabels = append(a.GroupLabels, labels.Label{Name: rest, Value: textOf(v)})
	} else if rest, ok := strings.CutPrefix(name, attrs.AlertValuePrefix); ok {
		a.Grafana = true
		a.Values = strings.TrimPrefix(a.Values+", "+rest+"="+textOf(v), ", ")
	}
}

// read reads one of the alert24.* attributes, and reports whether name is one. A blank value counts as absent.
func (o *overrides) read(name string, v pcommon.Value) bool {
	if !strings.HasPrefix(name, "alert24.") {
		return false
	}
	switch name {
	case attrs.OverrideAlias:
		o.alias = unlessBlank(v, o.alias)
	case attrs.OverrideStatus:
		o.status = unlessBlank(v, o.status)
	case attrs.OverrideSeverity:
		o.severity = unlessBlank(v, o.severity)
	case attrs.OverrideTitle:
		o.title = unlessBlank(v, o.title)
	case attrs.OverrideDescription:
		o.description = unlessBlank(v, o.description)
	case attrs.OverrideStaleAfter:
		o.staleAfter = cmp.Or(duration(v), o.staleAfter)
	case attrs.OverrideTags:
		o.tags = items(v, o.tags)
	case attrs.OverrideAffectedServices:
		o.services = items(v, o.services)
	}
	return true
}

// unlessBlank returns a value as text, or otherwise if it shows nothing.
func unlessBlank(v pcommon.Value, otherwise string) string {
	if s := textOf(v); strings.TrimSpace(s) != "" {
		return s
	}
	return otherwise
}

// textOf returns a value as text without U+0000.
func textOf(v pcommon.Value) string { return text.WithoutNUL(v.AsString()) }

// timeOf reads RFC 3339. It returns the zero time for the zero end of a firing alert, and for a time whose UTC year RFC 3339, and so
// the ledger's record, cannot represent.
func timeOf(v pcommon.Value) time.Time {
	t, err := time.Parse(time.RFC3339Nano, textOf(v))
	if t = t.UTC(); err != nil || t.Year() <= 1 || t.Year() > 9999 {
		return time.Time{}
	}
	return t
}

// duration reads "1m30s". Any other text, and anything below a second, counts as absent: then only a resolve ends the alert.
func duration(v pcommon.Value) time.Duration {
	d, err := time.ParseDuration(textOf(v))
	if err != nil || d < time.Second {
		return 0
	}
	return d
}

// items reads a slice of strings or a comma-separated string, without blank items. If it contains no items, items returns otherwise.
func items(v pcommon.Value, otherwise []string) []string {
	var found []string
	add := func(item string) {
		if item = strings.TrimSpace(item); item != "" {
			found = append(found, item)
		}
	}
	if v.Type() == pcommon.ValueTypeSlice {
		for _, item := range v.Slice().All() {
			add(textOf(item))
		}
	} else {
		for item := range strings.SplitSeq(textOf(v), ",") {
			add(item)
		}
	}
	if len(found) == 0 {
		return otherwise
	}
	return found
}
