// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package chaos

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"runtime"
	"strings"
	"syscall"
	"time"

	"github.com/alert24/otelcol-alert24/e2e/harness"
)

// fate is the outcome of a webhook, as far as its sender can know.
type fate uint8

const (
	notTaken fate = iota // certainly not accepted: no connection, or half a body
	maybe                // no answer, or one that proves nothing
	taken                // answered 2xx
)

func (f fate) String() string { return [...]string{"not taken", "may be taken", "taken"}[f] }

// disruption is what the network or the sender did to a webhook.
type disruption uint8

const (
	direct disruption = iota
	sentTwice
	secondCopy
	answerLost
	cutOff
	stalled
)

func (d disruption) String() string {
	return [...]string{"direct", "sent twice", "the second copy", "answer lost", "cut off in the middle", "stalled"}[d]
}

// message is one webhook on the wire.
type message struct {
	arrival    int // the order in which the collector received the family's requests
	family     string
	replica    int
	group      []*alert // alerts of one alias are next to each other
	says       []saying
	from, to   time.Time // it was applied in this period, if at all
	fate       fate
	answer     string
	disruption disruption
}

// line carries webhooks.
type line interface {
	// post sends a webhook and returns its fate.
	post(ctx context.Context, m *message) (fate, string)
	// cut sends half a webhook, because the sender or its proxy dies.
	cut(ctx context.Context, m *message) string
	// stall sends a webhook's headers and returns when the collector asks for the body, which orders it before all later webhooks.
	// The returned function sends the body; nil means that the webhook was not accepted.
	stall(ctx context.Context, m *message) (func() (fate, string), string)
}

// webhookTimeout is far above what a healthy collector needs on a busy machine.
const webhookTimeout = 10 * time.Second

// wire posts webhooks from two addresses.
type wire struct {
	url     string
	clients [2]*http.Client
}

func newWire(webhook string) *wire {
	w := &wire{url: webhook}
	for i := range w.clients {
		dialer := &net.Dialer{}
		if runtime.GOOS == "linux" { // elsewhere the loopback has one address, and only the external URLs differ
			dialer.LocalAddr = &net.TCPAddr{IP: net.IPv4(127, 0, 0, byte(1+i))}
		}
		w.clients[i] = &http.Client{
			Timeout:   webhookTimeout,
			Transport: &http.Transport{DialContext: dialer.DialContext, DisableKeepAlives: true, ExpectContinueTimeout: webhookTimeout},
		}
	}
	return w
}

func (w *wire) post(ctx context.Context, m *message) (fate, string) {
	body := m.encode()
	response, err := w.do(ctx, m.replica, bytes.NewReader(body), int64(len(body)), false)
	return outcome(response, err)
}

func (w *wire) cut(ctx context.Context, m *message) string {
	body := m.encode()
	half := io.MultiReader(bytes.NewReader(body[:len(body)/2]), failingReader{})
	response, err := w.do(ctx, m.replica, half, int64(len(body)), false)
	_, answer := outcome(response, err)
	return answer
}

func (w *wire) stall(ctx context.Context, m *message) (func() (fate, string), string) {
	var (
		body           = m.encode()
		reader, writer = io.Pipe()
		asked, done    = make(chan struct{}), make(chan struct{})
		became         fate
		answer         string
	)
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{Got100Continue: func() { close(asked) }})
	go func() {
		defer close(done)
		response, err := w.do(ctx, m.replica, reader, int64(len(body)), true)
		_ = reader.CloseWithError(io.ErrClosedPipe) // never fails
		became, answer = outcome(response, err)
	}()
	select {
	case <-asked:
	case <-done:
		return nil, answer
	}
	return func() (fate, string) {
		_, err := writer.Write(body)
		_ = writer.CloseWithError(err) // never fails
		<-done
		return became, answer
	}, ""
}

func (w *wire) do(ctx context.Context, replica int, body io.Reader, length int64, expect bool) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, w.url, body)
	if err != nil {
		return nil, err
	}
	request.ContentLength = length
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Authorization", "Bearer "+harness.WebhookToken)
	if expect {
		request.Header.Set("Expect", "100-continue")
	}
	return w.clients[replica].Do(request)
}

func outcome(response *http.Response, err error) (fate, string) {
	if err != nil {
		if op, ok := errors.AsType[*net.OpError](err); ok && op.Op == "dial" && errors.Is(op.Err, syscall.ECONNREFUSED) {
			return notTaken, "connection refused"
		}
		return maybe, reason(err)
	}
	defer response.Body.Close()
	said, err := io.ReadAll(io.LimitReader(response.Body, 1<<10))
	switch {
	case response.StatusCode/100 == 2:
		return taken, response.Status
	case err != nil:
		return maybe, response.Status + ", " + reason(err)
	default:
		return maybe, response.Status + " " + strings.TrimSpace(string(said))
	}
}

// reason returns an error's text without the addresses, which differ each time.
func reason(err error) string {
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		err = wrapped.Err
	}
	var where string
	for op, ok := errors.AsType[*net.OpError](err); ok; op, ok = errors.AsType[*net.OpError](err) {
		where, err = where+op.Op+": ", op.Err
	}
	return where + err.Error()
}

// failingReader is the end of an incomplete body.
type failingReader struct{}

func (failingReader) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// externalURL returns the external URL of a replica. Some pairs share one, and then only their addresses differ.
func externalURL(family string, replica int) string {
	if runtime.GOOS == "linux" && strings.HasSuffix(family, "3") {
		replica = 0
	}
	return fmt.Sprintf("http://alertmanager-%d.example:9093", replica)
}

// encode writes a webhook as Alertmanager does.
func (m *message) encode() []byte {
	type webhookAlert struct {
		Status      string            `json:"status"`
		Labels      map[string]string `json:"labels"`
		Annotations map[string]string `json:"annotations"`
		StartsAt    time.Time         `json:"startsAt"`
		EndsAt      time.Time         `json:"endsAt"`
		Fingerprint string            `json:"fingerprint"`
	}
	status := map[bool]string{true: "firing", false: "resolved"}
	alerts := make([]webhookAlert, len(m.group))
	anyFiring := false
	for i, a := range m.group {
		alerts[i] = webhookAlert{
			Status: status[m.says[i].Firing], Labels: a.labels, Fingerprint: a.fingerprint,
			Annotations: map[string]string{"summary": a.summary(m.says[i].Revision)},
			StartsAt:    m.says[i].StartsAt, EndsAt: m.says[i].EndsAt,
		}
		anyFiring = anyFiring || m.says[i].Firing
	}
	body, err := json.Marshal(map[string]any{
		"version": "4", "groupKey": `{}:{alertname="` + m.family + `"}`, "truncatedAlerts": 0,
		"status": status[anyFiring], "receiver": "alert24", "externalURL": externalURL(m.family, m.replica),
		"groupLabels": map[string]string{"alertname": m.family}, "alerts": alerts,
	})
	if err != nil {
		panic(err) // cannot fail
	}
	return body
}
