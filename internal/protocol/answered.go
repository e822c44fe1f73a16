// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package protocol

import "time"

// Answered is the answer to a claimed call, on its way from the loop to the ledger and back.
type Answered struct {
	Alias  string
	Call   Call
	Answer Answer
	// The fields below are set when the answer is learned. Entry is nil if it has expired.
	Timed
	Lesson Lesson
	// Waited is how long Alert24 did not match the entry; set once it does.
	Waited time.Duration
	// Rests: the alias needs no call before Wake; a zero Wake means never.
	Rests bool
	Wake  time.Time
}

// Subject returns the incident that the call was about: that of the entry, or a further one. The number of a further one may not be known.
func (a *Answered) Subject() (id string, number int64) {
	if a.Call.Kind != Close || a.Call.ID == a.Incident.ID {
		return a.Incident.ID, a.Incident.Number
	}
	if a.Answer.Incident.ID == a.Call.ID {
		number = a.Answer.Incident.Number
	}
	return a.Call.ID, number
}
