// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package protocol

import "time"

// Answered is the answer to a claimed call, on its way from the loop to the ledger and back.
type Answered struct {
	Alias  string
	Call   Call
	Answer Answer
	// What follows is set when the answer is learned. Entry is nil if there is no entry any more.
	Lesson Lesson
	Entry  *Entry
	// Waited is set where Alert24 now holds what the entry asks for: the time since it did not.
	Waited time.Duration
}
