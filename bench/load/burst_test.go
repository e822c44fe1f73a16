// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package load

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/alert24/otelcol-alert24/internal/sandbox"
)

const burstPerWebhook = 500

// bursts measures how long it takes to open the incidents of many new alerts, and that the critical ones come first.
func (b *bench) bursts() {
	peer := b.peerBurst()
	for _, n := range b.size.burst {
		b.burst(n, peer)
	}
}

func (b *bench) burst(n int, peerPerAlert time.Duration) {
	s := b.bridge(apiLatency)
	defer s.close()
	began := time.Now()
	s.sendBurst(n)
	acknowledged := time.Since(began)
	s.awaitOpen(n)
	took := time.Since(began)
	ideal := time.Duration(n) * apiLatency / concurrency
	b.table.add(row{
		what: fmt.Sprintf("burst of %d alerts until all are open, over the ideal n × latency / concurrency", n),
		ours: duration(took), peer: duration(ideal), ratio: took.Seconds() / ideal.Seconds(),
	}.atMost(1.15))
	b.table.add(row{
		what: fmt.Sprintf("burst of %d alerts: ours over the peer's, which sends one after the other", n),
		ours: duration(took), peer: durationOrNone(peerPerAlert * time.Duration(n)),
		ratio: over(took.Seconds(), (peerPerAlert * time.Duration(n)).Seconds()),
	})
	overtaken := overtakenCriticals(s.sandbox.Requests())
	// Calls that were chosen or sent before the last webhook came do not count against the order.
	early := int(acknowledged/apiLatency+2) * concurrency
	b.table.add(row{
		what: fmt.Sprintf("burst of %d alerts: incidents opened before the last critical one that are not critical", n),
		ours: count(float64(overtaken)), peer: fmt.Sprintf("≤ %d", early), ratio: float64(overtaken) / float64(early),
	}.atMost(1))
}

// sendBurst sends n new alerts over one connection, like one Alertmanager for one group.
func (s *stage) sendBurst(n int) {
	perWebhook := min(n, burstPerWebhook)
	s.send(s.target, load{connections: 1, perWebhook: perWebhook, webhooks: int64(n / perWebhook), next: fresh})
}

// peerBurst returns the peer's time per alert of a burst. It is the same for all alerts, so a part of the burst is enough.
func (b *bench) peerBurst() time.Duration {
	if b.node == "" {
		return 0
	}
	s := b.peer(apiLatency)
	defer s.close()
	began := time.Now()
	s.sendBurst(b.size.peerBurst)
	return time.Since(began) / time.Duration(b.size.peerBurst)
}

// overtakenCriticals counts the creates of other severities before the last critical one.
func overtakenCriticals(requests []sandbox.Request) int {
	others, overtaken := 0, 0
	for _, r := range requests {
		switch {
		case !strings.HasSuffix(r.Path, "/incidents") || r.Method != http.MethodPost:
		case strings.Contains(r.Body, `"severity":"critical"`):
			overtaken = others
		default:
			others++
		}
	}
	return overtaken
}
