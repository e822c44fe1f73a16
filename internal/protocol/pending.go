// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package protocol

// Pending reports that nothing confirms that Alert24 holds what the entry asks for, and a call is to come. Without the content it errs on
// the side of no.
func Pending(e *Entry, want *Content) bool {
	switch {
	case !e.Firing():
		return !e.Over()
	case e.Dismissed || e.Foreign != "" || e.Parked():
		return false
	case e.Incident.State != Open:
		return true
	default:
		return want != nil && e.due(want) != 0
	}
}
