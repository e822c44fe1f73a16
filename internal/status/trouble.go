// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package status

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/alert24/otelcol-alert24/internal/text"
)

// Trouble is a problem of the bridge or around it.
type Trouble struct {
	Kind TroubleKind `json:"kind"`
	// Text has times in RFC 3339; see Localize.
	Text  string    `json:"text"`
	Since time.Time `json:"since,omitzero"`
	Scope Scope     `json:"scope"`
	Do    *Remedy   `json:"do"`
}

// TroubleKind is the kind of a Trouble.
type TroubleKind string

// Kinds of trouble.
const (
	StorageDown  TroubleKind = "storage"     // webhooks are refused
	DatabaseDown TroubleKind = "database"    // webhooks are refused
	NoLeader     TroubleKind = "no_leader"   // accepted webhooks wait in the inbox
	Follower     TroubleKind = "follower"    // only the leader knows the results of calls
	Refusing     TroubleKind = "refused"     // webhooks are refused because of their sender
	Busy         TroubleKind = "busy"        // webhooks are answered 503
	Cut          TroubleKind = "truncated"   // Alertmanager cuts groups to max_alerts
	InInbox      TroubleKind = "inbox"       // a webhook waits in the inbox and may have the alert
	KeyRefused   TroubleKind = "key"         // Alert24 refuses the API key
	Unopened     TroubleKind = "parked"      // Alert24 refuses the content of incidents
	Taken        TroubleKind = "blocked"     // another tool's open incidents have aliases of firing alerts
	APIDown      TroubleKind = "api"         // Alert24 does not answer correctly
	SomeFail     TroubleKind = "calls"       // calls for some aliases fail
	RateLimit    TroubleKind = "rate_limit"  // calls wait because of HTTP 429
	Paused       TroubleKind = "pause"       // calls wait because Alert24 asked for it
	Watchdogs    TroubleKind = "watchdog"    // a source of alerts is silent
	NoWatchdog   TroubleKind = "no_watchdog" // no watchdog has ever been heard
	NoWebhook    TroubleKind = "no_webhook"  // no webhook has come
)

// Scope says which aliases a trouble may be the reason for.
type Scope string

// Scopes.
const (
	All          Scope = "all"     // the bridge's knowledge of any alias may be old
	Pending      Scope = "pending" // aliases for which Alert24 differs from the alerts
	UnknownAlias Scope = "unknown" // aliases that the bridge does not know
	Named        Scope = "named"   // aliases that it names: their own entries tell it
)

// refusedFor is how long a refusal counts even if other webhooks are accepted. A sender with a wrong token shares its address with
// others, and Alertmanager tries again after group_interval, by default 5 minutes.
const refusedFor = 10 * time.Minute

// noWebhookAfter is how long after the start a missing webhook is not yet a trouble.
const noWebhookAfter = 5 * time.Minute

// downAfter is how long every call must fail until the trouble is Alert24's, although most aliases need no call.
const downAfter = time.Minute

// maxNamed bounds the sources and aliases named in a text.
const maxNamed = 3

// troubles is a list being built.
type troubles []Trouble

func (all *troubles) add(kind TroubleKind, scope Scope, since time.Time, parts ...string) {
	*all = append(*all, Trouble{kind, strings.Join(parts, ""), since, scope, remedyFor(string(kind))})
}

// Troubles returns the troubles of o, the worst first.
func Troubles(o *Overview) []Trouble {
	all := troubles{}
	all.storage(&o.Storage)
	if o.Replica != nil {
		all.replica(o.Replica, o.Storage.Up)
	}
	var api troubles
	api.api(o)
	if nothingOpens := slices.ContainsFunc(api, func(t Trouble) bool { return t.Kind == KeyRefused || t.Kind == APIDown }); nothingOpens {
		all, api = append(all, api...), nil
	}
	all.unopened(&o.Affected)
	all = append(all, api...)
	watchdog := cmp.Or(o.Watchdog, &Watchdog{})
	all.silent(watchdog)
	all.webhooks(&o.Webhooks, o.Storage.RecoveredAt, o.Now)
	all.truncated(o.Truncated)
	if watchdog.NeverHeard {
		all.add(NoWatchdog, UnknownAlias, o.Bridge.Started, "no watchdog has been heard since the start at ", at(o.Bridge.Started))
	}
	if follows := o.Replica != nil && !o.Replica.Leads; !follows && o.Webhooks.noWebhook(o.Now) {
		all.add(NoWebhook, UnknownAlias, o.Webhooks.Since, "no webhook has come since the start at ", at(o.Webhooks.Since))
	}
	return all
}

