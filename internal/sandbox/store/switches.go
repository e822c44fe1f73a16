// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package store

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Switches decide what is unknown outside Alert24 about its API. The zero value is not valid; start from DefaultSwitches. The JSON
// names are used by the admin route and, with dashes, by the program's flags. The other tags are for SwitchList: the help, the allowed
// values with the default first, and the default of a switch that takes any value.
type Switches struct {
	CreateStatus     int    `json:"create_status" values:"201,200" help:"status of a create"`
	AliasHit         string `json:"alias_hit" values:"unchanged,merge" help:"what a create does to the open incident of its alias: only count it, or update the incident"`
	AliasHitStatus   int    `json:"alias_hit_status" values:"200,201" help:"status of a create that met an open incident"`
	AliasHitEnvelope string `json:"alias_hit_envelope" values:"same,data,data_incident,incident" help:"envelope of the answer to such a create, if not that of the switch envelope"`
	DeduplicatedIn   string `json:"deduplicated_in" values:"top,data,meta,absent" help:"where the answer says deduplicated: true if the incident stayed unchanged"`
	OpenMeans        string `json:"open_means" values:"not_closed,not_resolved,active" help:"which incidents a create can meet: all but resolved and postmortem, all but resolved, or only those that are neither closed nor acknowledged"`
	AliasHitClosed   string `json:"alias_hit_closed" values:"new,reopen,update" help:"what a create does if all incidents of its alias are closed: open a new one, reopen the last, or update the last and leave it closed"`
	AliasResolve     string `json:"alias_resolve" values:"ignore,resolve,refuse" help:"what status resolved in a create does to the open incident of its alias: nothing, close it, or 400"`
	AliasResolveNone string `json:"alias_resolve_none" values:"create,not_found,noop" help:"a create with an alias and status resolved that met no open incident: create a closed one, 404, or 200 and nothing"`
	AliasInResponses bool   `json:"alias_in_responses" help:"incidents in answers carry alias, labels and dedup_count"`
	AliasFilter      bool   `json:"alias_filter" help:"the list honours ?alias= instead of ignoring it"`

	Envelope    string `json:"envelope" values:"data,data_incident,incident" help:"envelope of one incident: {data}, {data: {incident}} or {incident}"`
	PutAnswer   string `json:"put_answer" values:"incident,success,no_content" help:"answer to an update: the incident, {\"success\": true}, or 204"`
	CloseClosed string `json:"close_closed" values:"accept,refuse" help:"a close of a closed incident: accepted, or 400"`
	TagsAsText  string `json:"tags_as_text" values:"no,json,comma" help:"tags and affected_services in answers as text: no, a JSON array in a string, or comma-separated"`
	SQLiteTimes bool   `json:"sqlite_times" help:"times in answers as 2026-03-19 14:30:00, in UTC"`
	RowTimes    string `json:"row_times" values:"readable,unreadable,null,mixed" help:"times in rows of the list; mixed: every second incident's are unreadable"`
	RowOrder    string `json:"row_order" values:"newest,updated,oldest" help:"order of the list: newest first, last updated first, or oldest first"`
	BareRows    bool   `json:"bare_rows" help:"rows of the list carry neither alias nor labels nor tags"`

	InfoSeverity          bool     `json:"info_severity" help:"severity info is accepted"`
	InformationalSeverity bool     `json:"informational_severity" help:"severity informational is accepted"`
	RestrictSource        bool     `json:"restrict_source" help:"source must be manual, monitoring or api"`
	SetResolvedAt         bool     `json:"set_resolved_at" help:"an update to resolved without resolved_at sets it"`
	ResolvedBeforeStart   string   `json:"resolved_before_start" values:"refuse,accept,error" help:"resolved_at before started_at: 400, accepted, or 500"`
	OverLong              string   `json:"over_long" values:"accept,refuse,error" help:"title or alias over 255 characters, source over 50: accepted, 400, or 500"`
	UnknownFields         string   `json:"unknown_fields" values:"ignore,refuse" help:"fields of a create that the reference does not list (labels is one): ignored (labels are kept), or 400"`
	UnknownFieldsPut      string   `json:"unknown_fields_put" values:"ignore,refuse,error" help:"such fields in an update: ignored (labels are kept), 400, or 500"`
	ArrayFieldsPut        string   `json:"array_fields_put" values:"accept,error" help:"tags and affected_services in an update: accepted, or 500"`
	RefusedFields         []string `json:"refused_fields" help:"comma-separated optional fields that are refused with a 400 that names them, such as labels,tags,source"`
	StripMarkup           bool     `json:"strip_markup" help:"remove script and iframe tags, javascript: and on...= from title, description and impact_description"`

	PagesOn     string `json:"pages_on" values:"new,any" help:"which incidents would page people when they are created: those with status new, or any"`
	UpdatesPage bool   `json:"updates_page" help:"an update that raises the severity to high or critical would page as well"`

	IncidentsScope         bool          `json:"incidents_scope" help:"keys with the scope incidents may create"`
	NonAtomicCreate        time.Duration `json:"non_atomic_create" default:"20ms" help:"time between looking for the alias and inserting: creates of one alias at the same time all make an incident; 0 for atomic"`
	RateLimit              int           `json:"rate_limit" help:"requests of one key in rate_limit_window; Alert24 plans 1000; 0 for no limit"`
	RateLimitWindow        time.Duration `json:"rate_limit_window" default:"1m0s" help:"the window of rate_limit; it slides"`
	RateLimitCountsRefused bool          `json:"rate_limit_counts_refused" help:"calls that the rate limit refuses count as well"`
	RateLimitRetryAfter    time.Duration `json:"rate_limit_retry_after" help:"Retry-After of calls that the rate limit refuses; 0 for no header"`
	Latency                time.Duration `json:"latency" help:"added to every API request"`
}

