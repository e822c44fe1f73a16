// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package status

import (
	"strconv"
	"strings"
	"time"
)

// Trouble is what stops every alert, or may be why the bridge does not know one.
type Trouble struct {
	Kind TroubleKind `json:"kind"`
	Text string      `json:"text"`
	// Until is when it ends, if that is known.
	Until time.Time `json:"until,omitzero"`
}

// TroubleKind is the kind of a Trouble.
type TroubleKind string

// Kinds of trouble.
const (
	StorageDown TroubleKind = "storage" // webhooks are refused
	NoLeader    TroubleKind = "leader"  // what is accepted waits in the inbox
	InInbox     TroubleKind = "inbox"   // a webhook waits there, and the alert is not known
	KeyRefused  TroubleKind = "key"     // Alert24 refuses the API key
	APIDown     TroubleKind = "api"     // Alert24 does not answer as it should
	Paused      TroubleKind = "pause"   // calls wait
	JustStarted TroubleKind = "started" // the alert is not known, perhaps any more
)

// forgetful is how long after a start somebody may ask about an alert from before.
const forgetful = 10 * time.Minute

// Troubles are those of the bridge as o has them. known: something is known of the alert that somebody asks about.
func Troubles(o *Overview, known bool, now time.Time) []Trouble {
	all := []Trouble{}
	add := func(kind TroubleKind, until time.Time, text string) { all = append(all, Trouble{kind, text, until}) }
	if s := &o.Storage; !s.Up {
		add(StorageDown, time.Time{}, strings.TrimSuffix("the storage cannot be written: "+s.Error, ": "))
	}
	if r := o.Replica; r != nil {
		switch {
		case !r.Leads && !r.Leader && o.Storage.Up:
			add(NoLeader, time.Time{}, "no replica leads; "+inbox(r.Inbox))
		case r.Inbox > 0 && !known:
			add(InInbox, time.Time{}, inbox(r.Inbox))
		}
	}
	all = append(all, apiTroubles(&o.API, now)...)
	if up := now.Sub(o.Bridge.Started); !known && up < forgetful {
		add(JustStarted, time.Time{}, "the bridge started "+Span(up)+" ago; reasons from before are in its log only")
	}
	return all
}

func inbox(n int) string {
	switch n {
	case 0:
		return "no webhook waits in the inbox"
	case 1:
		return "1 webhook waits in the inbox, this alert may be in it"
	default:
		return strconv.Itoa(n) + " webhooks wait in the inbox, this alert may be in them"
	}
}

// apiTroubles say what is wrong with Alert24, and which calls wait until when. A pause may end for creates before it does for others.
func apiTroubles(a *API, now time.Time) (all []Trouble) {
	first := Trouble{Kind: Paused, Text: "Alert24 asked for a pause"}
	switch {
	case a.KeyRefused && !a.Up:
		first = Trouble{Kind: KeyRefused, Text: "Alert24 refuses the API key"}
	case !a.Up:
		first = Trouble{Kind: APIDown, Text: strings.TrimSuffix("Alert24 does not answer as it should: "+a.LastError, ": ")}
	}
	others, creates := a.PausedUntil.After(now), a.CreatesPausedUntil.After(now)
	switch apart := a.PausedUntil.Sub(a.CreatesPausedUntil).Abs() >= time.Second; {
	case others && creates && !apart:
		return []Trouble{{first.Kind, first.Text + "; all calls are paused", a.PausedUntil}}
	case creates:
		all = append(all, Trouble{first.Kind, first.Text + "; creates are paused", a.CreatesPausedUntil})
	}
	switch {
	case others:
		all = append(all, Trouble{first.Kind, first.Text + "; all calls but creates are paused", a.PausedUntil})
	case first.Kind != Paused && len(all) == 0:
		all = append(all, first)
	}
	return all
}
