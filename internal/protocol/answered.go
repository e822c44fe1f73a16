// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package protocol

import "time"

// Answered is the answer to a claimed call, on its way from the loop to the ledger and back.
type Answered struct {
	Alias  string
	Call   Call
	Answer Answer
	// What follows is set when the answer is learned. There is no Entry if it has expired.
	Timed
	Lesson Lesson
	// Waited is set if Alert24 now holds what the entry asks for: how long it did not.
	Waited time.Duration
	// Rests: the alias needs no call before Wake; zero is never.
	Rests bool
	Wake  time.Time
}
