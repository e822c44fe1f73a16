// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package store

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/alert24/otelcol-alert24/internal/text"
)

// Patch has the fields of a request about an incident. A nil pointer means that the field was not sent.
type Patch struct {
	Title             *string
	Description       *string
	Severity          *string
	Status            *string
	Alias             *string
	Source            *string
	ImpactDescription *string
	AssignedTo        *string
	AffectedServices  *[]string
	Tags              *[]string
	Labels            *map[string]string
	// A zero time stands for null.
	AcknowledgedAt *time.Time
	ResolvedAt     *time.Time
}

// fields has the decoder of each known field. The reference does not list labels.
var fields = map[string]func(*Patch, jsontext.Value) error{
	"title":              func(p *Patch, v jsontext.Value) error { return decode(&p.Title, v, "a string") },
	"description":        func(p *Patch, v jsontext.Value) error { return decode(&p.Description, v, "a string") },
	"severity":           func(p *Patch, v jsontext.Value) error { return decode(&p.Severity, v, "a string") },
	"status":             func(p *Patch, v jsontext.Value) error { return decode(&p.Status, v, "a string") },
	"alias":              func(p *Patch, v jsontext.Value) error { return decode(&p.Alias, v, "a string") },
	"source":             func(p *Patch, v jsontext.Value) error { return decode(&p.Source, v, "a string") },
	"impact_description": func(p *Patch, v jsontext.Value) error { return decode(&p.ImpactDescription, v, "a string") },
	"assigned_to":        func(p *Patch, v jsontext.Value) error { return decode(&p.AssignedTo, v, "a string") },
	"affected_services":  func(p *Patch, v jsontext.Value) error { return decode(&p.AffectedServices, v, "an array of strings") },
	"tags":               func(p *Patch, v jsontext.Value) error { return decode(&p.Tags, v, "an array of strings") },
	"labels":             func(p *Patch, v jsontext.Value) error { return decode(&p.Labels, v, "an object of strings") },
	"acknowledged_at":    func(p *Patch, v jsontext.Value) error { return decode(&p.AcknowledgedAt, v, "an ISO 8601 time") },
	"resolved_at":        func(p *Patch, v jsontext.Value) error { return decode(&p.ResolvedAt, v, "an ISO 8601 time") },
}

const undocumentedField = "labels"

// optionalFields can be named in Switches.RefusedFields.
var optionalFields = []string{
	"labels", "tags", "source", "affected_services", "assigned_to", "impact_description", "description", "resolved_at",
}

func decode[T any](field **T, v jsontext.Value, want string) error {
	var value T // null leaves the zero value
	if err := json.Unmarshal(v, &value, JSON); err != nil {
		return fmt.Errorf("must be %s", want)
	}
	*field = &value
	return nil
}

// Body is the decoded body of a request, before any switch applies.
type Body struct {
	patch   Patch
	members map[string]jsontext.Value
	names   []string // sorted, so that the same body always gets the same message
	wrong   error    // not a JSON object, or the first field of a wrong type
}

// Decode reads a request's body. The Patch methods report its errors.
func Decode(body []byte) *Body {
	var members map[string]jsontext.Value
	if err := json.Unmarshal(body, &members); err != nil || members == nil {
		return &Body{wrong: invalid("Invalid JSON in request body")}
	}
	b := &Body{members: members, names: slices.Sorted(maps.Keys(members))}
	for _, name := range b.names {
		field, known := fields[name]
		if !known {
			continue
		}
		if err := field(&b.patch, members[name]); err != nil && b.wrong == nil {
			b.wrong = invalid("%s %w", name, err)
		}
	}
	return b
}

// ForCreate returns the patch of a create. The error is a validation error that names the field.
func (b *Body) ForCreate(sw *Switches) (Patch, error) { return b.check(sw, sw.UnknownFields) }

// ForUpdate returns the patch of an update. The error is a validation error, or a server error without details.
func (b *Body) ForUpdate(sw *Switches) (Patch, error) {
	if sw.ArrayFieldsPut == Error && (b.patch.Tags != nil || b.patch.AffectedServices != nil) {
		return Patch{}, unexpected()
	}
	return b.check(sw, sw.UnknownFieldsPut)
}

func (b *Body) check(sw *Switches, unknownFields string) (Patch, error) {
	for _, name := range b.names {
		if slices.Contains(sw.RefusedFields, name) {
			return Patch{}, invalid("%s is not allowed", name)
		}
		if _, known := fields[name]; known && name != undocumentedField {
			continue
		}
		switch unknownFields {
		case Refuse:
			return Patch{}, invalid("unknown field: %s", name)
		case Error:
			return Patch{}, unexpected()
		}
	}
	return b.patch, b.wrong
}

