// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestCrowd(t *testing.T) {
	webhook, call := &write{fenced: true}, &write{patient: true}
	var c crowd
	for _, alone := range [][]*write{{webhook}, {call, call}, {webhook, call}} {
		c.note(alone)
		assert.Zero(t, c, "one sender, and calls, are no crowd")
	}
	c.note([]*write{webhook, call, webhook})
	for range crowdLasts - 1 {
		c.note([]*write{call})
		c.note([]*write{webhook})
		assert.Positive(t, c, "two senders meet now and then")
	}
	c.note([]*write{webhook})
	assert.Zero(t, c)
}
