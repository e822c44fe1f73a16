// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package inprocess

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestReadyRunsAllChecks(t *testing.T) {
	full := errors.New("the storage is full")
	answer := error(nil)
	require.NoError(t, Ready(t.Context()), "nobody registered")
	other := error(nil)
	one := OnReadiness(func(context.Context) error { return other })
	two := OnReadiness(func(context.Context) error { return answer })
	require.NoError(t, Ready(t.Context()))
	answer = full
	require.ErrorIs(t, Ready(t.Context()), full)
	other = errors.New("the database is away")
	require.ErrorIs(t, Ready(t.Context()), full)
	require.ErrorIs(t, Ready(t.Context()), other)
	other = nil
	two()
	require.NoError(t, Ready(t.Context()), "the check that failed is gone")
	one()
	one() // harmless
	require.NoError(t, Ready(t.Context()))
}

// A check may take long. Meanwhile others can register.
func TestReadyBlocksNoRegistration(t *testing.T) {
	defer OnReadiness(func(context.Context) error {
		OnReadiness(func(context.Context) error { return nil })()
		return nil
	})()
	require.NoError(t, Ready(t.Context()))
}

func TestReadyPassesTheContextOn(t *testing.T) {
	defer OnReadiness(func(ctx context.Context) error { return ctx.Err() })()
	ctx, cancel := context.WithCancel(t.Context())
	require.NoError(t, Ready(ctx))
	cancel()
	require.ErrorIs(t, Ready(ctx), context.Canceled)
}
