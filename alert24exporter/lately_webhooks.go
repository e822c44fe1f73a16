// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alert24exporter

import (
	"github.com/alert24/otelcol-alert24/internal/inprocess"
	"github.com/alert24/otelcol-alert24/internal/status"
)

// rejected notes a webhook that a receiver of this process refused. The receiver has logged it.
func (l *lately) rejected(r inprocess.Rejection) {
	why := r.Text
	if r.Detail != "" {
		why += " (" + r.Detail + ")"
	}
	n := status.Notice{Kind: status.Refused, Text: "webhooks are answered " + why, Same: r.Text, Receiver: r.Receiver, From: r.From, Last: l.now()}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.notices.Add(n)
	l.webhooks.LastRefused, l.webhooks.Refusal = n.Last, why
	if r.From != "" {
		l.webhooks.Refusal += ", from " + r.From
	}
	if !r.Busy {
		l.webhooks.SenderErrorAt, l.webhooks.SenderError = l.webhooks.LastRefused, l.webhooks.Refusal
	}
}

// skipped notes an alert that a receiver of this process could not use. The receiver has logged it.
func (l *lately) skipped(s inprocess.Skipped) {
	n := status.Notice{Kind: status.Skipped, Alias: s.Alias, Labels: status.Bounded(s.Labels), Text: s.Text, From: s.From, Receiver: s.Receiver, Last: l.now()}
	n.Same = s.Labels.Fingerprint() + s.Text
	l.notices.Add(n)
}

// grouped notes that Alertmanager cut a group of a receiver of this process, or no longer does. The receiver has logged it.
func (l *lately) grouped(g inprocess.Group) {
	if g.Cut {
		l.cut.Cut(g.ID, g.Name, l.now())
	} else {
		l.cut.Whole(g.ID)
	}
}

// accepted notes that a receiver of this process accepted a webhook.
func (l *lately) accepted() {
	now := l.now()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.webhooks.LastAccepted = now
}

// hooks returns when webhooks came.
func (l *lately) hooks() status.Webhooks {
	l.mu.Lock()
	defer l.mu.Unlock()
	w := l.webhooks
	w.AlertsReceived = l.received.Load()
	return w
}
