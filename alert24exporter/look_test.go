// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alert24exporter

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/alert24/otelcol-alert24/internal/postgres"
)

func TestLooksKeepWhatTheLastOneFound(t *testing.T) {
	start := time.Date(2026, 3, 19, 14, 30, 0, 0, time.UTC)
	at := func(seconds int) time.Time { return start.Add(time.Duration(seconds) * time.Second) }
	one, two := postgres.Status{InboxRows: 1}, postgres.Status{InboxRows: 2}
	var l looks
	assert.Zero(t, l.last(), "nobody has looked")
	l.add(one, nil, at(1))
	assert.Equal(t, looked{standing: &one, at: at(1)}, l.last(), "it could always be used")
	l.outdated()
	assert.Equal(t, looked{standing: &one}, l.last())
	l.add(postgres.Status{}, assert.AnError, at(2))
	assert.Equal(t, looked{err: assert.AnError, at: at(2)}, l.last(), "what stood before is old")
	l.add(two, nil, at(3))
	l.add(two, nil, at(4))
	assert.Equal(t, looked{standing: &two, recoveredAt: at(3), at: at(4)}, l.last())
}
