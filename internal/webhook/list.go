// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package webhook

import (
	"errors"
	"io"

	"github.com/go-json-experiment/json/jsontext"
)

// ListedAlert is an alert of the list of Alertmanager's API. Of the Alert it has the labels and the fingerprint.
type ListedAlert struct {
	Alert

	// Suppressed: a silence, an inhibition or a time interval keeps it from being sent, or Alertmanager has not looked yet.
	Suppressed bool
}

var (
	errNotAlertList  = &Error{"the answer is not a list of alerts"}
	errAfterList     = &Error{"there is more after the list of alerts"}
	errNotStatus     = &Error{"the answer is not the status of an Alertmanager"}
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
		return unusable, source.err // what the decoder says of it is beside the point
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
			state, a.Suppressed, err = r.readListedStatus()
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

// readListedStatus reads an alert's state, and whether anything is named that suppresses it.
func (r *Reader) readListedStatus() (state string, suppressed bool, err error) {
	_, err = r.object(func(name []byte) (err error) {
		switch string(name) {
		case "state":
			state, err = r.onlyText()
		case "silencedBy", "inhibitedBy", "mutedBy":
			var raw jsontext.Value
			if raw, err = r.json.ReadValue(); err != nil {
				return syntaxError(err)
			}
			suppressed = suppressed || raw.Kind() == '[' && !isEmptyList(raw)
		default:
			err = r.skip()
		}
		return err
	})
	return state, suppressed, err
}

func isEmptyList(raw jsontext.Value) bool {
	for _, b := range raw[1 : len(raw)-1] {
		if b != ' ' && b != '\t' && b != '\n' && b != '\r' {
			return false
		}
	}
	return true
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
