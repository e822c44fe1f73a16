// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package protocol

import (
	"slices"
	"time"
)

// The functions of this file compare an entry with the list of open incidents. They return e itself if the list agrees with it.

// Suspect puts the entry in doubt if it does not know the open incident id: a request was carried out after the settle time. A lookup
// follows and decides. created is when the incident was created, by our clock. The entry still knows an incident that a person reopened
// after its close was confirmed.
func (p *Policy) Suspect(e Timed, id string, created, now time.Time) Timed {
	known := e.Incident.State != None && e.Incident.ID == id || slices.Contains(e.Extra, id)
	if known || !e.Settled() || e.Incident.State == Unknown {
		return e
	}
	n := e.copy()
	n.suspect(created, now)
	return n
}

// suspect changes e. A zero created means not known.
func (e *Timed) suspect(created, now time.Time) {
	if !e.Doubt.Set || created.Before(e.Doubt.Since) {
		e.Doubt.Since = created
	}
	e.Doubt.Set = true
	e.SettleAt = Latest(e.SettleAt, now)
	e.LookAt, e.Looks = now, 0
	e.Version++
}

// Missing returns the entry after the list of open incidents lacked its incident. A late update or close may have closed it, or another
// tool's incident that blocked ours is closed.
func (p *Policy) Missing(e Timed, now time.Time) Timed {
	switch {
	case e.Foreign != "":
		n := e.copy()
		n.Foreign = ""
		n.Version++
		return n
	case e.Incident.State != Open || !e.Settled() || e.Verify:
		return e
	}
	n := e.copy()
	n.verify(now)
	return n
}

// OpenID is the id of the incident that should be in the list of open ones; "" if there is none.
func (e *Entry) OpenID() string {
	if e.Foreign != "" {
		return e.Foreign
	}
	if e.Incident.State == Open {
		return e.Incident.ID
	}
	return ""
}
