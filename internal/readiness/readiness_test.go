// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package readiness_test

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/alert24/otelcol-alert24/internal/readiness"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestAsk(t *testing.T) {
	full := errors.New("the storage is full")
	answer := error(nil)
	require.NoError(t, readiness.Ask(t.Context()), "nobody registered")
	one := readiness.Register(func(context.Context) error { return nil })
	two := readiness.Register(func(context.Context) error { return answer })
	require.NoError(t, readiness.Ask(t.Context()))
	answer = full
	require.ErrorIs(t, readiness.Ask(t.Context()), full)
	two()
	require.NoError(t, readiness.Ask(t.Context()), "the check that failed is gone")
	one()
	one() // harmless
	require.NoError(t, readiness.Ask(t.Context()))
}

func TestAskPassesTheContextOn(t *testing.T) {
	defer readiness.Register(func(ctx context.Context) error { return ctx.Err() })()
	ctx, cancel := context.WithCancel(t.Context())
	require.NoError(t, readiness.Ask(ctx))
	cancel()
	require.ErrorIs(t, readiness.Ask(ctx), context.Canceled)
}
