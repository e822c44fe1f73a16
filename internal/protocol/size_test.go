// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package protocol

import (
	"testing"
	"unsafe"

	"github.com/stretchr/testify/assert"
)

// TestSizeOfAnEntry: Go's garbage collector scans each object over 512 bytes separately, which makes accepting an alert a tenth slower.
func TestSizeOfAnEntry(t *testing.T) {
	assert.LessOrEqual(t, unsafe.Sizeof(Entry{}), uintptr(512))
}
