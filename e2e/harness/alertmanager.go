// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package harness

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Alertmanager is a real Alertmanager with examples/alertmanager.yml.
type Alertmanager struct {
	*Process
	// Address is the address of its API and page, as http://127.0.0.1:12345.
	Address string
	// TokenFile holds the bearer token that it sends, initially WebhookToken. Alertmanager reads it for each webhook.
	TokenFile string
}

// AlertmanagerOptions configure an Alertmanager.
type AlertmanagerOptions struct {
	Binary  string
	Webhook string // the collector's URL
	Dir     string // folder of its configuration and state
	// Listen is its address; empty means a free one.
	Listen string
	// TLSConfig is the tls_config of the webhook in YAML's flow style, {ca_file: …}; empty means none.
	TLSConfig string
	// Timers are pairs of a timer in the example and its replacement; empty means short timers.
	Timers []string
	// Cluster are the flags of a cluster member; without them it runs alone.
	Cluster []string
}

// Short timers, so that a repeat comes within seconds.
const (
	groupWait      = 200 * time.Millisecond
	groupInterval  = time.Second
	repeatInterval = 2 * time.Second
)

// StartAlertmanager starts an Alertmanager on a free port and waits until it is ready.
func StartAlertmanager(ctx context.Context, o AlertmanagerOptions) (*Alertmanager, error) {
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return nil, err
	}
	config, err := writeAlertmanagerConfig(o)
	if err != nil {
		return nil, err
	}
	listen := o.Listen
	if listen == "" {
		if listen, err = FreeAddress(ctx); err != nil {
			return nil, err
		}
	}
	flags := []string{
		"--config.file=" + config,
		"--storage.path=" + filepath.Join(o.Dir, "alertmanager"),
		"--web.listen-address=" + listen,
		"--web.external-url=http://" + listen, // the default has the name of the machine
	}
	if len(o.Cluster) == 0 {
		flags = append(flags, "--cluster.listen-address=")
	}
	p, err := startProcess(ctx, "alertmanager", o.Binary, nil, append(flags, o.Cluster...)...)
	if err != nil {
		return nil, err
	}
	a := &Alertmanager{Process: p, Address: "http://" + listen, TokenFile: o.tokenFile()}
	err = p.ready(ctx, a.Address+"/-/ready")
	return a, err
}

func (o *AlertmanagerOptions) tokenFile() string { return filepath.Join(o.Dir, "webhook-token") }

// writeAlertmanagerConfig makes a configuration from the example. It replaces only timers, URL and token file, and adds a
// tls_config if one is given.
func writeAlertmanagerConfig(o AlertmanagerOptions) (string, error) {
	root, err := Root()
	if err != nil {
		return "", err
	}
	example, err := os.ReadFile(filepath.Join(root, "examples", "alertmanager.yml"))
	if err != nil {
		return "", err
	}
	timers := o.Timers
	if timers == nil {
		timers = []string{
			"group_wait: 10s", "group_wait: " + groupWait.String(),
			"group_interval: 1m", "group_interval: " + groupInterval.String(),
			"repeat_interval: 1h", "repeat_interval: " + repeatInterval.String(),
			"group_interval: 5m", "group_interval: " + groupInterval.String(), // of the Watchdog
			"repeat_interval: 4m", "repeat_interval: " + repeatInterval.String(),
		}
	}
	pairs := []string{
		"url: http://localhost:9095/alertmanager", "url: " + o.Webhook,
		"credentials_file: /etc/alertmanager/alert24-webhook-token", "credentials_file: " + o.tokenFile(),
	}
	if o.TLSConfig != "" {
		pairs = append(pairs, "http_config:\n", "http_config:\n          tls_config: "+o.TLSConfig+"\n")
	}
	config, err := substitute(string(example), append(pairs, timers...)...)
	if err != nil {
		return "", fmt.Errorf("examples/alertmanager.yml: %w", err)
	}
	path := filepath.Join(o.Dir, "alertmanager.yml")
	if err := os.WriteFile(path, []byte(config), 0o600); err != nil {
		return "", err
	}
	return path, os.WriteFile(o.tokenFile(), []byte(WebhookToken), 0o600)
}

// substitute replaces the first text of each pair by the second. The first must occur exactly once.
func substitute(text string, pairs ...string) (string, error) {
	for pair := range slices.Chunk(pairs, 2) {
		if n := strings.Count(text, pair[0]); n != 1 {
			return "", fmt.Errorf("%q is there %d times, not once", pair[0], n)
		}
		text = strings.Replace(text, pair[0], pair[1], 1)
	}
	return text, nil
}

// Alert is an alert as Prometheus sends it to Alertmanager.
type Alert struct {
	Labels       map[string]string `json:"labels"`
	Annotations  map[string]string `json:"annotations,omitempty"`
	StartsAt     time.Time         `json:"startsAt,omitzero"`
	EndsAt       time.Time         `json:"endsAt,omitzero"` // zero while it fires
	GeneratorURL string            `json:"generatorURL,omitempty"`
}

// Post sends alerts to Alertmanager's API, as Prometheus does.
func (a *Alertmanager) Post(ctx context.Context, alerts ...Alert) error {
	return a.post(ctx, "/api/v2/alerts", alerts)
}

// Silence silences the alerts of an instance for an hour.
func (a *Alertmanager) Silence(ctx context.Context, instance, by string) error {
	now := time.Now().UTC()
	return a.post(ctx, "/api/v2/silences", map[string]any{
		"matchers": []any{map[string]any{"name": "instance", "value": instance, "isRegex": false, "isEqual": true}},
		"startsAt": now, "endsAt": now.Add(time.Hour), "createdBy": by, "comment": "working on it",
	})
}

// Reload makes it read its configuration again.
func (a *Alertmanager) Reload(ctx context.Context) error { return a.post(ctx, "/-/reload", nil) }

func (a *Alertmanager) post(ctx context.Context, path string, what any) error {
	body, err := json.Marshal(what)
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, a.Address+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		said, _ := io.ReadAll(io.LimitReader(response.Body, 1<<10))
		return fmt.Errorf("post %s: %s: %s", path, response.Status, said)
	}
	return nil
}
