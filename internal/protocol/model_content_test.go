// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package protocol

import (
	"strconv"
	"time"

	"github.com/alert24/otelcol-alert24/internal/incident"
)

// render is a small stand-in for the renderer of incidents: the count in the title and the link in the description change by themselves.
func render(firing []incident.Alert) Content {
	worst := firing[0]
	c := incident.Content{
		Title: worst.Fingerprint, Severity: worst.Severity, Description: worst.Fingerprint + worst.Description + " " + worst.GeneratorURL,
		Tags: make([]string, 0, len(firing)),
	}
	if len(firing) > 1 {
		c.Title += " (+1)"
	}
	for i := range firing {
		c.Tags = append(c.Tags, firing[i].Fingerprint)
	}
	c.News = c.Hashes()
	c.News[incident.FieldTitle] = incident.HashText(worst.Fingerprint)
	c.News[incident.FieldDescription] = incident.HashText(worst.Fingerprint + worst.Description)
	of := Of(&c)
	of.Sent[incident.FieldDescription] &^= cleanedBit
	return of
}

// atLeast returns the content with a severity of at least s.
func (c Content) atLeast(s incident.Severity) Content {
	if s > c.Severity {
		c.Severity = s
		c.Sent[incident.FieldSeverity] = incident.HashText(s.String())
		c.News[incident.FieldSeverity] = c.Sent[incident.FieldSeverity]
	}
	return c
}

// isBrief reports whether the news are those of an alert without its text.
func isBrief(news uint64) bool {
	return news == incident.HashText(fingerprints[0]) || news == incident.HashText(fingerprints[1])
}

// worst puts alerts in the order in which an incident names them. untimed: the start of the second is not known.
func worst(alerts []truth, untimed bool) []incident.Alert {
	var firing []incident.Alert
	for i, a := range alerts {
		if a.firing {
			firing = append(firing, incident.Alert{
				Fingerprint: fingerprints[i], Severity: a.severity, Description: strconv.Itoa(a.value),
				StartsAt: start.Add(time.Duration(a.start) * time.Millisecond),
			})
			if untimed && i == 1 {
				firing[len(firing)-1].StartsAt = time.Time{}
			}
		}
	}
	if len(firing) == 2 && (firing[1].Severity > firing[0].Severity ||
		firing[1].Severity == firing[0].Severity && firing[1].StartsAt.Before(firing[0].StartsAt)) {
		firing[0], firing[1] = firing[1], firing[0]
	}
	return firing
}

// textFirst puts the second of two equally bad alerts first if only that one has its text in the entry.
func textFirst(firing []incident.Alert, e *Entry) {
	if len(firing) < 2 || firing[0].Severity != firing[1].Severity {
		return
	}
	brief := map[string]bool{}
	for m := range e.Members.All() {
		brief[m.Alert.Fingerprint] = m.Alert.IsBrief()
	}
	if brief[firing[0].Fingerprint] && !brief[firing[1].Fingerprint] {
		firing[0], firing[1] = firing[1], firing[0]
	}
}

func worstAlerts(e *Entry) []incident.Alert {
	alerts, _ := worstOfAll(e)
	return alerts
}

// wantOf returns want, or nil if no alert fires.
func (l *ledger) wantOf(e *Entry) *Content {
	if !e.Firing() {
		return nil
	}
	want := l.want(e)
	return &want
}
