// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"errors"
	"sync/atomic"
	"time"
)

// clock estimates the database's time. It uses only differences of the process's clock, so that clock may be arbitrarily wrong.
type clock struct{ sample atomic.Pointer[sample] }

type sample struct{ theirs, ours time.Time }

// errNoClock means that the database was never asked for its time.
var errNoClock = errors.New("the database's time is not known yet")

// learn notes the database's time from an answer that arrived at ours or before.
func (c *clock) learn(theirs, ours time.Time) { c.sample.Store(&sample{theirs, ours}) }

// at returns the database's time at ours, or an earlier time. It is never later, unless the database's clock was set back.
func (c *clock) at(ours time.Time) (time.Time, error) {
	s := c.sample.Load()
	if s == nil {
		return time.Time{}, errNoClock
	}
	return s.theirs.Add(ours.Sub(s.ours)), nil
}
