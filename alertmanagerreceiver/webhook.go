// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alertmanagerreceiver

import (
	"time"

	"github.com/alert24/otelcol-alert24/internal/labels"
)

// Values of webhook.Version. A field that is only added does not change it.
const (
	versionGrafana = "1"
	versionOld     = "3" // Alertmanager up to 0.5
	versionCurrent = "4"
)

// webhook is what the receiver uses of a notification. The group's own status and common labels are left out on
// purpose: Alertmanager computes them after it cut the group to max_alerts, so they say nothing about the rest.
// Source: https://prometheus.io/docs/alerting/latest/configuration/#webhook_config
type webhook struct {
	Version            string
	Receiver           string
	ExternalURL        string
	GroupKey           string
	NotificationReason string
	TruncatedAlerts    int64
	OrgID              int64
	GroupLabels        labels.Set
	RouteLabels        labels.Set
	Alerts             []alert
}

// attributeBytes is about what an attribute takes beside its text.
const attributeBytes = 64

// repeatedBytes is about the memory of what every record of the webhook repeats.
func (w *webhook) repeatedBytes() int {
	n := len(w.GroupKey) + len(w.NotificationReason)
	for _, set := range []labels.Set{w.GroupLabels, w.RouteLabels} {
		for _, l := range set {
			n += attributeBytes + len(l.Name) + len(l.Value)
		}
	}
	return n
}

// alert is one alert of a webhook. The decoder sees to it that Status is firing or resolved and that there is a
// Fingerprint.
type alert struct {
	Status       string
	Fingerprint  string
	StartsAt     time.Time
	EndsAt       time.Time
	GeneratorURL string
	Labels       labels.Set
	Annotations  labels.Set

	// FromGrafana says that labels may be missing here that Fingerprint was computed with.
	FromGrafana bool
	Grafana     *grafanaFacts // nil: none
}

// grafana returns the facts to fill in.
func (a *alert) grafana() *grafanaFacts {
	if a.Grafana == nil {
		a.Grafana = new(grafanaFacts)
	}
	return a.Grafana
}

// grafanaFacts are what Grafana's alerts say beyond Alertmanager's.
// Source: https://grafana.com/docs/grafana/latest/alerting/configure-notifications/manage-contact-points/integrations/webhook-notifier/
type grafanaFacts struct {
	OrgID        int64
	RuleUID      string
	DashboardURL string
	PanelURL     string
	SilenceURL   string
	ImageURL     string
	ValueString  string
	Values       []namedValue
}

// namedValue is the result of one query or expression of a rule.
type namedValue struct {
	Name  string
	Value float64
}

// hiddenIdentity returns what tells this alert from another with the same visible labels, or "". Grafana removes the
// labels that name the rule after it has computed the fingerprint, so two rules may show identical labels.
func (a *alert) hiddenIdentity() string {
	switch {
	case a.Grafana != nil && a.Grafana.RuleUID != "":
		return a.Grafana.RuleUID
	case a.FromGrafana && a.Fingerprint != a.Labels.Fingerprint():
		return a.Fingerprint
	default:
		return ""
	}
}
