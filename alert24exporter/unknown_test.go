// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alert24exporter

import (
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestEachUnknownValueIsLoggedOnce(t *testing.T) {
	var u unknownValues
	assert.True(t, u.first("incident::severity", "ticket"))
	assert.False(t, u.first("incident::severity", "ticket"))
	assert.True(t, u.first("incident::services", "ticket"))
	logged := 0
	for i := range 10 * maxUnknownValues {
		if u.first("incident::severity", strconv.Itoa(i)) {
			logged++
		}
	}
	assert.Equal(t, maxUnknownValues-2, logged)
	assert.False(t, u.first("incident::severity", "ticket"))
}
