// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package protocol

// Pending reports whether Alert24 is not known to match the entry, and a call is to come. Without the content, it does not see that an
// update is due.
func Pending(e *Entry, want *Content) bool {
	switch {
	case !e.Firing():
		return !e.Over()
	case e.Dismissed || e.Foreign != "" || e.Parked():
		return false
	case e.Incident.State != Open:
		return true
	default:
		return want != nil && e.Due(want) != 0
	}
}
