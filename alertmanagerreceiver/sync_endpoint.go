// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alertmanagerreceiver

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/alert24/otelcol-alert24/internal/webhook"
)

const (
	// maxListBytes and maxStatusBytes bound the size of an answer. The status contains Alertmanager's configuration.
	maxListBytes   = 64 << 20
	maxStatusBytes = 16 << 20
	// maxDrained is how much of an unused answer is read, so that the connection can be reused.
	maxDrained = 64 << 10
)

// endpoint is one Alertmanager.
type endpoint struct {
	address   string
	client    *http.Client
	converter *webhook.Converter
	reader    *webhook.Reader
	repairs   *repair
	now       func() time.Time
	logged    string // the last logged reason why its answers are incomplete
}

func newEndpoint(address string, client *http.Client, converter *webhook.Converter, repairs *repair) *endpoint {
	return &endpoint{
		address: strings.TrimRight(address, "/"), client: client, converter: converter, reader: webhook.NewReader(), now: time.Now,
		repairs: repairs,
	}
}

// answer is the answer of one Alertmanager.
type answer struct {
	alerts map[webhook.Key]bool // true: active
	status *webhook.Status
	result result
	// silenced maps the ids of silences to their alerts; silences has the details.
	silenced map[string][]webhook.Key
	silences map[string]webhook.Silence
	// why the list may lack firing alerts; "" if it is complete.
	why string
}

// result is the result of a poll.
type result string

// Results of polls, as values of a metric's attribute.
const (
	listed     result = "listed"     // the list is complete
	uncertain  result = "uncertain"  // the Alertmanager may not know all alerts yet, or an alert is unreadable
	unanswered result = "unanswered" // no answer, or not in time
	denied     result = "denied"     // 401 or 403
	failed     result = "failed"     // another status
	unreadable result = "unreadable" // the answer is not Alertmanager's, or too large
)

func (a *answer) whole() bool { return a.result == listed }

// ask reads the status and then the list. Even with an error it returns the alerts that were read. It adds alerts that no webhook has brought to u.
func (e *endpoint) ask(ctx context.Context, grace time.Duration, u *unheard) (answer, error) {
	a := answer{alerts: map[webhook.Key]bool{}, silenced: map[string][]webhook.Key{}}
	var now time.Time
	result, err := e.get(ctx, "/api/v2/status", maxStatusBytes, func(body io.Reader, date time.Time) error {
		text, err := io.ReadAll(body)
		if err == nil {
			a.status, err = webhook.ReadStatus(text)
		}
		now = date
		return err
	})
	if a.result = result; err != nil {
		return a, err
	}
	unusable := 0
	a.result, err = e.get(ctx, "/api/v2/alerts", maxListBytes, func(body io.Reader, _ time.Time) (err error) {
		unusable, err = e.reader.ReadList(body, func(listed *webhook.ListedAlert) {
			k := e.converter.Key(&listed.Alert)
			a.alerts[k] = a.alerts[k] || !listed.Suppressed
			for _, id := range listed.SilencedBy {
				a.silenced[id] = append(a.silenced[id], k)
			}
			e.repairs.look(u, k, listed, now)
		})
		return err
	})
	if err != nil {
		return a, err
	}
	e.askSilences(ctx, &a)
	switch {
	case unusable > 0:
		a.why = fmt.Sprintf("%d of its alerts cannot be read", unusable)
	case a.status.Settling:
		a.why = "it is still looking for the members of its cluster"
	case !a.status.Started.IsZero() && now.Sub(a.status.Started) < grace:
		a.why = "it was started less than startup_grace ago"
	default:
		return a, nil
	}
	a.result = uncertain
	return a, nil
}

// askSilences asks for the silences of the alerts, if there are any. It may fail, because nothing depends on the answer.
func (e *endpoint) askSilences(ctx context.Context, a *answer) {
	if len(a.silenced) == 0 {
		return
	}
	_, _ = e.get(ctx, "/api/v2/silences", maxStatusBytes, func(body io.Reader, _ time.Time) error {
		text, err := io.ReadAll(body)
		if err == nil {
			a.silences, err = webhook.ReadSilences(text, func(id string) bool { return a.silenced[id] != nil })
		}
		return err
	})
}

// errTooLarge is the error for an answer beyond the limit.
var errTooLarge = errors.New("the answer is too large")

// get requests a path, and passes the body and the Alertmanager's time to read.
func (e *endpoint) get(ctx context.Context, path string, most int64, read func(body io.Reader, date time.Time) error) (result, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, e.address+path, http.NoBody)
	if err != nil {
		return failed, err
	}
	req.Header.Set("Accept", "application/json")
	resp, err := e.client.Do(req)
	if err != nil {
		return unanswered, inner(err)
	}
	defer resp.Body.Close()
	if code := resp.StatusCode; code != http.StatusOK {
		_, _ = io.CopyN(io.Discard, resp.Body, maxDrained)
		if code == http.StatusUnauthorized || code == http.StatusForbidden {
			return denied, fmt.Errorf("it answers %s with status %d: check auth and headers", path, code)
		}
		return failed, fmt.Errorf("it answers %s with status %d: check that the endpoint is that of an Alertmanager", path, code)
	}
	date, err := http.ParseTime(resp.Header.Get("Date"))
	if err != nil {
		date = e.now()
	}
	err = read(http.MaxBytesReader(nil, resp.Body, most), date)
	if ctx.Err() != nil {
		return unanswered, fmt.Errorf("it did not answer %s in time", path)
	}
	if _, large := errors.AsType[*http.MaxBytesError](err); large {
		err = errTooLarge
	}
	if err != nil {
		return unreadable, fmt.Errorf("its answer to %s cannot be used: %w", path, err)
	}
	return listed, nil
}

// inner returns a client's error without the address, which is a separate log field.
func inner(err error) error {
	var last error
	for ; err != nil; err = errors.Unwrap(err) {
		last = err
	}
	if errors.Is(last, context.DeadlineExceeded) {
		return errors.New("it did not answer in time")
	}
	return last
}
