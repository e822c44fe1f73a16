// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package harness

import (
	"context"
	"errors"
	"net"
	"path/filepath"
	"regexp"
	"time"
)

// WebhookToken is the bearer token that the harness's Alertmanager sends.
const WebhookToken = "a-token-for-tests"

// Collector is the built collector with collector-config.yaml.
type Collector struct {
	*Process
	// Webhook is the URL for webhooks.
	Webhook string
	// Ready is the URL of the receiver's readiness.
	Ready string
	// Metrics is the URL of the collector's own metrics.
	Metrics string
	// Health is the URL of the health check.
	Health string
	// Status is the URL of the status page, with a trailing slash.
	Status string

	binary string
	args   []string
	env    map[string]string
}

// CollectorOptions configure a collector.
type CollectorOptions struct {
	Binary   string
	Endpoint string // of the Alert24 API
	APIKey   string
	Dir      string // folder of its storage
	// Set overrides keys of collector-config.yaml, like the flag --set: receivers.alertmanager.path=/hook
	Set []string
	// Args are further flags.
	Args []string
}

// StartCollector starts a collector on free ports and waits until it is healthy.
func StartCollector(ctx context.Context, o CollectorOptions) (*Collector, error) {
	root, err := Root()
	if err != nil {
		return nil, err
	}
	var addresses [4]string
	for i := range addresses {
		if addresses[i], err = FreeAddress(ctx); err != nil {
			return nil, err
		}
	}
	webhook, health, metrics, status := addresses[0], addresses[1], addresses[2], addresses[3]
	metricsHost, metricsPort, err := net.SplitHostPort(metrics)
	if err != nil {
		return nil, err
	}
	c := &Collector{
		Webhook: "http://" + webhook + "/alertmanager",
		Ready:   "http://" + webhook + "/-/ready",
		Metrics: "http://" + metrics + "/metrics",
		Health:  "http://" + health + "/",
		Status:  "http://" + status + "/",
		binary:  o.Binary,
		args:    append([]string{"--config", filepath.Join(root, "collector-config.yaml")}, o.Args...),
		env: map[string]string{
			"ALERT24_API_KEY":       o.APIKey,
			"ALERT24_ENDPOINT":      o.Endpoint,
			"ALERT24_HEALTH_LISTEN": health,
			"ALERT24_LISTEN":        webhook,
			"ALERT24_METRICS_HOST":  metricsHost,
			"ALERT24_METRICS_PORT":  metricsPort,
			"ALERT24_STATUS_LISTEN": status,
			"ALERT24_STORAGE_DIR":   filepath.Join(o.Dir, "storage"),
			"ALERT24_WEBHOOK_TOKEN": WebhookToken,
		},
	}
	for _, set := range o.Set {
		c.args = append(c.args, "--set", set)
	}
	err = c.Start(ctx)
	return c, err
}

// Start runs the collector and waits until it is healthy. After a Kill or Stop it uses the same ports and storage.
func (c *Collector) Start(ctx context.Context) error {
	if c.Process != nil && c.Running() {
		return errors.New("collector: runs already")
	}
	p, err := startProcess(ctx, "collector", c.binary, c.env, c.args...)
	if err != nil {
		return err
	}
	c.Process = p
	return p.ready(ctx, c.Health)
}

// OnDatabase returns the settings of a replica with its ledger in the PostgreSQL database at the URL.
func OnDatabase(url string, lease time.Duration) []string {
	return []string{
		"exporters.alert24.storage=",
		"exporters.alert24.database={url: '" + url + "', lease: " + lease.String() + "}",
	}
}

var leads = regexp.MustCompile(`(?m)^otelcol_exporter_alert24_leader(\{.*\})? 1$`)

// Leads reports whether a replica is the leader, according to its metrics.
func (c *Collector) Leads(ctx context.Context) (bool, error) {
	metrics, err := get(ctx, c.Metrics, "")
	return leads.Match(metrics), err
}

// Leader waits until one of the replicas is the leader. It skips replicas that do not run or do not answer.
func Leader(ctx context.Context, limit time.Duration, among ...*Collector) (leader *Collector, err error) {
	err = Await(ctx, limit, func(ctx context.Context) error {
		for _, c := range among {
			if !c.Running() {
				continue
			}
			if leads, err := c.Leads(ctx); err == nil && leads {
				leader = c
				return nil
			}
		}
		return errors.New("no replica leads")
	})
	return leader, err
}
