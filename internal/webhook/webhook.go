// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package webhook

import (
	"time"

	"github.com/alert24/otelcol-alert24/internal/labels"
)

// Values of Webhook.Version. Added fields do not change it.
const (
	versionGrafana = "1"
	versionOld     = "3" // Alertmanager up to 0.5
	versionCurrent = "4"
)

// Webhook holds the parts of a webhook that the bridge uses. The group's own status and common labels are omitted on purpose:
// Alertmanager computes them after it has cut the group to max_alerts, so they do not cover the other alerts.
// Source: https://prometheus.io/docs/alerting/latest/configuration/#webhook_config
type Webhook struct {
	Version            string
	Receiver           string
	ExternalURL        string
	GroupKey           string
	NotificationReason string
	TruncatedAlerts    int64
	OrgID              int64
	GroupLabels        labels.Set
	RouteLabels        labels.Set

	// Alerts are all usable alerts, or those of the current chunk.
	Alerts []Alert
	// Skipped counts the unusable alerts of the chunks so far.
	Skipped Skipped

	names *recordNames // shares names between records; may be nil
}

func (w *Webhook) fromGrafana() bool { return w.Version == versionGrafana }

// repeatedBytes roughly bounds the memory that is repeated in every record of the webhook.
func (w *Webhook) repeatedBytes() int {
	n := 0
	for _, set := range []labels.Set{w.GroupLabels, w.RouteLabels} {
		for _, l := range set {
			n += pairBytes + len(l.Name) + len(l.Value)
		}
	}
	return min(n, maxGroupBytes) + min(len(w.GroupKey)+len(w.NotificationReason), maxGroupBytes)
}

// Alert is one usable alert. Its Status is firing or resolved, and it has a Fingerprint.
type Alert struct {
	// Position is the alert's index in the webhook; the first is 0.
	Position     int
	Status       string
	Fingerprint  string
	StartsAt     time.Time
	EndsAt       time.Time // zero: unknown
	GeneratorURL string
	Labels       labels.Set
	Annotations  labels.Set
	Grafana      *Grafana // nil: none
	// Dropped counts annotations and values beyond maxPairs.
	Dropped int
}

// grafana returns the facts to fill in.
func (a *Alert) grafana() *Grafana {
	if a.Grafana == nil {
		a.Grafana = new(Grafana)
	}
	return a.Grafana
}

// Grafana holds what Grafana's alerts contain in addition to Alertmanager's.
// Source: https://grafana.com/docs/grafana/latest/alerting/configure-notifications/manage-contact-points/integrations/webhook-notifier/
type Grafana struct {
	OrgID        int64
	RuleUID      string
	DashboardURL string
	PanelURL     string
	SilenceURL   string
	ImageURL     string
	ValueString  string
	Values       []Value
}

// Value is the result of one query or expression of a rule. Text is set if it is not a JSON number, such as NaN.
type Value struct {
	Name   string
	Number float64
	Text   string
}
