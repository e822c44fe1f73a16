// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package load

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"
)

// webhookTimeout bounds one webhook. The peer takes the latency once per alert.
const webhookTimeout = time.Minute

// target is a process that accepts webhooks.
type target struct {
	address string // host:port
	path    string
	token   string
	pid     int
}

// load says what to send: webhooks over some connections, until the duration has passed or all webhooks are sent.
type load struct {
	connections, perWebhook int
	duration                time.Duration // 0: until all webhooks are sent
	webhooks                int64         // 0: until the duration has passed
	// next returns the alert with number n, counted from 0 over all connections.
	next func(n int) alert
}

// sent is the result of a load.
type sent struct {
	alerts  int64         // acknowledged with 200
	elapsed time.Duration // until the last of them
	cpu     time.Duration // of the target
}

func (s sent) rate() float64 { return float64(s.alerts) / s.elapsed.Seconds() }

func (s sent) cpuPerAlert() time.Duration { return s.cpu / time.Duration(max(s.alerts, 1)) }

// send runs a load. Any answer but 200 fails: the target must accept the whole load.
func (b *bench) send(to *target, l load) sent {
	before := b.cpuTime(to.pid)
	var webhooks, alerts atomic.Int64
	senders, ctx := errgroup.WithContext(b.Context())
	began := time.Now()
	claim := func() (n int64, more bool) {
		n = webhooks.Add(1) - 1
		return n, ctx.Err() == nil && (l.webhooks == 0 || n < l.webhooks) && (l.duration == 0 || time.Since(began) < l.duration)
	}
	for range l.connections {
		senders.Go(func() error { return to.sendOver(ctx, l, claim, &alerts) })
	}
	require.NoError(b, senders.Wait())
	elapsed := time.Since(began)
	return sent{alerts: alerts.Load(), elapsed: elapsed, cpu: b.cpuTime(to.pid) - before}
}

// sendOver sends over one connection. It writes HTTP/1.1 itself, because net/http's client costs as much as the measured program,
// on the same cores.
func (t *target) sendOver(ctx context.Context, l load, claim func() (int64, bool), acknowledged *atomic.Int64) error {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", t.address)
	if err != nil {
		return err
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Now()) })
	defer stop()
	head := "POST " + t.path + " HTTP/1.1\r\nHost: " + t.address + "\r\nContent-Type: application/json\r\nAuthorization: Bearer " +
		t.token + "\r\nContent-Length: "
	answers := bufio.NewReader(conn)
	var request, body []byte
	alerts := make([]alert, l.perWebhook)
	for {
		n, more := claim()
		if !more {
			return nil
		}
		for i := range alerts {
			alerts[i] = l.next(int(n)*l.perWebhook + i)
		}
		body = appendWebhook(body[:0], alerts)
		request = append(strconv.AppendInt(append(request[:0], head...), int64(len(body)), 10), "\r\n\r\n"...)
		request = append(request, body...)
		if err := exchange(conn, answers, request); err != nil {
			return fmt.Errorf("webhook to %s: %w", t.address, err)
		}
		acknowledged.Add(int64(len(alerts)))
	}
}

func exchange(conn net.Conn, answers *bufio.Reader, request []byte) error {
	if err := conn.SetDeadline(time.Now().Add(webhookTimeout)); err != nil {
		return err
	}
	if _, err := conn.Write(request); err != nil {
		return err
	}
	answer, err := http.ReadResponse(answers, nil)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode == http.StatusOK {
		_, err = io.Copy(io.Discard, answer.Body)
		return err
	}
	text, _ := io.ReadAll(io.LimitReader(answer.Body, 512))
	return fmt.Errorf("%s: %s", answer.Status, text)
}