// Field returns the JSON of a field, or "" if the body has no such field.
func (b *Body) Field(name string) string { return string(b.members[name]) }

// Alias returns the alias in the body, or "", even if the body has other errors.
func (b *Body) Alias() string {
	if b.patch.Alias == nil {
		return ""
	}
	return *b.patch.Alias
}

// Closes reports whether the body has a status that closes the incident, even if the body has other errors.
func (b *Body) Closes() bool { return b.patch.Status != nil && Closed(*b.patch.Status) }

// lengths are the widths of the database columns in Alert24's published source, in characters.
var lengths = []struct {
	name  string
	limit int
	value func(*Patch) *string
}{
	{"title", 255, func(p *Patch) *string { return p.Title }},
	{"alias", 255, func(p *Patch) *string { return p.Alias }},
	{"source", 50, func(p *Patch) *string { return p.Source }},
}

// check refuses values that the API refuses in any state of the incident.
func (p *Patch) check(sw *Switches, create bool) error {
	if (create && p.Title == nil) || (p.Title != nil && strings.TrimSpace(*p.Title) == "") {
		return invalid("title is required")
	}
	if p.Severity != nil {
		if err := sw.checkSeverity(*p.Severity); err != nil {
			return err
		}
	}
	if p.Status != nil && !slices.Contains(Statuses, *p.Status) {
		return invalid("status must be one of: %s", strings.Join(Statuses, ", "))
	}
	if p.Source != nil && sw.RestrictSource && !slices.Contains(sources, *p.Source) {
		return invalid("source must be one of: %s", strings.Join(sources, ", "))
	}
	for _, l := range lengths {
		v := l.value(p)
		if v == nil || sw.OverLong == Accept || len(*v) <= l.limit || len([]rune(*v)) <= l.limit {
			continue
		}
		if sw.OverLong == Error {
			return unexpected()
		}
		return invalid("%s must be at most %d characters", l.name, l.limit)
	}
	return nil
}

func (s *Switches) checkSeverity(severity string) error {
	if slices.Contains(Severities, severity) || (severity == SeverityInfo && s.InfoSeverity) ||
		(severity == SeverityInformational && s.InformationalSeverity) {
		return nil
	}
	return invalid("severity must be one of: %s", strings.Join(Severities, ", "))
}

var sources = []string{"manual", "monitoring", "api"}

// merge applies the fields that were sent and returns the changed values. The alias never changes.
func merge(i *Incident, p Patch, strip bool) []Change {
	stripped := func(sent *string) *string {
		if sent == nil || !strip {
			return sent
		}
		return new(markup.ReplaceAllString(*sent, ""))
	}
	itself := func(s string) string { return s }
	joined := func(list []string) string { return strings.Join(list, ", ") }
	var changes []Change
	put(&changes, "status", &i.Status, p.Status, itself)
	put(&changes, "severity", &i.Severity, p.Severity, itself)
	put(&changes, "title", &i.Title, stripped(p.Title), itself)
	put(&changes, "description", &i.Description, stripped(p.Description), itself)
	put(&changes, "impact_description", &i.ImpactDescription, stripped(p.ImpactDescription), itself)
	put(&changes, "assigned_to", &i.AssignedTo, p.AssignedTo, itself)
	put(&changes, "source", &i.Source, p.Source, itself)
	put(&changes, "tags", &i.Tags, p.Tags, joined)
	put(&changes, "affected_services", &i.AffectedServices, p.AffectedServices, joined)
	put(&changes, "labels", &i.Labels, p.Labels, pairs)
	put(&changes, "acknowledged_at", &i.AcknowledgedAt, p.AcknowledgedAt, Stamp)
	put(&changes, "resolved_at", &i.ResolvedAt, p.ResolvedAt, Stamp)
	return changes
}

// put replaces a value by the one that was sent, if any, and notes a change of its text.
func put[T any](changes *[]Change, field string, value, sent *T, show func(T) string) {
	if sent == nil {
		return
	}
	if from, to := show(*value), show(*sent); from != to {
		*changes = append(*changes, Change{field, text.Cut(from, maxChangeRunes), text.Cut(to, maxChangeRunes)})
	}
	*value = *sent
}

// markup matches what Alert24's published source removes from texts.
var markup = regexp.MustCompile(`(?is)<script\b.*?</script>|</?(?:script|iframe)\b[^>]*>|javascript:|\bon\w+\s*=`)

// Stamp formats a time as the API does; the zero time is empty.
func Stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(timestamp)
}

func pairs(labels map[string]string) string {
	var all []string
	for _, name := range slices.Sorted(maps.Keys(labels)) {
		all = append(all, name+"="+labels[name])
	}
	return strings.Join(all, ", ")
}
