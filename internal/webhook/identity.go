// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package webhook

import (
	"crypto/sha256"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/alert24/otelcol-alert24/internal/labels"
)

// Key identifies an alert, independently of its alias.
type Key [16]byte

// Key returns the alert's key.
func (c *Converter) Key(a *Alert) (k Key) {
	var usual [usualKeyText]byte
	sum := sha256.Sum256(appendKey(usual[:0], c.options.ReceiverID, a))
	copy(k[:], sum[:])
	return k
}

// appendKey appends the text that an alert's key hashes: the receiver component's id, the fingerprint and all labels except private
// ones, each with its length. The labels are sorted.
func appendKey(b []byte, receiverID string, a *Alert) []byte {
	b = appendText(b, receiverID)
	b = appendText(b, a.Fingerprint)
	for _, l := range a.Labels {
		if !private(l.Name) {
			b = appendText(appendText(b, l.Name), l.Value)
		}
	}
	return b
}

// private labels are named __x__. Grafana removes them from some webhooks and not from others.
func private(name string) bool {
	return len(name) > 4 && strings.HasPrefix(name, "__") && strings.HasSuffix(name, "__")
}

// ruleID returns what distinguishes this alert from others with the same visible labels, or "". Grafana removes the labels that name
// the rule after it has computed the fingerprint, so two rules may show identical labels. Without the rule's id, ruleID returns the
// fingerprint. The fingerprint changes with the severity, so an alert with excluded labels gets the fingerprint of its other visible labels instead.
func ruleID(a *Alert, fromGrafana bool, exclude []string) string {
	if id := ruleUID(a, fromGrafana); id != "" {
		return id
	}
	if !fromGrafana || a.Fingerprint == a.Labels.Fingerprint() {
		return ""
	}
	excluded := func(l labels.Label) bool { return slices.Contains(exclude, l.Name) }
	if !slices.ContainsFunc(a.Labels, excluded) {
		return a.Fingerprint
	}
	return slices.DeleteFunc(slices.Clone(a.Labels), excluded).Fingerprint()
}

// ruleUID returns the id of a Grafana rule. Grafana sends it only since 2026, but its links have always contained it.
func ruleUID(a *Alert, fromGrafana bool) string {
	switch {
	case a.Grafana != nil && a.Grafana.RuleUID != "":
		return a.Grafana.RuleUID
	case !fromGrafana:
		return ""
	}
	if id := uidOfGenerator(a.GeneratorURL); id != "" || a.Grafana == nil {
		return id
	}
	return uidOfSilence(a.Grafana.SilenceURL)
}

// testLasts is how long the alert of Grafana's test button fires. Grafana never resolves it.
const testLasts = time.Minute

// isTest recognises the alert of Grafana's test button. An alert of a real rule with the same name has the rule's id.
func isTest(a *Alert, fromGrafana bool) bool {
	return fromGrafana && a.Labels.Get(labelAlertName) == "TestAlert" && ruleUID(a, fromGrafana) == ""
}

// uidOfGenerator reads the id from …/alerting/grafana/<uid>/view or, for Grafana 8 and 9, …/alerting/<uid>/edit.
func uidOfGenerator(link string) string {
	u, err := url.Parse(link)
	if err != nil {
		return ""
	}
	parts := strings.Split(u.Path, "/")
	n := len(parts)
	if n < 3 || parts[n-1] != "view" && parts[n-1] != "edit" {
		return ""
	}
	if parts[n-3] == "alerting" || n > 3 && parts[n-3] == "grafana" && parts[n-4] == "alerting" {
		return parts[n-2]
	}
	return ""
}

// uidOfSilence reads the id from the matcher __alert_rule_uid__=<uid>.
func uidOfSilence(link string) string {
	u, err := url.Parse(link)
	if err != nil {
		return ""
	}
	for _, matcher := range u.Query()["matcher"] {
		if id, ok := strings.CutPrefix(matcher, "__alert_rule_uid__="); ok {
			return id
		}
	}
	return ""
}
