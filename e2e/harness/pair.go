// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package harness

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"strconv"
	"time"
)

// PeerTimeout is how long the second member waits for the first to send. It is longer than group_interval. So the second nearly
// always waits with a state older than what the first has sent meanwhile.
const PeerTimeout = 1500 * time.Millisecond

// Pair is two Alertmanagers that gossip, a usual setup with Prometheus.
type Pair struct {
	// Members are in the order in which they send. A killed member stays here until Restart.
	Members [2]*Alertmanager

	options [2]AlertmanagerOptions
}

// StartPair starts a pair and waits until each knows the other. Member i sends to webhooks[i]. Close ends both; call it even after
// an error.
func StartPair(ctx context.Context, binary, dir string, webhooks [2]string) (*Pair, error) {
	p := &Pair{}
	var gossip [2]string
	for i := range gossip {
		var err error
		if gossip[i], err = FreeAddress(ctx); err != nil {
			return p, err
		}
	}
	for i := range p.Members {
		name := strconv.Itoa(i) // the order of the names is the order of sending
		p.options[i] = AlertmanagerOptions{
			Binary: binary, Webhook: webhooks[i], Dir: filepath.Join(dir, "alertmanager-"+name),
			Cluster: []string{
				"--cluster.peer-name=" + name,
				"--cluster.listen-address=" + gossip[i],
				"--cluster.advertise-address=" + gossip[i],
				"--cluster.peer=" + gossip[1-i],
				"--cluster.peer-timeout=" + PeerTimeout.String(),
				"--cluster.gossip-interval=50ms", // settled after thirty of these
				"--cluster.pushpull-interval=1s",
				"--cluster.reconnect-interval=500ms",
				"--cluster.probe-interval=300ms",
				"--cluster.probe-timeout=200ms",
			},
		}
		if err := p.start(ctx, i); err != nil {
			return p, err
		}
	}
	err := p.joined(ctx)
	return p, err
}

func (p *Pair) start(ctx context.Context, i int) (err error) {
	p.Members[i], err = StartAlertmanager(ctx, p.options[i])
	return err
}

// Restart starts a killed member again with its state, and waits until the two know each other.
func (p *Pair) Restart(ctx context.Context, i int) error {
	if err := p.start(ctx, i); err != nil {
		return err
	}
	return p.joined(ctx)
}

// Post sends alerts to each running member, as Prometheus does.
func (p *Pair) Post(ctx context.Context, alerts ...Alert) error {
	var errs []error
	for _, a := range p.Members {
		if a.Running() {
			errs = append(errs, a.Post(ctx, alerts...))
		}
	}
	return errors.Join(errs...)
}

// Close ends both.
func (p *Pair) Close() error {
	var errs []error
	for _, a := range p.Members {
		if a != nil && a.Process != nil {
			errs = append(errs, a.Stop())
		}
	}
	return errors.Join(errs...)
}

// joined waits until both know each other and send notifications.
func (p *Pair) joined(ctx context.Context) error {
	return Await(ctx, startTimeout, func(ctx context.Context) error {
		for _, a := range p.Members {
			if err := a.joined(ctx); err != nil {
				return err
			}
		}
		return nil
	})
}

func (a *Alertmanager) joined(ctx context.Context) error {
	body, err := get(ctx, a.Address+"/api/v2/status", "")
	if err != nil {
		return err
	}
	var status struct {
		Cluster struct {
			Status string `json:"status"`
			Peers  []any  `json:"peers"`
		} `json:"cluster"`
	}
	if err := json.Unmarshal(body, &status); err != nil {
		return err
	}
	if status.Cluster.Status != "ready" || len(status.Cluster.Peers) != 2 {
		return fmt.Errorf("%s is %s with %d peers", a.Address, status.Cluster.Status, len(status.Cluster.Peers))
	}
	return nil
}
