// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package webhook

import (
	"errors"
	"io"
)

// ListedAlert is an alert of the list of Alertmanager's API. Of the Alert it has the labels and the fingerprint.
type ListedAlert struct {
	Alert

	// Suppressed: a silence, an inhibition or a time interval keeps it from being sent, or Alertmanager has not looked yet.
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

// ReadList reads the list as a stream and calls each for every alert that can be used; it is valid until each returns. It returns
// how many cannot be used. The list is only known as a whole if the error is nil.
func (r *Reader) ReadList(from io.Reader, each func(a *ListedAlert)) (unusable int, err error) {
	source := &remembering{from: from}
	r.json.Reset(source, lenient...)
	defer r.startChunk()
	unusable, err = r.readAlertList(each)
	if source.err != nil {
		return unusable, source.err // more important than what the decoder says of it
	}
	return unusable, err
}

func (r *Reader) readAlertList(each func(a *ListedAlert)) (unusable int, err error) {
	switch tok, err := r.json.ReadToken(); {
	case err != nil:
		return 0, syntaxError(err)
	case tok.Kind() != '[':
		return 0, errNotAlertList
	}
	for r.json.PeekKind() != ']' {
		r.startChunk()
		var a ListedAlert
		usable, err := r.readListed(&a)
		switch {
		case err != nil:
			return unusable, err
		case usable:
			each(&a)
		default:
			unusable++
		}
	}
	if _, err := r.json.ReadToken(); err != nil {
		return unusable, syntaxError(err)
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
	isObject, err := r.object(func(name []byte) (err error) {
		switch string(name) {
		case "labels":
			err = r.parseLabels(&a.Alert, func(why Reason) { reason = why })
		case "fingerprint":
			a.Fingerprint, err = r.text()
		case "status":
			state, err = r.readListedStatus(a)
		default:
			err = r.skip()
		}
		return err
	})
	if a.Fingerprint == "" {
		a.Fingerprint = a.Labels.Fingerprint()
	}
	a.Suppressed = a.Suppressed || state != "active"
	return isObject && reason == "" && state != "", err
}

// readListedStatus reads an alert's state, and what suppresses it.
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
			ids, err = r.texts()
			a.Suppressed = a.Suppressed || len(ids) > 0
		default:
			err = r.skip()
		}
		return err
	})
	return state, err
}

// texts reads a list of texts; anything else is an empty one.
func (r *Reader) texts() (all []string, err error) {
	if r.json.PeekKind() != '[' {
		return nil, r.skip()
	}
	if _, err := r.json.ReadToken(); err != nil {
		return nil, syntaxError(err)
	}
	for r.json.PeekKind() != ']' {
		s, err := r.text()
		if err != nil {
			return nil, err
		}
		all = append(all, s)
	}
	if _, err := r.json.ReadToken(); err != nil {
		return nil, syntaxError(err)
	}
	return all, nil
}

// remembering keeps the error of a reader, which the decoder hides.
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
