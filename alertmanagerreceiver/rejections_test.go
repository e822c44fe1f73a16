// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alertmanagerreceiver

import (
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"go.opentelemetry.io/collector/consumer/consumertest"

	"github.com/alert24/otelcol-alert24/internal/rejections"
)

// Exporters hear of each webhook, whether it was accepted or refused.
func TestEachWebhookIsTold(t *testing.T) {
	h := handlerOf(t, defaultConfig(), consumertest.NewNop())
	var accepted, refused atomic.Int32
	count := func(n *atomic.Int32, s rejections.Sender) {
		if s.Receiver == h.id {
			n.Add(1)
		}
	}
	t.Cleanup(rejections.Register(rejections.Ear{
		Rejected: func(r rejections.Rejection) { count(&refused, r.Sender) },
		Accepted: func(s rejections.Sender) { count(&accepted, s) },
	}))
	post(h, strings.NewReader(good))
	assert.Equal(t, []int32{1, 0}, []int32{accepted.Load(), refused.Load()})
	post(h, strings.NewReader("nonsense"))
	assert.Equal(t, []int32{1, 1}, []int32{accepted.Load(), refused.Load()})
}
