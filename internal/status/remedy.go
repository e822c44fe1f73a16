// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package status

import (
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/alert24/otelcol-alert24/internal/protocol"
)

// Remedy is what people can do about a problem.
type Remedy struct {
	Text string `json:"text"`
	// Command is a shell command, if there is one.
	Command string `json:"command,omitempty"`
	// Runbook is the page and its section.
	Runbook string `json:"runbook"`
}

// String returns the remedy without the command.
func (r *Remedy) String() string { return r.Text + " (" + r.Runbook + ")" }

// closeRefused is a kind of state: the incident stays open until a person closes it.
const closeRefused = "close_refused"

// heardWatchdog is a kind of notice: a watchdog is ignored, as it should be.
const heardWatchdog = "heard_watchdog"

// remedies has a row, with a section of the runbook, for each kind of trouble, state and notice that people can do something about.
var remedies = map[string][2]string{
	string(StorageDown):  {"free space, or repair the disk; the bridge then recovers by itself", "alert24bridgestoragefailing"},
	string(DatabaseDown): {"repair the database; the bridge then recovers by itself", "alert24bridgestoragefailing"},
	string(NoLeader):     {"read in the log of each replica why it does not lead", "alert24bridgenoleader"},
	string(Follower):     {"ask the replica that leads; otelcol_exporter_alert24_leader is 1 there", "replicas"},
	string(Refusing):     {"correct what the answer names, in the configuration of the sender or the bridge", "alert24bridgewebhooksrefused"},
	string(Busy):         {"read the reason in the log; Alertmanager sends the webhook again", "alert24bridgewebhooksrefused"},
	string(Cut):          {"set max_alerts: 0 in Alertmanager's webhook_configs; group by more labels if groups are large", "alert24bridgegroupstruncated"},
	string(InInbox):      {"ask again in a few seconds", "alert24bridgeinboxgrows"},
	string(KeyRefused):   {"after a 402, check the plan of the organization; if a firewall rejects the text of alerts, allow the bridge there; else create a key with the scope write in Alert24, and install it", "alert24bridgekeyrefused"},
	string(APIDown):      {"read the error; check endpoint, the network and Alert24's status page", "alert24bridgeapifailing"},
	string(SomeFail):     {"read the reason; the bridge keeps trying", "alert24bridgechangespending"},
	string(RateLimit):    {"if it lasts, lower limits::requests_per_second; other tools with this key share the limit", "alert24bridgeapifailing"},
	string(Paused):       {"nothing; calls resume by themselves", "alert24bridgeapifailing"},
	string(Watchdogs):    {"check that Prometheus, its Alertmanager and the way from there to the bridge work", "watchdogs"},
	string(NoWatchdog):   {"check its route in Alertmanager and watchdog::matchers", "watchdogs"},
	string(NoWebhook):    {"check that Alertmanager has a route to the bridge, and reaches it", "alert24bridgereceivesnothing"},

	string(Retrying):  {"read the reason; the bridge keeps trying", "alert24bridgechangespending"},
	closeRefused:      {"close the incident by hand; the bridge looks it up before its next try", "alert24bridgechangespending"},
	string(Parked):    {"page people by hand; correct what Alert24 refuses: an annotation, a template or an id", "alert24bridgeincidentsparked"},
	string(Blocked):   {"close the other incident, or set alias::prefix so that the tools have different aliases", "alert24bridgealiasesblocked"},
	string(Dismissed): {"nothing, or reopen the incident by hand; lifecycle::reopen decides whether the bridge does", "troubleshooting"},
	string(LeftOpen):  {"close the incident in Alert24", "troubleshooting"},
	string(Doubtful):  {"nothing; the bridge looks the incident up", "alert24bridgeapifailing"},

	heardWatchdog:     {"nothing; only its silence opens an incident", "watchdogs"},
	string(HeldEcho):  {"nothing; the firing counts when the wait ends, unless the alert resolves. If real alerts wait often, see the key echo", "an-alert-has-no-incident"},
	string(Ignored):   {"nothing, or change the rule", "an-alert-has-no-incident"},
	string(Unusable):  {"give the records an alias", "alert24bridgerecordsrefused"},
	string(NoRoom):    {"find the rule that makes so many aliases or alerts, or raise limits::aliases", "alert24bridgealiasesrefused"},
	string(NotOpened): {"nothing", "an-alert-has-no-incident"},
	string(Skipped):   {"correct the program that sends the alert", "an-alert-has-no-incident"},
}

