// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package arrival

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type key string

func stamp(name key, value int) Stamp {
	return func(ctx context.Context) context.Context { return context.WithValue(ctx, name, value) }
}

func TestAllStampsAreInTheContextUntilTheyAreRemoved(t *testing.T) {
	first := Register(stamp("a", 1))
	second := Register(stamp("b", 2))
	ctx := Now(t.Context())
	assert.Equal(t, 1, ctx.Value(key("a")))
	assert.Equal(t, 2, ctx.Value(key("b")))
	first()
	ctx = Now(t.Context())
	assert.Nil(t, ctx.Value(key("a")))
	assert.Equal(t, 2, ctx.Value(key("b")))
	second()
	assert.Equal(t, t.Context(), Now(t.Context()))
}
