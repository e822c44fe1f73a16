// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alert24exporter

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/alert24/otelcol-alert24/internal/postgres"
)

func TestDatabaseStatusIsThatOfTheLastReading(t *testing.T) {
	start := time.Date(2026, 3, 19, 14, 30, 0, 0, time.UTC)
	at := func(seconds int) time.Time { return start.Add(time.Duration(seconds) * time.Second) }
	one, two := postgres.Status{InboxRows: 1}, postgres.Status{InboxRows: 2}
	var d databaseStatus
	assert.Zero(t, d.get(), "nothing was read")
	d.set(one, nil, at(1))
	assert.Equal(t, reading{status: &one, at: at(1)}, d.get(), "it could always be used")
	d.expire()
	assert.Equal(t, reading{status: &one}, d.get())
	d.set(postgres.Status{}, assert.AnError, at(2))
	assert.Equal(t, reading{err: assert.AnError, at: at(2)}, d.get(), "what was read before is old")
	d.set(two, nil, at(3))
	d.set(two, nil, at(4))
	assert.Equal(t, reading{status: &two, recoveredAt: at(3), at: at(4)}, d.get())
}
