// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alertmanagerreceiver

import (
	"bytes"
	"errors"
	"io"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/alert24/otelcol-alert24/internal/attrs"
	"github.com/alert24/otelcol-alert24/internal/jsonstring"
	"github.com/alert24/otelcol-alert24/internal/labels"
)

// decoder reads webhooks, one after the other. It is strict where a mistake could lose or confuse an alert, and lenient
// where senders differ: unknown members are passed over, and so are extra facts of another type than Grafana's.
//
// It works on tokens because the refusals name the place of a mistake without quoting any of the body, and because
// that is faster than reflection.
type decoder struct {
	json    *jsontext.Decoder
	strings *jsonstring.Interner
	sets    labels.Decoder
	alerts  []alert // of the last webhook
	scratch []byte
}

func newDecoder() *decoder {
	shared := new(jsonstring.Interner)
	return &decoder{json: new(jsontext.Decoder), strings: shared, sets: labels.Decoder{Strings: shared}}
}

// decode reads body, which must be one JSON object with at most maxAlerts alerts. The result does not refer
// to body, but its lists and sets are valid only until the next webhook is decoded.
func (d *decoder) decode(body []byte, maxAlerts int) (*webhook, error) {
	d.sets.Reset()
	d.json.Reset(bytes.NewBuffer(body), jsontext.AllowInvalidUTF8(true))

	var w webhook
	hasAlerts := false
	err := d.object(func(name string) (err error) {
		switch name {
		case "version":
			w.Version, err = d.text(name)
		case "receiver":
			w.Receiver, err = d.text(name)
		case "externalURL":
			w.ExternalURL, err = d.text(name)
		case "groupKey":
			w.GroupKey, err = d.groupKey(name)
		case "notification_reason":
			w.NotificationReason, err = d.text(name)
		case "truncatedAlerts":
			w.TruncatedAlerts, err = d.count(name)
		case "orgId":
			w.OrgID, err = d.optionalInt()
		case "groupLabels":
			w.GroupLabels, err = d.labels(name)
		case "routeLabels":
			w.RouteLabels, err = d.labels(name)
		case "alerts":
			hasAlerts = d.json.PeekKind() != 'n'
			w.Alerts, err = d.decodeAlerts(maxAlerts)
		default:
			err = d.skip()
		}
		return err
	})
	switch {
	case errors.Is(err, errShape):
		return nil, errNotObject
	case err != nil:
		return nil, err
	}
	if _, err := d.json.ReadToken(); !errors.Is(err, io.EOF) {
		return nil, errTrailingData
	}
	switch {
	case !hasAlerts:
		return nil, errNoAlerts
	case w.Version != "" && w.Version != versionGrafana && w.Version != versionOld && w.Version != versionCurrent:
		return nil, errVersion
	}
	for i := range w.Alerts {
		w.Alerts[i].FromGrafana = w.Version == versionGrafana
	}
	return &w, nil
}

func (d *decoder) decodeAlerts(maxAlerts int) ([]alert, error) {
	switch tok, err := d.json.ReadToken(); {
	case err != nil:
		return nil, wrapSyntaxError(err)
	case tok.Kind() == 'n':
		return nil, nil
	case tok.Kind() != '[':
		return nil, &fieldError{"alerts", "must be a list"}
	}
	d.alerts = d.alerts[:0]
	for i := 0; d.json.PeekKind() != ']'; i++ {
		if i == maxAlerts {
			return nil, tooManyAlerts(maxAlerts)
		}
		d.alerts = append(d.alerts, alert{})
		if err := d.decodeAlert(&d.alerts[i]); err != nil {
			return nil, within("alerts["+strconv.Itoa(i)+"]", err)
		}
	}
	if _, err := d.json.ReadToken(); err != nil {
		return nil, wrapSyntaxError(err)
	}
	return d.alerts, nil
}

func (d *decoder) decodeAlert(a *alert) error {
	err := d.object(func(name string) (err error) {
		switch name {
		case "status":
			a.Status, err = d.text(name)
		case "labels":
			a.Labels, err = d.labels(name)
		case "annotations":
			a.Annotations, err = d.labels(name)
		case "startsAt":
			a.StartsAt, err = d.time(name)
		case "endsAt":
			a.EndsAt, err = d.time(name)
		case "generatorURL":
			a.GeneratorURL, err = d.text(name)
		case "fingerprint":
			a.Fingerprint, err = d.text(name)
		case "orgId":
			a.grafana().OrgID, err = d.optionalInt()
		case "ruleUID":
			a.grafana().RuleUID, err = d.optionalText()
		case "dashboardURL":
			a.grafana().DashboardURL, err = d.optionalText()
		case "panelURL":
			a.grafana().PanelURL, err = d.optionalText()
		case "silenceURL":
			a.grafana().SilenceURL, err = d.optionalText()
		case "imageURL":
			a.grafana().ImageURL, err = d.optionalText()
		case "valueString":
			a.grafana().ValueString, err = d.optionalText()
		case "values":
			a.grafana().Values, err = d.optionalValues()
		default:
			err = d.skip()
		}
		return err
	})
	switch {
	case errors.Is(err, errShape):
		return &fieldError{"", "must be an object"}
	case err != nil:
		return err
	}
	if a.Status != attrs.StatusFiring && a.Status != attrs.StatusResolved {
		return &fieldError{"status", "must be firing or resolved"}
	}
	if a.Fingerprint == "" {
		a.Fingerprint = a.Labels.Fingerprint()
	}
	return nil
}