func (all *troubles) storage(s *Storage) {
	const then = "; webhooks with new alerts are refused, and "
	switch {
	case s.Up:
	case s.Kind == "database":
		all.add(DatabaseDown, All, s.FailingSince, "the database cannot be used", because(s.Error), then, "nothing is sent")
	default:
		all.add(StorageDown, All, s.FailingSince, "the storage cannot be written", because(s.Error), then, "no call is sent that cannot be stored") // a full one has a reserve
	}
}

func because(err string) string {
	if err == "" {
		return ""
	}
	return ": " + err
}

func (all *troubles) replica(r *Replica, databaseUp bool) {
	age, lease := seconds(r.LeaseAge), seconds(r.Lease)
	switch {
	case !databaseUp || r.Leads:
	case !r.HasLeader:
		all.add(NoLeader, All, time.Time{}, "no replica leads; ", inbox(r))
	case lease > 0 && age > lease/2:
		all.add(NoLeader, All, time.Time{}, fmt.Sprintf("the leader has not been heard of for %s (database::lease %s); ", Span(age), Span(lease)), inbox(r))
	default:
		all.add(Follower, Pending, time.Time{}, "this replica follows; only the leader knows calls, their failures and pauses")
	}
	if databaseUp && r.InboxWebhooks > 0 {
		all.add(InInbox, UnknownAlias, r.InboxSince, inbox(r))
	}
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

// inbox says how much waits for the leader.
func inbox(r *Replica) string {
	waits := text.Count(r.InboxWebhooks, "accepted webhook waits", "accepted webhooks wait") + " for the leader"
	switch {
	case r.InboxWebhooks == 0:
		return "no webhook waits"
	case r.InboxSince.IsZero():
		return waits
	case r.InboxWebhooks == 1:
		return waits + ", since " + at(r.InboxSince)
	default:
		return waits + ", the oldest since " + at(r.InboxSince)
	}
}

func (all *troubles) webhooks(w *Webhooks, recovered, now time.Time) {
	recent := func(t time.Time) bool { return !t.IsZero() && now.Sub(t) < refusedFor }
	if recent(w.SenderErrorAt) || w.SenderErrorAt.After(w.LastAccepted) {
		all.add(Refusing, UnknownAlias, w.SenderErrorAt, "webhooks are refused, the last one at ", at(w.SenderErrorAt), because(w.SenderError), "; ", w.acceptedSince(w.SenderErrorAt))
	}
	// A webhook answered with 503 is sent again soon. The storage, the database and the inbox are troubles of their own.
	busy := w.LastRefused
	known := slices.ContainsFunc(*all, func(t Trouble) bool { return t.Scope == All || t.Kind == InInbox })
	if busy.After(w.SenderErrorAt) && busy.After(w.LastAccepted) && busy.After(recovered) && recent(busy) && !known {
		all.add(Busy, UnknownAlias, busy, "webhooks are answered 503, the last one at ", at(busy), because(w.Refusal), "; ", w.acceptedSince(busy))
	}
}

// noWebhook reports whether nothing has come, although Alertmanager had time to send firing alerts.
func (w *Webhooks) noWebhook(now time.Time) bool {
	return w.LastAccepted.IsZero() && w.LastRefused.IsZero() && !w.AlertsReceived && now.Sub(w.Since) >= noWebhookAfter
}

// acceptedSince says whether a webhook was accepted after the refusal.
func (w *Webhooks) acceptedSince(refused time.Time) string {
	switch {
	case w.LastAccepted.IsZero():
		return "none has been accepted since the start at " + at(w.Since)
	case !refused.After(w.LastAccepted):
		return "others are accepted, the last one at " + at(w.LastAccepted)
	default:
		return "none has been accepted since"
	}
}

// api says what is wrong with Alert24, and until when which calls wait. A pause may end earlier for creates than for other calls.
func (all *troubles) api(o *Overview) {
	a, c := &o.API, cmp.Or(o.Counts, &Counts{})
	wait := waits(a, c, o.Now)
	down := a.State == APIFails && (c.Failing == 0 || c.Failing >= c.Live || o.Now.Sub(a.FailingSince) >= downAfter)
	switch {
	case a.State == APIUnknown:
	case a.State == APIRefusesKey:
		all.add(KeyRefused, Pending, a.FailingSince, "Alert24 refuses the API key: ", a.LastError, wait)
	case wait != "" && a.RateLimited:
		all.add(RateLimit, Pending, a.FailingSince, "Alert24's rate limit (HTTP 429)", wait)
	case down:
		all.add(APIDown, Pending, a.FailingSince, "Alert24 does not answer as it should; ", lastCalls(a), wait)
	case c.Failing > 0:
		all.add(SomeFail, Named, time.Time{}, fmt.Sprintf("calls for %d of %s fail: ", c.Failing, text.Count(c.Live, "alias", "aliases")), named(o.Affected.Failing, c.Failing), wait)
	case wait != "":
		all.add(Paused, Pending, time.Time{}, "Alert24 asked for a pause", wait)
	}
}

// lastCalls says when the last call failed and when the last one succeeded.
func lastCalls(a *API) string {
	last := "the last call failed at " + at(a.LastFailure) + because(a.LastError)
	if a.LastSuccess.IsZero() {
		return last + "; none has succeeded since the start"
	}
	return last + "; last success at " + at(a.LastSuccess)
}

// waits says until when which calls wait; "" if none do.
func waits(a *API, c *Counts, now time.Time) (until string) {
	others, creates := a.PausedUntil, a.CreatesPausedUntil
	switch apart := others.Sub(creates).Abs() >= time.Second; {
	case !others.After(now) && !creates.After(now):
		return ""
	case others.After(now) && creates.After(now) && !apart:
		until = "; all calls wait until " + at(others)
	case !others.After(now):
		until = "; creates wait until " + at(creates)
	case !creates.After(now):
		until = "; all calls but creates wait until " + at(others)
	default:
		until = "; creates wait until " + at(creates) + ", all other calls until " + at(others)
	}
	if c.Pending > 0 {
		until += ", " + text.Count(c.Pending, "change waits", "changes wait")
	}
	return until
}

// unopened names firing aliases without an incident.
func (all *troubles) unopened(affected *Affected) {
	if n := len(affected.Unopened); n > 0 {
		all.add(Unopened, Named, time.Time{}, text.Count(n, "incident is", "incidents are"), " refused by Alert24: ", named(affected.Unopened, n))
	}
	if n := len(affected.Blocked); n > 0 {
		all.add(Taken, Named, time.Time{}, "another tool's open incidents block ", text.Count(n, "alias", "aliases"), ": ", named(affected.Blocked, n))
	}
}

// named lists the first aliases and counts the rest.
func named(first []string, all int) string {
	first = first[:min(len(first), maxNamed)]
	names := strings.Join(first, ", ")
	if more := all - len(first); more > 0 {
		names += ", " + strconv.Itoa(more) + " more"
	}
	return names
}

// silent names the watchdogs that are no longer heard.
func (all *troubles) silent(w *Watchdog) {
	if len(w.MissingSources) == 0 {
		return
	}
	var sources []string
	for i := range w.MissingSources {
		sources = append(sources, w.MissingSources[i].Source+" since "+at(w.MissingSources[i].HeardAt))
	}
	all.add(Watchdogs, All, w.MissingSources[0].HeardAt, "no watchdog from ", named(sources, w.Missing), ": alerts may not arrive")
}

// at formats a time for a text.
func at(t time.Time) string { return t.UTC().Format(time.RFC3339) }

var instant = regexp.MustCompile(`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ`)

// Localize replaces the times in a text with the results of show.
func Localize(line string, show func(time.Time) string) string {
	return instant.ReplaceAllStringFunc(line, func(s string) string {
		t, err := time.Parse(time.RFC3339, s)
		if err != nil {
			return s
		}
		return show(t)
	})
}
