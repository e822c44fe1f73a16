// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package event

import (
	"cmp"
	"strings"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/alert24/otelcol-alert24/internal/attrs"
	"github.com/alert24/otelcol-alert24/internal/incident"
	"github.com/alert24/otelcol-alert24/internal/labels"
	"github.com/alert24/otelcol-alert24/internal/protocol"
)

// read reads the attributes, each of them once: there are dozens, and finding one is a search.
func (r *reader) read(ev *protocol.Event, m pcommon.Map) overrides {
	a, said := &r.alert, r.overrides
	var dashboard, panel, valueString string
	for name, v := range m.All() {
		switch name {
		case attrs.OverrideAlias:
			said.alias = v.AsString()
		case attrs.Alias:
			said.ownAlias = v.AsString()
		case attrs.OverrideStatus:
			said.status = v.AsString()
		case attrs.AlertStatus:
			said.ownStatus = v.AsString()
		case attrs.OverrideSeverity:
			said.severity = v.AsString()
		case attrs.ClientAddress:
			said.client = v.AsString()
		case attrs.GroupKey:
			said.groupKey = v.AsString()
		case attrs.AlertKey:
			said.hasKey = v.Type() == pcommon.ValueTypeBytes && v.Bytes().Len() == len(said.key)
			if said.hasKey {
				copy(said.key[:], v.Bytes().AsRaw())
			}
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
		case attrs.OverrideStaleAfter:
			ev.StaleAfter = duration(v)
		case attrs.OverrideTags:
			a.Tags = list(v)
		case attrs.OverrideAffectedServices:
			a.AffectedServices = list(v)
		default:
			readLabel(a, name, v)
		}
	}
	a.Labels, a.Annotations, a.GroupLabels = labels.New(a.Labels...), labels.New(a.Annotations...), labels.New(a.GroupLabels...)
	// Grafana's links are apart from its annotations; an annotation wins.
	addAnnotation(a, "dashboard_url", dashboard)
	addAnnotation(a, "panel_url", panel)
	a.Values = cmp.Or(a.Values, valueString)
	return said
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

// duration reads "1m30s". What is less than a second, or no duration, is none: the alert then ends by its resolve, as others do.
func duration(v pcommon.Value) time.Duration {
	d, err := time.ParseDuration(strings.TrimSpace(v.AsString()))
	if err != nil || d < time.Second {
		return 0
	}
	return d
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
