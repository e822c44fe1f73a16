// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package testalertcmd

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/alert24/otelcol-alert24/internal/tool/cli"
)

// TestInterrupt resolves the alert.
func TestInterrupt(t *testing.T) {
	f := newFake(t)
	f.stuck = true
	ctx, cancel := context.WithCancel(t.Context())
	go func() { <-f.events; cancel() }()
	code, _, stderr := run(ctx, f.args()...)
	assert.Equal(t, 2, code)
	assert.Contains(t, stderr, "context canceled\n")
	assert.Equal(t, 1, strings.Count(stderr, "\n"))
	assert.Equal(t, []string{"firing", "resolved"}, f.statuses())
}

// TestOutputThatCannotBeWritten resolves the alert.
func TestOutputThatCannotBeWritten(t *testing.T) {
	for lines, args := range [][]string{{"--keep"}, nil, nil} {
		f := newFake(t)
		reader, writer := io.Pipe()
		go func() {
			read := bufio.NewScanner(reader)
			for range lines {
				read.Scan()
			}
			_ = reader.Close()
		}()
		var errs bytes.Buffer
		code := cli.Run(t.Context(), "test", append([]string{"test-alert"}, f.args(args...)...), cli.Streams{In: strings.NewReader(""), Out: writer, Err: &errs}, New())
		assert.Equal(t, 2, code)
		assert.Equal(t, "alert24tool test-alert: io: read/write on closed pipe\n", errs.String())
		assert.Equal(t, []string{"firing", "resolved"}, f.statuses())
	}
}
