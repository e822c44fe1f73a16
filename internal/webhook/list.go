// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package webhook

import (
	"errors"
	"io"
	"regexp"
	"slices"

	"github.com/alert24/otelcol-alert24/internal/attrs"
	"github.com/alert24/otelcol-alert24/internal/labels"
)

// ListedAlert is an alert in the list of Alertmanager's API. It is firing, and its end is unset: the list shows only when its lease ends.
type ListedAlert struct {
	Alert

	// Receivers are the names of Alertmanager's receivers to which the alert is routed.
	Receivers []string
	// TellsMuted: it lists the time intervals that mute it. Alertmanager before 0.28 does not.
	TellsMuted bool
	// Bytes is the alert's length in the list.
	Bytes int
	// Suppressed: a silence, an inhibition or a time interval stops its notifications, or Alertmanager has not processed it yet.
	Suppressed bool
	// SilencedBy are the ids of its silences.
	SilencedBy []string
}

var (
	errNotAlertList  = &Error{"the answer is not a list of alerts"}
	errAfterList     = &Error{"there is more after the list of alerts"}
	errNotStatus     = &Error{"the answer is not the status of an Alertmanager"}
	errNotSilences   = &Error{"the answer is not a list of silences"}
	errStrangeStatus = &Error{"the status of the Alertmanager has a time that cannot be read"}
)

// ReadList reads the list as a stream and calls each for every usable alert; the alert is valid until each returns. It returns the
// number of unusable alerts. Only if the error is nil was the whole list read.
func (r *Reader) ReadList(from io.Reader, each func(a *ListedAlert)) (unusable int, err error) {
	source := &remembering{from: from}
	r.json.Reset(source, lenient...)
	defer r.startChunk()
	unusable, err = r.readAlertList(each)
	if source.err != nil {
		return unusable, source.err // more important than the decoder's error
	}
	return unusable, err
}

func (r *Reader) readAlertList(each func(a *ListedAlert)) (unusable int, err error) {
	isList := r.json.PeekKind() == '['
	err = r.each(func() error {
		r.startChunk()
		a, start := ListedAlert{Alert: Alert{Status: attrs.StatusFiring}}, r.json.InputOffset()
		usable, err := r.readListed(&a)
		r.last = a.Alert
		a.Bytes = int(r.json.InputOffset() - start)
		switch {
		case err != nil:
			return err
		case usable:
			each(&a)
		default:
			unusable++
		}
		return nil
	})
	switch {
	case err != nil:
		return unusable, err
	case !isList:
		return 0, errNotAlertList
	}
	if _, err := r.json.ReadToken(); !errors.Is(err, io.EOF) {
		return unusable, errAfterList
	}
	return unusable, nil
}

// readListed reads one value of the list.
func (r *Reader) readListed(a *ListedAlert) (usable bool, err error) {
	var reason Reason
	var state string
	_, err = r.object(func(name []byte) (err error) {
		switch string(name) {
		case "labels":
			err = r.parseLabels(&a.Alert, r.last.Labels, func(why Reason) { reason = why })
		case "fingerprint":
			a.Fingerprint, err = r.text("")
		case "status":
			state, err = r.readListedStatus(a)
		case "receivers":
			a.Receivers, err = r.receiverNames()
		case "startsAt":
			a.StartsAt, _, err = r.time()
		case "annotations", "generatorURL":
			err = r.otherMember(&a.Alert, &r.last, name)
		default:
			err = r.skip()
		}
		return err
	})
	if a.Fingerprint == "" {
		a.Fingerprint = a.Labels.Fingerprint()
	}
	a.Suppressed = a.Suppressed || state != "active"
	return reason == "" && state != "", err
}

// readListedStatus reads an alert's state, and whether it is suppressed.
func (r *Reader) readListedStatus(a *ListedAlert) (state string, err error) {
	_, err = r.object(func(name []byte) (err error) {
		var ids []string
		switch string(name) {
		case "state":
			state, err = r.onlyText()
		case "silencedBy":
			a.SilencedBy, err = r.texts()
			a.Suppressed = a.Suppressed || len(a.SilencedBy) > 0
		case "inhibitedBy", "mutedBy":
			a.TellsMuted = a.TellsMuted || string(name) == "mutedBy"
			ids, err = r.texts()
			a.Suppressed = a.Suppressed || len(ids) > 0
		default:
			err = r.skip()
		}
		return err
	})
	return state, err
}

// texts reads a list of texts; any other value is an empty list.
func (r *Reader) texts() (all []string, err error) {
	err = r.each(func() error {
		s, err := r.text("")
		all = append(all, s)
		return err
	})
	return all, err
}

// receiverNames reads the names from a list of objects.
func (r *Reader) receiverNames() (all []string, err error) {
	err = r.each(func() error {
		_, err := r.object(func(name []byte) error {
			if string(name) != "name" {
				return r.skip()
			}
			s, err := r.onlyText()
			all = append(all, s)
			return err
		})
		return err
	})
	return all, err
}

// Keep returns the alert with its own memory.
func (a *ListedAlert) Keep() Alert {
	kept := a.Alert
	kept.Labels, kept.Annotations = slices.Clone(a.Labels), slices.Clone(a.Annotations)
	return kept
}

// labelRuleUID is a private label in Grafana's lists.
const labelRuleUID = "__alert_rule_uid__"

// AsWebhooks returns the webhooks that would have brought the listed alerts to the receiver: one for Grafana's alerts, without the
// parts that Grafana does not send, and one for the others. It changes the alerts.
func AsWebhooks(receiver string, listed []Alert) (all []*Webhook) {
	quoted := regexp.QuoteMeta(receiver) // as Alertmanager sends names of receivers
	alertmanager, grafana := &Webhook{Version: versionCurrent, Receiver: quoted}, &Webhook{Version: versionGrafana, Receiver: receiver}
	for i := range listed {
		a, to := &listed[i], alertmanager
		if id := a.Labels.Get(labelRuleUID); id != "" {
			a.grafana().RuleUID, to = id, grafana
		}
		isPrivate := func(l labels.Label) bool { return private(l.Name) }
		a.Labels = slices.DeleteFunc(a.Labels, isPrivate)
		if to == grafana {
			a.Annotations = slices.DeleteFunc(a.Annotations, isPrivate)
		}
		a.Position = len(to.Alerts)
		to.Alerts = append(to.Alerts, *a)
	}
	for _, w := range []*Webhook{alertmanager, grafana} {
		if len(w.Alerts) > 0 {
			all = append(all, w)
		}
	}
	return all
}

// remembering keeps the reader's error, which the decoder hides.
type remembering struct {
	from io.Reader
	err  error
}

func (r *remembering) Read(b []byte) (int, error) {
	n, err := r.from.Read(b)
	if err != nil && !errors.Is(err, io.EOF) {
		r.err = err
	}
	return n, err
}
