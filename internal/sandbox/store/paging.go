// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package store

import "slices"

// Channels by which Alert24 would page people.
const (
	Email = "email"
	SMS   = "sms"
	Phone = "call"
)

// channels is how people would be paged about a severity: email always, the phone for the two worst.
func channels(severity string) []string {
	if loud(severity) {
		return []string{Email, SMS, Phone}
	}
	return []string{Email}
}

func loud(severity string) bool { return severity == "critical" || severity == "high" }

// pageCreated lists the channels by which people would be paged at creation.
func pageCreated(sw *Switches, i *Incident) []string {
	if i.Open() && (sw.PagesOn == OnAny || i.Status == StatusNew) {
		return channels(i.Severity)
	}
	return nil
}

// pageUpdated lists those when was becomes is.
func pageUpdated(sw *Switches, was, is *Incident) []string {
	rises := slices.Index(Severities, is.Severity) < slices.Index(Severities, was.Severity) || !slices.Contains(Severities, was.Severity)
	if sw.UpdatesPage && is.Open() && loud(is.Severity) && was.Severity != is.Severity && rises {
		return channels(is.Severity)
	}
	return nil
}
