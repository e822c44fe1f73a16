// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"bytes"
	"context"
	"io"
	"os"
	"os/signal"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestWatchEndsAtTheFirstFailedWrite(t *testing.T) {
	var kept bytes.Buffer
	ctx, out := Watch(t.Context(), &kept)
	_, err := io.WriteString(out, "a")
	require.NoError(t, err)
	require.NoError(t, ctx.Err())
	assert.Equal(t, "a", kept.String())
	out.Close()
	require.ErrorIs(t, context.Cause(ctx), context.Canceled)
	require.NoError(t, out.Err)

	reader, writer, err := os.Pipe()
	require.NoError(t, err)
	require.NoError(t, reader.Close())
	ctx, out = Watch(t.Context(), writer)
	_, err = io.WriteString(out, "a")
	require.Error(t, err)
	assert.True(t, signal.Ignored(syscall.SIGPIPE), "standard output would end the program")
	require.ErrorIs(t, context.Cause(ctx), err)
	assert.Equal(t, err, out.Err)
	out.Close()
	require.NoError(t, writer.Close())
}