// Values of switches that the code asks for.
const (
	Merge       = "merge"
	Unchanged   = "unchanged"
	Top         = "top"
	InData      = "data"
	InMeta      = "meta"
	Absent      = "absent"
	NotClosed   = "not_closed"
	NotResolved = "not_resolved"
	Active      = "active"
	Another     = "new"
	Reopen      = "reopen"
	Update      = "update"
	Resolve     = "resolve"
	Ignore      = "ignore"
	Refuse      = "refuse"
	NotFound    = "not_found"
	NoOp        = "noop"
	Accept      = "accept"
	Error       = "error"

	Same         = "same"
	Data         = "data"
	DataIncident = "data_incident"
	BareIncident = "incident"

	TheIncident = "incident"
	Success     = "success"
	NoContent   = "no_content"

	JSONText  = "json"
	CommaText = "comma"

	Readable   = "readable"
	Unreadable = "unreadable"
	Null       = "null"
	Mixed      = "mixed"

	LastUpdated = "updated"
	Oldest      = "oldest"

	OnAny = "any"
)

// DefaultSwitches is the most likely reading of Alert24's public tracker and documentation.
func DefaultSwitches() Switches {
	s := Switches{RefusedFields: []string{}}
	for _, w := range SwitchList {
		if w.Default == "" {
			continue
		}
		if err := s.Set(w.Name, w.Default); err != nil {
			panic(err) // the tags of Switches are constant
		}
	}
	return s
}

// maxRateLimit bounds the requests remembered for each key.
const maxRateLimit = 1_000_000

// Validate names the first switch whose value is not allowed.
func (s *Switches) Validate() error {
	var values map[string]jsontext.Value
	doc, err := json.Marshal(s, JSON)
	if err == nil {
		err = json.Unmarshal(doc, &values)
	}
	if err != nil {
		return err
	}
	for _, w := range SwitchList {
		v := strings.Trim(string(values[w.Name]), `"`)
		if len(w.Values) > 0 && !slices.Contains(w.Values, v) {
			return fmt.Errorf("%s must be one of %s, not %q", w.Name, strings.Join(w.Values, ", "), v)
		}
		if strings.HasPrefix(v, "-") {
			return fmt.Errorf("%s must not be negative", w.Name)
		}
	}
	for _, f := range s.RefusedFields {
		if !slices.Contains(optionalFields, f) {
			return fmt.Errorf("refused_fields: %q is none of %s", f, strings.Join(optionalFields, ", "))
		}
	}
	switch {
	case s.RateLimitWindow == 0:
		return errors.New("rate_limit_window must be above 0")
	case s.RateLimit > maxRateLimit:
		return fmt.Errorf("rate_limit must be at most %d", maxRateLimit)
	}
	return nil
}

// Set changes one switch to the value of a flag. It does not validate.
func (s *Switches) Set(name, value string) error {
	at := slices.IndexFunc(SwitchList, func(w Switch) bool { return w.Name == name })
	if at < 0 {
		return fmt.Errorf("there is no switch %q", name)
	}
	var v any = value
	switch SwitchList[at].Kind {
	case "number", "bool":
		v = jsontext.Value(value)
	case "list":
		v = strings.FieldsFunc(value, func(r rune) bool { return r == ',' || r == ' ' })
	}
	doc, err := json.Marshal(map[string]any{name: v})
	if err == nil {
		err = s.Patch(doc)
	}
	if err != nil {
		return fmt.Errorf("%s must be a %s, not %q", name, SwitchList[at].Kind, value)
	}
	return nil
}

// Patch changes the switches named in a JSON object. It does not validate.
func (s *Switches) Patch(doc []byte) error {
	next := *s
	next.RefusedFields = nil
	if err := json.Unmarshal(doc, &next, JSON, json.RejectUnknownMembers(true)); err != nil {
		return err
	}
	if next.RefusedFields == nil {
		next.RefusedFields = s.RefusedFields
	}
	*s = next
	return nil
}
