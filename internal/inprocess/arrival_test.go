// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package inprocess

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
)

type key string

func stamp(name key, value int) Stamp {
	return func(ctx context.Context) context.Context { return context.WithValue(ctx, name, value) }
}

func TestAllStampsAreInTheContextUntilTheyAreRemoved(t *testing.T) {
	first := OnArrival(stamp("a", 1))
	second := OnArrival(stamp("b", 2))
	ctx := Arrived(t.Context())
	assert.Equal(t, 1, ctx.Value(key("a")))
	assert.Equal(t, 2, ctx.Value(key("b")))
	first()
	ctx = Arrived(t.Context())
	assert.Nil(t, ctx.Value(key("a")))
	assert.Equal(t, 2, ctx.Value(key("b")))
	second()
	assert.Equal(t, t.Context(), Arrived(t.Context()))
}