// remedyFor returns the row of a kind; nil if people cannot or need not do anything.
func remedyFor(kind string) *Remedy {
	row, there := remedies[kind]
	if !there {
		return nil
	}
	return &Remedy{Text: row[0], Runbook: "docs/runbook.md#" + row[1]}
}

// Advise adds the troubles that may be the reason, and what people can do about the subject.
func (e *Explanation) Advise(all []Trouble, s *Subject) {
	e.Trouble = []Trouble{}
	known, well := e.Known(), e.Well()
	for _, t := range all {
		if t.Kind == InInbox {
			t.Text += ", and this alert may be in there"
		}
		if t.Scope == All || t.Scope == UnknownAlias && !known || t.Scope == Pending && (!known || len(e.Entries) > 0 && !well) {
			e.Trouble = append(e.Trouble, t)
		}
	}
	has := func(scope Scope) bool {
		return slices.ContainsFunc(e.Trouble, func(t Trouble) bool { return t.Scope == scope })
	}
	if at := slices.IndexFunc(e.Entries, func(entry Entry) bool { return !entry.well() }); at >= 0 {
		if r := &e.Entries[at]; !r.goesOn() || r.closeRefused() || !slices.ContainsFunc(e.Trouble, Trouble.stops) {
			e.Do = r.remedy()
		}
		return
	}
	switch {
	case len(e.Entries) > 0:
	case known && e.Notices[0].Watchdog:
		if !slices.ContainsFunc(e.Trouble, func(t Trouble) bool { return t.Kind == Watchdogs }) {
			e.Do = remedyFor(heardWatchdog)
		}
	case known:
		e.Do = remedyFor(string(e.Notices[0].Kind))
	case e.DidYouMean == "" && !has(All) && !slices.ContainsFunc(e.Trouble, func(t Trouble) bool { return t.Kind == InInbox }):
		e.Do = s.route()
	}
}

func (e *Entry) remedy() *Remedy {
	if e.closeRefused() {
		return remedyFor(closeRefused)
	}
	return remedyFor(string(e.State.Kind))
}

// stops reports whether calls may wait until the trouble ends.
func (t Trouble) stops() bool { return t.Scope == Pending || t.Scope == All && t.Kind != Watchdogs }

// goesOn reports whether the bridge continues by itself, unless a trouble stops its calls.
func (e *Entry) goesOn() bool { return e.State.Kind == Retrying || e.State.Kind == Doubtful }

// closeRefused reports whether Alert24 refused the last close. A lookup follows such a close.
func (e *Entry) closeRefused() bool {
	last := slices.IndexFunc(e.Results, func(r Result) bool { return r.Call != protocol.Lookup.String() })
	return e.State.Kind == Retrying && last >= 0 && e.Results[last].Call == protocol.Close.String() && e.Results[last].Result == protocol.Refused.String()
}

// route says how to check that Alertmanager sends the alert to the bridge. For an alias, there is no command: only the receiver's settings
// tell which part of the alias is which label.
func (s *Subject) route() *Remedy {
	r := &Remedy{
		Text:    "check that Alertmanager routes it to the bridge's receiver, given all labels of the alert; then check that it fires in Alertmanager, and is not silenced, inhibited or cut off by max_alerts",
		Runbook: "docs/runbook.md#troubleshooting",
	}
	if len(s.Labels) > 0 {
		r.Command = "amtool --alertmanager.url=http://localhost:9093 config routes test"
	}
	for _, name := range slices.Sorted(maps.Keys(s.Labels)) {
		r.Command += " " + ShellWord(name+"="+s.Labels[name])
	}
	return r
}

var plainWord = regexp.MustCompile(`^[A-Za-z0-9_.:/=@%+,-]+$`)

// ShellWord quotes s if a shell would not read it as one word.
func ShellWord(s string) string {
	if plainWord.MatchString(s) {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
