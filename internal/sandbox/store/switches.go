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
// names are used by the admin route and, with dashes, by the program's flags. SwitchList describes each switch.
type Switches struct {
	CreateStatus     int    `json:"create_status"`
	AliasHit         string `json:"alias_hit"`
	AliasHitStatus   int    `json:"alias_hit_status"`
	AliasHitEnvelope string `json:"alias_hit_envelope"`
	DeduplicatedIn   string `json:"deduplicated_in"`
	OpenMeans        string `json:"open_means"`
	AliasHitClosed   string `json:"alias_hit_closed"`
	AliasResolve     string `json:"alias_resolve"`
	AliasResolveNone string `json:"alias_resolve_none"`
	AliasInResponses bool   `json:"alias_in_responses"`
	AliasFilter      bool   `json:"alias_filter"`

	Envelope    string `json:"envelope"`
	PutAnswer   string `json:"put_answer"`
	CloseClosed string `json:"close_closed"`
	TagsAsText  string `json:"tags_as_text"`
	SQLiteTimes bool   `json:"sqlite_times"`
	RowTimes    string `json:"row_times"`
	RowOrder    string `json:"row_order"`
	BareRows    bool   `json:"bare_rows"`

	InfoSeverity          bool     `json:"info_severity"`
	InformationalSeverity bool     `json:"informational_severity"`
	RestrictSource        bool     `json:"restrict_source"`
	SetResolvedAt         bool     `json:"set_resolved_at"`
	ResolvedBeforeStart   string   `json:"resolved_before_start"`
	OverLong              string   `json:"over_long"`
	UnknownFields         string   `json:"unknown_fields"`
	UnknownFieldsPut      string   `json:"unknown_fields_put"`
	ArrayFieldsPut        string   `json:"array_fields_put"`
	RefusedFields         []string `json:"refused_fields"`
	StripMarkup           bool     `json:"strip_markup"`

	PagesOn     string `json:"pages_on"`
	UpdatesPage bool   `json:"updates_page"`

	IncidentsScope         bool          `json:"incidents_scope"`
	NonAtomicCreate        time.Duration `json:"non_atomic_create"`
	RateLimit              int           `json:"rate_limit"`
	RateLimitWindow        time.Duration `json:"rate_limit_window"`
	RateLimitCountsRefused bool          `json:"rate_limit_counts_refused"`
	RateLimitRetryAfter    time.Duration `json:"rate_limit_retry_after"`
	Latency                time.Duration `json:"latency"`
}

// Named values of switches.
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
	Create      = "create"
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

	No        = "no"
	JSONText  = "json"
	CommaText = "comma"

	Readable   = "readable"
	Unreadable = "unreadable"
	Null       = "null"
	Mixed      = "mixed"

	Newest      = "newest"
	LastUpdated = "updated"
	Oldest      = "oldest"

	OnNew = "new"
	OnAny = "any"
)

// DefaultSwitches is the most likely reading of Alert24's public tracker and documentation.
func DefaultSwitches() Switches {
	return Switches{
		CreateStatus: 201, AliasHit: Unchanged, AliasHitStatus: 200, AliasHitEnvelope: Same, DeduplicatedIn: Top, OpenMeans: NotClosed,
		AliasHitClosed: Another, AliasResolve: Ignore, AliasResolveNone: Create, Envelope: Data, PutAnswer: TheIncident,
		CloseClosed: Accept, TagsAsText: No, RowTimes: Readable, RowOrder: Newest, ResolvedBeforeStart: Refuse, OverLong: Accept,
		UnknownFields: Ignore, UnknownFieldsPut: Ignore, ArrayFieldsPut: Accept, RefusedFields: []string{}, PagesOn: OnNew,
		NonAtomicCreate: 20 * time.Millisecond, RateLimitWindow: time.Minute,
	}
}

// maxRateLimit bounds the requests remembered for each key.
const maxRateLimit = 1_000_000

// Validate names the first switch whose value is not allowed.
func (s *Switches) Validate() error {
	values, err := s.values()
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

func (s *Switches) values() (map[string]jsontext.Value, error) {
	var values map[string]jsontext.Value
	b, err := json.Marshal(s, JSON)
	if err == nil {
		err = json.Unmarshal(b, &values)
	}
	return values, err
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
