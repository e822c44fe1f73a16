// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package testalertcmd

import (
	"bytes"
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/alert24/otelcol-alert24/internal/labels"
	"github.com/alert24/otelcol-alert24/internal/text"
	"github.com/alert24/otelcol-alert24/internal/tool/ask"
	"github.com/alert24/otelcol-alert24/internal/tool/cli"
)

const (
	requestTimeout = 30 * time.Second
	maxAnswer      = 200
)

// bridge is a running bridge.
type bridge struct {
	client             *http.Client
	status             *ask.Client // nil: follow nothing
	url, token, secret string
	hmac               hmacFlags
}

func newBridge(ctx context.Context, o *options) (*bridge, error) {
	b := &bridge{url: o.url, hmac: o.hmac}
	var err error
	if b.token, err = cli.Secret("--token-file", o.tokenFile); err != nil {
		return nil, err
	}
	if b.secret, err = cli.Secret("--hmac-secret-file", o.hmac.secretFile); err != nil {
		return nil, err
	}
	if b.client, err = o.tls.Client(ctx, requestTimeout); err != nil {
		return nil, err
	}
	if o.status.URL != "" {
		o.status.TLS = o.tls
		if b.status, err = o.status.Open(ctx); err != nil {
			return nil, err
		}
	}
	b.token = cmp.Or(b.token, strings.TrimSpace(os.Getenv(tokenEnv))) // a Secret often ends with a newline
	b.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return b, nil
}

func (b *bridge) close() {
	b.client.CloseIdleConnections()
	if b.status != nil {
		b.status.Close()
	}
}

// errNothingFires means that the bridge certainly did not accept the webhook.
var errNothingFires = errors.New("the webhook was not accepted")

// send sends a webhook. An error says what to do about it.
func (b *bridge) send(ctx context.Context, body []byte) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, b.url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "alert24tool")
	if b.token != "" {
		req.Header.Set("Authorization", "Bearer "+b.token)
	}
	if b.secret != "" {
		b.sign(req, body)
	}
	resp, err := b.client.Do(req)
	if err != nil {
		return unanswered(err)
	}
	defer resp.Body.Close()
	answer, _ := io.ReadAll(io.LimitReader(resp.Body, maxAnswer)) // as much as arrived
	switch {
	case resp.StatusCode == http.StatusOK && len(answer) == 0:
		return nil
	case resp.StatusCode == http.StatusOK: // the bridge says nothing; the collector's health check answers every request
		return fmt.Errorf("%w: another server answers, not the bridge's receiver; check the port of --url", errNothingFires)
	}
	if cli.WantsTLS(resp.StatusCode, answer) {
		return fmt.Errorf("%w: the bridge uses TLS; write https:// in --url", errNothingFires)
	}
	return fmt.Errorf("%w: HTTP %d: %s; %s", errNothingFires, resp.StatusCode, text.Line(string(answer), maxAnswer), hint(resp.StatusCode))
}

// unanswered explains why there is no answer.
func unanswered(err error) error {
	op, is := errors.AsType[*net.OpError](err)
	switch {
	case is && op.Op == "dial":
		return fmt.Errorf("%w: the bridge cannot be reached: %w; see that it runs and that --url is its address", errNothingFires, op)
	case is && op.Op == "remote error": // a TLS alert: without a handshake the bridge reads no webhook
		return fmt.Errorf("%w: %w; check --cert-file and --key-file", errNothingFires, op.Err)
	}
	if errors.Is(err, http.ErrSchemeMismatch) {
		return fmt.Errorf("%w: the bridge does not use TLS; write http:// in --url", errNothingFires)
	}
	if cert, is := errors.AsType[*tls.CertificateVerificationError](err); is {
		return fmt.Errorf("%w: %w; check --ca-file and the name in --url", errNothingFires, cert)
	}
	return fmt.Errorf("the webhook was not answered: %w", err)
}

// sign signs the request like Grafana.
func (b *bridge) sign(req *http.Request, body []byte) {
	mac := hmac.New(sha256.New, []byte(b.secret))
	if b.hmac.timestampHeader != "" {
		seconds := strconv.FormatInt(time.Now().Unix(), 10)
		req.Header.Set(b.hmac.timestampHeader, seconds)
		_, _ = mac.Write([]byte(seconds + ":"))
	}
	_, _ = mac.Write(body)
	req.Header.Set(b.hmac.header, hex.EncodeToString(mac.Sum(nil)))
}

func hint(status int) string {
	switch status {
	case http.StatusUnauthorized, http.StatusForbidden:
		return "check the token (" + tokenEnv + " or --token-file), the client certificate, or the signature"
	case http.StatusNotFound, http.StatusMethodNotAllowed:
		return "check the path of --url: the receiver's setting path, /alertmanager by default"
	case http.StatusServiceUnavailable:
		return "the bridge cannot store alerts now: see its log"
	default:
		return "check that --url is the bridge's"
	}
}

const (
	alertName = "Alert24ToolTest"
	// instanceLabel has a different value in each run, so each run has its own alert.
	instanceLabel = "instance"
	externalURL   = "http://alert24tool.invalid"
)

// alert is the test alert.
type alert struct {
	labels      map[string]string
	annotations map[string]string
	startsAt    time.Time
}

// newAlert returns an alert that no other run has or, with --resolve, the alert of an earlier run.
func newAlert(o *options, now time.Time) *alert {
	instance := cmp.Or(o.resolve, "test-"+strings.ToLower(rand.Text()[:8]))
	a := &alert{
		labels: map[string]string{"alertname": alertName, instanceLabel: instance, "severity": o.severity},
		annotations: map[string]string{
			"summary":     "A test of the alert path, please ignore",
			"description": "alert24tool test-alert sent this alert. It resolves it by itself.",
		},
		startsAt: now.UTC().Truncate(time.Millisecond),
	}
	for _, label := range o.labels {
		name, value, _ := strings.Cut(label, "=")
		a.labels[name] = value
	}
	return a
}

// webhook returns Alertmanager's webhook, version 4: the alert fires or, with an end, is resolved.
func (a *alert) webhook(endsAt time.Time) ([]byte, error) {
	status := "firing"
	if !endsAt.IsZero() {
		status = "resolved"
	}
	return json.Marshal(map[string]any{
		"version": "4", "receiver": "alert24tool", "status": status, "externalURL": externalURL, "truncatedAlerts": 0,
		"groupKey":    `{}:{alertname="` + alertName + `", instance="` + a.labels[instanceLabel] + `"}`,
		"groupLabels": map[string]string{"alertname": alertName}, "commonLabels": a.labels, "commonAnnotations": a.annotations,
		"alerts": []any{map[string]any{
			"status": status, "labels": a.labels, "annotations": a.annotations, "startsAt": a.startsAt, "endsAt": endsAt.UTC(),
			"generatorURL": "", "fingerprint": labels.FromMap(a.labels).Fingerprint(),
		}},
	}, json.Deterministic(true))
}
