// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alertmanagerreceiver

import (
	"bytes"
	"errors"
	"io"
	"strconv"
	"time"

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

// errShape says that a value is no object.
var errShape = errors.New("not an object")

// object reads an object and calls member for each of its names; member reads the value.
func (d *decoder) object(member func(name string) error) error {
	switch tok, err := d.json.ReadToken(); {
	case err != nil:
		return wrapSyntaxError(err)
	case tok.Kind() != '{':
		return errShape
	}
	for d.json.PeekKind() != '}' {
		raw, err := d.json.ReadValue()
		if err != nil {
			return wrapSyntaxError(err)
		}
		if err := member(d.strings.Decode(raw)); err != nil {
			return err
		}
	}
	if _, err := d.json.ReadToken(); err != nil {
		return wrapSyntaxError(err)
	}
	return nil
}

// text reads a string; null is the empty one.
func (d *decoder) text(name string) (string, error) {
	raw, err := d.json.ReadValue()
	switch {
	case err != nil:
		return "", wrapSyntaxError(err)
	case raw.Kind() == 'n':
		return "", nil
	case raw.Kind() != '"':
		return "", &fieldError{name, "must be a string"}
	}
	return d.strings.Decode(raw), nil
}

// groupKey reads a string or, as Alertmanager sent it before version 4, a number.
func (d *decoder) groupKey(name string) (string, error) {
	if d.json.PeekKind() != '0' {
		return d.text(name)
	}
	raw, err := d.json.ReadValue()
	if err != nil {
		return "", wrapSyntaxError(err)
	}
	return string(raw), nil
}

// time reads a time as RFC 3339 writes it; null is the zero time.
func (d *decoder) time(name string) (t time.Time, err error) {
	raw, err := d.json.ReadValue()
	switch {
	case err != nil:
		return t, wrapSyntaxError(err)
	case raw.Kind() == 'n':
		return t, nil
	case raw.Kind() == '"':
		d.scratch, _ = jsontext.AppendUnquote(d.scratch[:0], raw)
		err = t.UnmarshalText(d.scratch)
	}
	if raw.Kind() != '"' || err != nil {
		return time.Time{}, &fieldError{name, "must be a time as in RFC 3339"}
	}
	return t, nil
}

// count reads a whole number that is not negative; null is 0.
func (d *decoder) count(name string) (int64, error) {
	raw, err := d.json.ReadValue()
	switch {
	case err != nil:
		return 0, wrapSyntaxError(err)
	case raw.Kind() == 'n':
		return 0, nil
	}
	n, err := strconv.ParseInt(string(raw), 10, 64)
	if err != nil || n < 0 {
		return 0, &fieldError{name, "must be a whole number, 0 or more"}
	}
	return n, nil
}

func (d *decoder) labels(name string) (labels.Set, error) {
	set, err := d.sets.Decode(d.json)
	switch {
	case errors.Is(err, labels.ErrNotStrings):
		return nil, &fieldError{name, "must be an object of strings"}
	case err != nil:
		return nil, wrapSyntaxError(err)
	}
	return set, nil
}

// optionalText reads a string, and takes anything else for an absent one.
func (d *decoder) optionalText() (string, error) {
	raw, err := d.json.ReadValue()
	if err != nil {
		return "", wrapSyntaxError(err)
	}
	if raw.Kind() != '"' {
		return "", nil
	}
	return d.strings.Decode(raw), nil
}

// optionalInt reads a whole number, and takes anything else for 0.
func (d *decoder) optionalInt() (int64, error) {
	raw, err := d.json.ReadValue()
	if err != nil {
		return 0, wrapSyntaxError(err)
	}
	n, err := strconv.ParseInt(string(raw), 10, 64)
	if err != nil {
		return 0, nil //nolint:nilerr // absent, by the rule above
	}
	return n, nil
}

// optionalValues reads an object of numbers, and leaves out what is none.
func (d *decoder) optionalValues() ([]namedValue, error) {
	if d.json.PeekKind() != '{' {
		return nil, d.skip()
	}
	var values []namedValue
	err := d.object(func(name string) error {
		raw, err := d.json.ReadValue()
		if err != nil {
			return wrapSyntaxError(err)
		}
		if raw.Kind() == '0' {
			if v, err := strconv.ParseFloat(string(raw), 64); err == nil {
				values = append(values, namedValue{name, v})
			}
		}
		return nil
	})
	return values, err
}

func (d *decoder) skip() error {
	if err := d.json.SkipValue(); err != nil {
		return wrapSyntaxError(err)
	}
	return nil
}
