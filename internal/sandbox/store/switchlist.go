// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package store

import "strings"

// Switch describes one switch for people.
type Switch struct {
	Name   string
	Kind   string   // word, number, duration, list, bool
	Values []string // the default first; empty if any value of the kind is allowed
	Help   string
}

// Default returns the default value as text; empty for false, 0 and an empty list.
func (w *Switch) Default() string {
	sw := DefaultSwitches()
	values, err := sw.values()
	if err != nil {
		panic(err) // a struct of plain fields
	}
	switch text := strings.Trim(string(values[w.Name]), `"`); text {
	case "0", "0s", "[]", "false":
		return ""
	default:
		return text
	}
}

func word(name, help string, values ...string) Switch {
	return Switch{Name: name, Kind: "word", Values: values, Help: help}
}

func flag(name, help string) Switch { return Switch{Name: name, Kind: "bool", Help: help} }

func duration(name, help string) Switch { return Switch{Name: name, Kind: "duration", Help: help} }

// SwitchList has every switch, in the order of the struct.
var SwitchList = []Switch{
	{Name: "create_status", Kind: "number", Values: []string{"201", "200"}, Help: "status of a create"},
	word("alias_hit", "what a create does to the open incident of its alias: only count it, or update the incident", Unchanged, Merge),
	{Name: "alias_hit_status", Kind: "number", Values: []string{"200", "201"}, Help: "status of a create that met an open incident"},
	word("alias_hit_envelope", "envelope of the answer to such a create, if not that of the switch envelope", Same, Data, DataIncident, BareIncident),
	word("deduplicated_in", "where the answer says deduplicated: true if the incident stayed unchanged", Top, InData, InMeta, Absent),
	word("open_means", "which incidents a create can meet: all but resolved and postmortem, all but resolved, or only those that are neither closed nor acknowledged", NotClosed, NotResolved, Active),
	word("alias_hit_closed", "what a create does if all incidents of its alias are closed: open a new one, reopen the last, or update the last and leave it closed", Another, Reopen, Update),
	word("alias_resolve", "what status resolved in a create does to the open incident of its alias: nothing, close it, or 400", Ignore, Resolve, Refuse),
	word("alias_resolve_none", "a create with an alias and status resolved that met no open incident: create a closed one, 404, or 200 and nothing", Create, NotFound, NoOp),
	flag("alias_in_responses", "incidents in answers carry alias, labels and dedup_count"),
	flag("alias_filter", "the list honours ?alias= instead of ignoring it"),

	word("envelope", "envelope of one incident: {data}, {data: {incident}} or {incident}", Data, DataIncident, BareIncident),
	word("put_answer", "answer to an update: the incident, {\"success\": true}, or 204", TheIncident, Success, NoContent),
	word("close_closed", "closing what is closed: accepted, or 400", Accept, Refuse),
	word("tags_as_text", "tags and affected_services in answers as text: no, a JSON array in a string, or comma-separated", No, JSONText, CommaText),
	flag("sqlite_times", "times in answers as 2026-03-19 14:30:00, in UTC"),
	word("row_times", "times in rows of the list; mixed: every second incident's are unreadable", Readable, Unreadable, Null, Mixed),
	word("row_order", "order of the list: newest first, last updated first, or oldest first", Newest, LastUpdated, Oldest),
	flag("bare_rows", "rows of the list carry neither alias nor labels nor tags"),

	flag("info_severity", "severity info is accepted"),
	flag("informational_severity", "severity informational is accepted"),
	flag("restrict_source", "source must be manual, monitoring or api"),
	flag("set_resolved_at", "an update to resolved without resolved_at sets it"),
	word("resolved_before_start", "resolved_at before started_at: 400, accepted, or 500", Refuse, Accept, Error),
	word("over_long", "title or alias over 255 characters, source over 50: accepted, 400, or 500", Accept, Refuse, Error),
	word("unknown_fields", "fields of a create that the reference does not list (labels is one): ignored (labels are kept), or 400", Ignore, Refuse),
	word("unknown_fields_put", "such fields in an update: ignored (labels are kept), 400, or 500", Ignore, Refuse, Error),
	word("array_fields_put", "tags and affected_services in an update: accepted, or 500", Accept, Error),
	{Name: "refused_fields", Kind: "list", Help: "comma-separated optional fields that are refused with a 400 that names them, such as labels,tags,source"},
	flag("strip_markup", "remove script and iframe tags, javascript: and on...= from title, description and impact_description"),

	word("pages_on", "which incidents would page people when they are created: those with status new, or any", OnNew, OnAny),
	flag("updates_page", "an update that raises the severity to high or critical would page as well"),

	flag("incidents_scope", "keys with the scope incidents may create"),
	duration("non_atomic_create", "time between looking for the alias and inserting: creates of one alias at the same time all make an incident; 0 for atomic"),
	{Name: "rate_limit", Kind: "number", Help: "requests of one key in rate_limit_window; Alert24 plans 1000; 0 for no limit"},
	duration("rate_limit_window", "the window of rate_limit; it slides"),
	flag("rate_limit_counts_refused", "calls that the rate limit refuses count as well"),
	duration("rate_limit_retry_after", "Retry-After on what the rate limit refuses; 0 for no header"),
	duration("latency", "added to every API request"),
}
