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
	"runtime"
	"strings"
	"syscall"
	"time"

	"github.com/alert24/otelcol-alert24/e2e/harness"
)

// fate is what became of a webhook, as far as its sender can know.
type fate uint8

const (
	notTaken fate = iota // it cannot have been: no connection, or half a body
	maybe                // no answer, or one that proves nothing
	taken                // answered 2xx
)

func (f fate) String() string { return [...]string{"not taken", "may be taken", "taken"}[f] }

// message is one webhook on the wire, as the log of its family keeps it.
type message struct {
	arrival    int // the order in which the collector met the requests of the family
	replica    int
	group      []*alert
	says       []saying
	from, to   time.Time // it was applied between these, if at all
	fate       fate
	answer     string
	disruption string
}

// webhookTimeout is far above what a healthy collector needs on a busy machine.
const webhookTimeout = 10 * time.Second

// wire posts webhooks from two addresses.
type wire struct {
	url     string
	clients [2]*http.Client
}

func newWire(url string) *wire {
	w := &wire{url: url}
	for i := range w.clients {
		dialer := &net.Dialer{}
		if runtime.GOOS == "linux" { // elsewhere the loopback has one address, and the external URLs tell the two apart
			dialer.LocalAddr = &net.TCPAddr{IP: net.IPv4(127, 0, 0, byte(1+i))}
		}
		w.clients[i] = &http.Client{
			Timeout:   webhookTimeout,
			Transport: &http.Transport{DialContext: dialer.DialContext, DisableKeepAlives: true, ExpectContinueTimeout: webhookTimeout},
		}
	}
	return w
}

// post sends a webhook and says what became of it.
func (w *wire) post(ctx context.Context, replica int, body []byte) (fate, string) {
	response, err := w.do(ctx, replica, bytes.NewReader(body), int64(len(body)), false)
	return outcome(response, err)
}

// cut sends half a webhook: the sender dies, or its proxy.
func (w *wire) cut(ctx context.Context, replica int, body []byte) string {
	half := io.MultiReader(bytes.NewReader(body[:len(body)/2]), failingReader{})
	response, err := w.do(ctx, replica, half, int64(len(body)), false)
	_, answer := outcome(response, err)
	return answer
}

// stalled is a webhook whose headers the collector has and whose body is still to come.
type stalled struct {
	rest   *io.PipeWriter
	body   []byte
	done   chan struct{}
	fate   fate
	answer string
}

// stall sends a webhook's headers and returns once the collector asks for the body, which orders it before all that
// come later. Without a stalled the webhook was not taken.
func (w *wire) stall(ctx context.Context, replica int, body []byte) (*stalled, string) {
	reader, writer := io.Pipe()
	asked := make(chan struct{})
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{Got100Continue: func() { close(asked) }})
	s := &stalled{rest: writer, body: body, done: make(chan struct{})}
	go func() {
		defer close(s.done)
		response, err := w.do(ctx, replica, reader, int64(len(body)), true)
		_ = reader.CloseWithError(io.ErrClosedPipe) // never fails
		s.fate, s.answer = outcome(response, err)
	}()
	select {
	case <-asked:
		return s, ""
	case <-s.done:
		return nil, s.answer
	}
}

// release sends the body and returns what became of the webhook.
func (s *stalled) release() (fate, string) {
	_, err := s.rest.Write(s.body)
	_ = s.rest.CloseWithError(err) // never fails
	<-s.done
	return s.fate, s.answer
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
		return maybe, err.Error()
	}
	defer response.Body.Close()
	said, err := io.ReadAll(io.LimitReader(response.Body, 1<<10))
	switch {
	case response.StatusCode/100 == 2:
		return taken, response.Status
	case err != nil:
		return maybe, response.Status + ", " + err.Error()
	default:
		return maybe, response.Status + " " + strings.TrimSpace(string(said))
	}
}

// failingReader is the end of a body that breaks off.
type failingReader struct{}

func (failingReader) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// externalURL of a replica. Some pairs have one in common, and then their addresses alone tell them apart.
func externalURL(family string, replica int) string {
	if runtime.GOOS == "linux" && strings.HasSuffix(family, "3") {
		replica = 0
	}
	return fmt.Sprintf("http://alertmanager-%d.example:9093", replica)
}

// encode writes a webhook as Alertmanager does.
func encode(family string, replica int, group []*alert, says []saying) []byte {
	type webhookAlert struct {
		Status      string            `json:"status"`
		Labels      map[string]string `json:"labels"`
		Annotations map[string]string `json:"annotations"`
		StartsAt    time.Time         `json:"startsAt"`
		EndsAt      time.Time         `json:"endsAt"`
		Fingerprint string            `json:"fingerprint"`
	}
	status := map[bool]string{true: "firing", false: "resolved"}
	alerts := make([]webhookAlert, len(group))
	anyFiring := false
	for i, a := range group {
		alerts[i] = webhookAlert{
			Status: status[says[i].Firing], Labels: a.labels, Fingerprint: a.fingerprint,
			Annotations: map[string]string{"summary": a.summary(says[i].Revision)},
			StartsAt:    says[i].StartsAt, EndsAt: says[i].EndsAt,
		}
		anyFiring = anyFiring || says[i].Firing
	}
	body, err := json.Marshal(map[string]any{
		"version": "4", "groupKey": `{}:{alertname="` + family + `"}`, "truncatedAlerts": 0,
		"status": status[anyFiring], "receiver": "alert24", "externalURL": externalURL(family, replica),
		"groupLabels": map[string]string{"alertname": family}, "alerts": alerts,
	})
	if err != nil {
		panic(err) // nothing in it can fail
	}
	return body
}
