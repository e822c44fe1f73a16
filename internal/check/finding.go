// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package check

import "time"

// Level says how much a finding matters.
type Level string

// Levels, the least first.
const (
	OK      Level = "ok"      // as expected
	Note    Level = "note"    // not as expected, and the bridge copes with it
	Change  Level = "change"  // change a setting
	Problem Level = "problem" // no setting of the bridge helps
)

// Finding is the answer to one question.
type Finding struct {
	// Point names the question for programs, Title for people.
	Point string `json:"point"`
	Title string `json:"title"`
	Level Level  `json:"level"`
	// Reading is one word for what the API does.
	Reading  string `json:"reading"`
	Expected string `json:"expected"`
	Seen     string `json:"seen"`
	// Change says which setting to change; empty: none.
	Change string `json:"change,omitempty"`
}

// Left is a test incident that could not be closed.
type Left struct {
	ID     string `json:"id,omitempty"`
	Number string `json:"number,omitempty"`
	Title  string `json:"title"`
	Why    string `json:"why"`
}

// Report is all that was found. It holds no secret.
type Report struct {
	Endpoint string    `json:"endpoint"`
	Alias    string    `json:"alias"`
	Began    time.Time `json:"began"`
	Requests int       `json:"requests"`
	Findings []Finding `json:"findings"`
	// Stopped says why questions were left out; empty: all were asked.
	Stopped string `json:"stopped,omitempty"`
	// Opened are the numbers of the test incidents.
	Opened []string `json:"opened"`
	Left   []Left   `json:"left"`
}

// Clean reports whether there is nothing to look at.
func (r *Report) Clean() bool {
	for i := range r.Findings {
		if l := r.Findings[i].Level; l == Change || l == Problem {
			return false
		}
	}
	return r.Stopped == "" && len(r.Left) == 0
}
