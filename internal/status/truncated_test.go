// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package status

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestTruncatedGroups(t *testing.T) {
	s := NewTruncated(3)
	assert.Empty(t, s.Groups(start))
	s.Cut("1", "web {}:{}", start)
	s.Cut("2", "web {a=b}", start.Add(time.Hour))
	s.Cut("1", "web {}:{}", start.Add(2*time.Hour))
	assert.Equal(t, []TruncatedGroup{
		{Name: "web {}:{}", Since: start, Last: start.Add(2 * time.Hour)}, {Name: "web {a=b}", Since: start.Add(time.Hour), Last: start.Add(time.Hour)},
	}, s.Groups(start.Add(2*time.Hour)))
	s.Whole("1")
	s.Whole("3")
	require.Len(t, s.Groups(start.Add(2*time.Hour)), 1, "it came whole")
	assert.Len(t, s.Groups(start.Add(time.Hour+truncatedFor-1)), 1)
	assert.Empty(t, s.Groups(start.Add(time.Hour+truncatedFor)), "nothing of it came for long")
	s.Cut("2", "web {a=b}", start.Add(24*time.Hour))
	assert.Equal(t, start.Add(24*time.Hour), s.Groups(start.Add(24 * time.Hour))[0].Since, "it is another time")
	for i := range 100 {
		s.Cut(fmt.Sprint("many ", i), "many", start.Add(24*time.Hour))
	}
	assert.Len(t, s.Groups(start.Add(24*time.Hour)), 3, "it is bounded")
}
