// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package harness

import (
	"bytes"
	"slices"
	"sync"
)

// logBytes is the minimum of a program's output that is kept.
const logBytes = 1 << 20

// tail keeps the end of what is written to it.
type tail struct {
	mu   sync.Mutex
	text []byte
}

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text = append(t.text, p...)
	if len(t.text) > 2*logBytes {
		t.text = slices.Delete(t.text, 0, len(t.text)-logBytes)
	}
	return len(p), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.text)
}

// lines returns the last n lines.
func (t *tail) lines(n int) string {
	all := bytes.Split(bytes.TrimRight([]byte(t.String()), "\n"), []byte("\n"))
	return string(bytes.Join(all[max(0, len(all)-n):], []byte("\n")))
}
