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
	gathers := func(among int) (n int) {
		for range among {
			c.note([]*write{call, call})
			c.note([]*write{webhook, call})
			n += count(c.gathers())
		}
		return n
	}
	assert.Equal(t, crowdLasts, gathers(crowdLasts), "at first, others may come")
	assert.Equal(t, 3, gathers(3*crowdLasts), "one sender")
	c.note([]*write{webhook, call, webhook})
	assert.True(t, c.gathers(), "two senders")
	assert.Equal(t, crowdLasts, gathers(crowdLasts), "they meet now and then")
	assert.Equal(t, 1, gathers(crowdLasts))
}
