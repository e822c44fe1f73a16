// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alert24exporter

import (
	"github.com/alert24/otelcol-alert24/internal/rejections"
	"github.com/alert24/otelcol-alert24/internal/status"
)

// rejected notes what a receiver of this process did not take. It has logged it.
func (l *lately) rejected(r rejections.Rejection) {
	n := status.Notice{
		Kind: status.Refused, Text: "webhooks are answered " + r.Text, Receiver: r.Receiver, From: r.From, Count: r.Count, Last: l.now(),
	}
	if r.Alerts {
		n.Kind, n.Text = status.Skipped, "alerts cannot be used: "+r.Text
		l.notices.Add(n)
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.notices.Add(n) // under the lock, so that what is accepted later finds it
	l.webhooks.LastRefused = n.Last
	if _, known := l.refusedSenders[r.Sender]; known || len(l.refusedSenders) < maxRefusedSenders {
		l.refusedSenders[r.Sender] = struct{}{}
	}
}

// accepted notes that a receiver of this process took a webhook.
func (l *lately) accepted(s rejections.Sender) {
	now := l.now()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.webhooks.LastAccepted = now
	if _, was := l.refusedSenders[s]; was {
		delete(l.refusedSenders, s)
		l.notices.AcceptedAgain(s.Receiver, s.From, now)
	}
}

// hooks says when webhooks came; nil if none did.
func (l *lately) hooks() *status.Webhooks {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.webhooks == (status.Webhooks{}) {
		return nil
	}
	w := l.webhooks
	return &w
}
