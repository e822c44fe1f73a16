// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"io"
	"os/signal"
	"syscall"
)

// Watched is the output of a command that must clean up before it ends.
type Watched struct {
	// Err is the first error of a write.
	Err error

	out io.Writer
	end context.CancelCauseFunc
}

// Watch returns a context that ends at the first failed write to out, for example to a pipe whose reader is gone. Without it, such a
// write ends the program at once. The caller must call Close.
func Watch(ctx context.Context, out io.Writer) (context.Context, *Watched) {
	signal.Ignore(syscall.SIGPIPE) // a write then returns an error
	ctx, end := context.WithCancelCause(ctx)
	return ctx, &Watched{out: out, end: end}
}

// Write implements [io.Writer].
func (w *Watched) Write(b []byte) (int, error) {
	n, err := w.out.Write(b)
	if err != nil && w.Err == nil {
		w.Err = err
		w.end(err)
	}
	return n, err
}

// Close ends the context.
func (w *Watched) Close() { w.end(nil) }
