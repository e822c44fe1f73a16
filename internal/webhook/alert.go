// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package webhook

import (
	"strings"

	"github.com/alert24/otelcol-alert24/internal/attrs"
	"github.com/alert24/otelcol-alert24/internal/labels"
)

// parseAlert reads one value as an alert. If the alert cannot be used, it returns the reason.
func (r *Reader) parseAlert(a *Alert) (reason Reason, err error) {
	refuse := func(why Reason) {
		if reason == "" {
			reason = why
		}
	}
	before := r.before()
	var hasStatus, hasLabels bool
	isObject, err := r.object(func(name []byte) (err error) {
		switch string(name) {
		case "status":
			if hasStatus {
				refuse(GivenTwice)
			}
			hasStatus = true
			a.Status, err = r.text(before.Status)
		case "labels":
			if hasLabels {
				refuse(GivenTwice)
			}
			hasLabels = true
			err = r.parseLabels(a, before.Labels, refuse)
		case "startsAt":
			var ok bool
			if a.StartsAt, ok, err = r.time(); err == nil && !ok {
				refuse(BadStart)
			}
		default:
			err = r.otherMember(a, before, name)
		}
		return err
	})
	switch {
	case err != nil:
		return "", err
	case !isObject:
		return NotAnObject, nil
	}
	if a.Status != attrs.StatusFiring && a.Status != attrs.StatusResolved {
		a.Status = strings.ToLower(strings.TrimSpace(a.Status))
	}
	if a.Status != attrs.StatusFiring && a.Status != attrs.StatusResolved {
		refuse(BadStatus)
	}
	if a.Fingerprint == "" && reason == "" {
		a.Fingerprint = a.Labels.Fingerprint()
	}
	return reason, nil
}

func (r *Reader) parseLabels(a *Alert, like labels.Set, refuse func(Reason)) error {
	s, err := r.set(like)
	a.Labels = s.pairs
	switch {
	case !s.isObject:
		refuse(BadLabels)
	case s.twice:
		refuse(GivenTwice)
	case s.dropped > 0:
		refuse(TooManyLabels)
	}
	return err
}

// otherMember reads a member that cannot make the alert unusable.
func (r *Reader) otherMember(a, before *Alert, name []byte) (err error) {
	switch string(name) {
	case "annotations":
		var s set
		s, err = r.set(before.Annotations)
		a.Annotations = s.pairs
		a.Dropped += s.dropped
	case "endsAt":
		a.EndsAt, _, err = r.time()
	case "generatorURL":
		a.GeneratorURL, err = r.text(before.GeneratorURL)
	case "fingerprint":
		a.Fingerprint, err = r.text("")
	case "orgId":
		a.grafana().OrgID, err = r.number(64)
	case "ruleUID":
		a.grafana().RuleUID, err = r.onlyText()
	case "dashboardURL":
		a.grafana().DashboardURL, err = r.onlyText()
	case "panelURL":
		a.grafana().PanelURL, err = r.onlyText()
	case "silenceURL":
		a.grafana().SilenceURL, err = r.onlyText()
	case "imageURL":
		a.grafana().ImageURL, err = r.onlyText()
	case "valueString":
		a.grafana().ValueString, err = r.onlyText()
	case "values":
		err = r.values(a)
	default:
		err = r.skip()
	}
	return err
}
