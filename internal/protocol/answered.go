// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package protocol

import "time"

// Answered is the answer to a claimed call.
type Answered struct {
	Alias  string
	Call   Call
	Answer Answer

	// What follows is known once the answer is learnt.

	Lesson Lesson
	Entry  *Entry
	// Waited is set where Alert24 now holds what the entry asks for: the time since it did not.
	Waited time.Duration
}
