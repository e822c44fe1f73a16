// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"errors"
	"sync/atomic"
	"time"
)

// clock tells the database's time, as far as it is known. Only one value of the process's clock is ever subtracted from
// another, so that it may be as wrong as it wants.
type clock struct{ sample atomic.Pointer[sample] }

type sample struct{ theirs, ours time.Time }

// errNoClock: the database was never asked for its time.
var errNoClock = errors.New("the database's time is not known yet")

// learn keeps the database's time from an answer that was received at ours or before.
func (c *clock) learn(theirs, ours time.Time) { c.sample.Store(&sample{theirs, ours}) }

// at returns the database's time at ours, or earlier: never later, unless its clock was set back.
func (c *clock) at(ours time.Time) (time.Time, error) {
	s := c.sample.Load()
	if s == nil {
		return time.Time{}, errNoClock
	}
	return s.theirs.Add(ours.Sub(s.ours)), nil
}
