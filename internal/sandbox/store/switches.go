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

// Switches decide what Alert24's documentation leaves open. The zero value is not valid; start from DefaultSwitches.
// The JSON names are those of the admin route and, with dashes, of the program's flags.
type Switches struct {
	CreateStatus        int           `json:"create_status"`
	AliasHit            string        `json:"alias_hit"`
	AliasHitStatus      int           `json:"alias_hit_status"`
	OpenMeans           string        `json:"open_means"`
	AliasHitClosed      string        `json:"alias_hit_closed"`
	AliasResolve        string        `json:"alias_resolve"`
	AliasResolveNone    string        `json:"alias_resolve_none"`
	AliasInResponses    bool          `json:"alias_in_responses"`
	AliasFilter         bool          `json:"alias_filter"`
	InfoSeverity        bool          `json:"info_severity"`
	RestrictSource      bool          `json:"restrict_source"`
	SetResolvedAt       bool          `json:"set_resolved_at"`
	ResolvedBeforeStart string        `json:"resolved_before_start"`
	IncidentsScope      bool          `json:"incidents_scope"`
	OverLong            string        `json:"over_long"`
	UnknownFields       string        `json:"unknown_fields"`
	RefusedFields       []string      `json:"refused_fields"`
	StripMarkup         bool          `json:"strip_markup"`
	NonAtomicCreate     time.Duration `json:"non_atomic_create"`
	RateLimit           float64       `json:"rate_limit"`
	RateLimitRetryAfter time.Duration `json:"rate_limit_retry_after"`
	Latency             time.Duration `json:"latency"`
}

// Values of the switches that have names.
const (
	Merge     = "merge"
	Unchanged = "unchanged"
	NotClosed = "not_closed"
	Active    = "active"
	Another   = "new"
	Reopen    = "reopen"
	Update    = "update"
	Resolve   = "resolve"
	Ignore    = "ignore"
	Refuse    = "refuse"
	Create    = "create"
	NotFound  = "not_found"
	NoOp      = "noop"
	Accept    = "accept"
	Error     = "error"
)

// DefaultSwitches is the reading of the documentation that we think most likely.
func DefaultSwitches() Switches {
	return Switches{
		CreateStatus: 201, AliasHit: Merge, AliasHitStatus: 200, OpenMeans: NotClosed, AliasHitClosed: Another,
		AliasResolve: Resolve, AliasResolveNone: Create, ResolvedBeforeStart: Refuse, OverLong: Error,
		UnknownFields: Ignore, RefusedFields: []string{},
	}
}

// Switch describes one switch to people.
type Switch struct {
	Name   string
	Kind   string   // word, number, duration, list, bool
	Values []string // the default first; empty when any value of the kind is allowed
	Help   string
}

// SwitchList is every switch, in the order of the struct.
var SwitchList = []Switch{
	{Name: "create_status", Kind: "number", Values: []string{"201", "200"}, Help: "status of a create"},
	{Name: "alias_hit", Kind: "word", Values: []string{Merge, Unchanged}, Help: "what a create does to the open incident of its alias"},
	{Name: "alias_hit_status", Kind: "number", Values: []string{"200", "201"}, Help: "status of a create that met an open incident"},
	{Name: "open_means", Kind: "word", Values: []string{NotClosed, Active}, Help: "which incidents a create can meet: all but resolved and postmortem, or the acknowledged ones left out as well"},
	{Name: "alias_hit_closed", Kind: "word", Values: []string{Another, Reopen, Update}, Help: "what a create does when the alias has closed incidents only: a new one, reopen the last, or update the last and leave it closed"},
	{Name: "alias_resolve", Kind: "word", Values: []string{Resolve, Ignore, Refuse}, Help: "a create with status resolved that met an open incident"},
	{Name: "alias_resolve_none", Kind: "word", Values: []string{Create, NotFound, NoOp}, Help: "a create with an alias and status resolved that met none: create a resolved one, 404, or 200 and nothing"},
	{Name: "alias_in_responses", Kind: "bool", Help: "incidents in answers carry their alias and labels"},
	{Name: "alias_filter", Kind: "bool", Help: "the list honours ?alias= instead of ignoring it"},
	{Name: "info_severity", Kind: "bool", Help: "severity info is accepted"},
	{Name: "restrict_source", Kind: "bool", Help: "source must be manual, monitoring or api"},
	{Name: "set_resolved_at", Kind: "bool", Help: "an update to resolved without resolved_at sets it"},
	{Name: "resolved_before_start", Kind: "word", Values: []string{Refuse, Accept, Error}, Help: "resolved_at before started_at: 400, accepted, or 500"},
	{Name: "incidents_scope", Kind: "bool", Help: "keys with the scope incidents may create"},
	{Name: "over_long", Kind: "word", Values: []string{Error, Refuse, Accept}, Help: "title or alias over 255 characters, source over 50: 500, 400, or accepted"},
	{Name: "unknown_fields", Kind: "word", Values: []string{Ignore, Refuse}, Help: "fields that the reference does not list (labels is one): ignored (labels are kept), or 400"},
	{Name: "refused_fields", Kind: "list", Help: "comma-separated optional fields that give a 400 naming them, such as labels,tags,source"},
	{Name: "strip_markup", Kind: "bool", Help: "script and iframe tags, javascript: and on...= leave title, description and impact_description"},
	{Name: "non_atomic_create", Kind: "duration", Help: "time between looking for the alias and creating: simultaneous creates with one alias all make an incident; 0 for atomic"},
	{Name: "rate_limit", Kind: "number", Help: "requests per second, with a burst of one second's worth; 0 for none"},
	{Name: "rate_limit_retry_after", Kind: "duration", Help: "Retry-After on what the rate limit refuses; 0 for no header"},
	{Name: "latency", Kind: "duration", Help: "added to every API request"},
}

// Validate names the first switch whose value is not allowed.
func (s *Switches) Validate() error {
	var values map[string]jsontext.Value
	b, err := json.Marshal(s, JSON)
	if err == nil {
		err = json.Unmarshal(b, &values)
	}
	if err != nil {
		return err
	}
	for _, w := range SwitchList {
		v := strings.Trim(string(values[w.Name]), `"`)
		if len(w.Values) > 0 && !slices.Contains(w.Values, v) {
			return fmt.Errorf("%s must be one of %s, not %q", w.Name, strings.Join(w.Values, ", "), v)
		}
	}
	for _, f := range s.RefusedFields {
		if !slices.Contains(optionalFields, f) {
			return fmt.Errorf("refused_fields: %q is none of %s", f, strings.Join(optionalFields, ", "))
		}
	}
	if s.NonAtomicCreate < 0 || s.RateLimitRetryAfter < 0 || s.Latency < 0 || s.RateLimit < 0 {
		return errors.New("non_atomic_create, rate_limit, rate_limit_retry_after and latency must not be negative")
	}
	return nil
}

// Set changes one switch from text, as a flag gives it. It does not validate.
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

// Patch changes the switches that a JSON object names. It does not validate.
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
