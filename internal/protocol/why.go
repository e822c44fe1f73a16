// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package protocol

// Why explains the call c to people.
func Why(e *Entry, c Call) string {
	switch c.Kind {
	case Create:
		switch {
		case c.Short:
			return "an alert fires, and its full content was refused or failed"
		case e.Continues != 0:
			return "an alert fires at a higher severity, and a new incident pages people"
		}
		return "an alert fires and no open incident is known"
	case Update:
		return "its alerts have changed"
	case Reopen:
		return "a create updated the closed incident"
	case Close:
		return whyClose(e, c)
	case Lookup:
		return "the state in Alert24 is not certain"
	default:
		return "nothing"
	}
}

func whyClose(e *Entry, c Call) string {
	switch {
	case c.Renew:
		return "its severity rises, and a new incident pages people"
	case c.Finish:
		return "a close from before the alert fired again had no answer"
	case c.ID != e.Incident.ID:
		return "a second open incident of one alias"
	default:
		return "no alert fires any more"
	}
}
