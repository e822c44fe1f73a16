// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alert24

import (
	"errors"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/alert24/otelcol-alert24/internal/incident"
	"github.com/alert24/otelcol-alert24/internal/labels"
	"github.com/alert24/otelcol-alert24/internal/protocol"
)

// Optional fields are those that an incident can do without. If the API refuses one by name, the client leaves it out:
//
//   - for the incident of one alias, while the field has the refused value and no new incident is created. The value may be
//     wrong, such as the id of a service that does not exist;
//   - for all incidents until the process ends, if one of these is true: the refusal says that the field does not exist; the field has
//     the same value for every incident; the API refused it for two aliases with two values and has never accepted it.
//
// A refusal counts only if the API then accepts the call without the field, or if the call has no other field. Otherwise the message
// may just quote the name of the field from a title.

// Dropped is an optional field that is left out because the API refused it.
type Dropped struct {
	// Alias is the alias whose incident lacks the field; "" means all.
	Alias string
	Field string
	// Err is the refusal.
	Err error
}

// field is a field of a body: for an optional one, its index in optionalFields and its bit in a set.
type field int

type fieldSet uint16

const (
	fieldLabels field = iota
	fieldTags
	fieldSource
	fieldServices
	fieldAssignedTo
	fieldImpact
	fieldStatus
	numOptional

	fieldTitle       = numOptional
	fieldDescription = numOptional + 1
	fieldSeverity    = numOptional + 2
)

var optionalFields = [numOptional]string{
	"labels", "tags", "source", "affected_services", "assigned_to", "impact_description", "status",
}

// fieldOf has the fields of bodies by those of package incident.
var fieldOf = [incident.NumFields]field{
	incident.FieldTitle: fieldTitle, incident.FieldDescription: fieldDescription, incident.FieldSeverity: fieldSeverity,
	incident.FieldTags: fieldTags, incident.FieldServices: fieldServices, incident.FieldImpact: fieldImpact, incident.FieldLabels: fieldLabels,
}

// constant has the fields that the configuration sets to one value for all incidents.
const constant fieldSet = 1<<fieldSource | 1<<fieldStatus

// anyField is a pattern that matches the name of any optional field.
var anyField = strings.Join(optionalFields[:], "|")

// word finds names of optional fields as whole words: "source_id" does not name "source".
var word = regexp.MustCompile(`\b(` + anyField + `)\b`)

// noField finds messages that say that the API does not have a field at all.
var noField = regexp.MustCompile(`(?i)\b(?:unknown|unsupported|unrecogni[sz]ed|unexpected) (?:field|property|parameter|attribute|column|key)s?\b|` +
	`\bno such column\b|^\W*(?:` + anyField + `)\W* is not (?:allowed|supported|known)\b`)

// at returns a pointer to field f of w.
func (w *write) at(f field) any {
	return [...]any{
		fieldLabels: &w.Labels, fieldTags: &w.Tags, fieldSource: &w.Source, fieldServices: &w.AffectedServices,
		fieldAssignedTo: &w.AssignedTo, fieldImpact: &w.ImpactDescription, fieldStatus: &w.Status,
		fieldTitle: &w.Title, fieldDescription: &w.Description, fieldSeverity: &w.Severity,
	}[f]
}

// value returns the hash of the value of f in w; 0 if it is empty.
func (w *write) value(f field) uint64 {
	switch at := w.at(f).(type) {
	case *labels.Set:
		return incident.HashLabels(*at)
	case *[]string:
		return incident.HashList(*at)
	default:
		return incident.HashText(*at.(*string)) //nolint:forcetypeassert // at has no other
	}
}

// clear empties f in w.
func (w *write) clear(f field) {
	switch at := w.at(f).(type) {
	case *labels.Set:
		*at = nil
	case *[]string:
		*at = nil
	case *string:
		*at = ""
	}
}

// empty reports whether nothing is left to write about the incident's content.
func (w *write) empty() bool { return w.fields() == 0 }

// refusedField returns the first optional field of w that the refusal err names. Only the first counts, because a message may go on
// to list the allowed fields.
func (w *write) refusedField(err error) (field, bool) {
	e, ok := errors.AsType[*Error](err)
	if !ok || e.Result != protocol.Refused || (e.Status != http.StatusBadRequest && e.Status != http.StatusUnprocessableEntity) {
		return 0, false
	}
	for _, name := range word.FindAllString(e.Message, -1) {
		if f := field(slices.Index(optionalFields[:], name)); w.value(f) != 0 {
			return f, true
		}
	}
	return 0, false
}

// refusal is a field that a call left out, its value, and the error that named it.
type refusal struct {
	field field
	value uint64
	err   error
}

// maxDropAliases bounds the aliases whose dropped fields are remembered.
const maxDropAliases = 10_000

// drops remembers what the API refused.
type drops struct {
	report func(Dropped)

	mu      sync.Mutex
	all     fieldSet // left out for all
	taken   fieldSet // taken at least once
	first   [numOptional]refusedBy
	aliases map[uint64]map[field]uint64 // by the alias's hash, the values that were refused
}

// refusedBy is the first refusal of a field; a zero value means that there was none.
type refusedBy struct{ alias, value uint64 }

func newDrops(report func(Dropped)) *drops {
	return &drops{report: report, aliases: map[uint64]map[field]uint64{}}
}

// apply removes from w the fields that the API is known to refuse. A create tries again what the API refused for its alias alone.
func (d *drops) apply(alias string, w *write, create bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	key := incident.HashText(alias)
	if create {
		delete(d.aliases, key)
	}
	for f := range numOptional {
		value, refused := d.aliases[key][f]
		if d.all&(1<<f) != 0 || refused && value == w.value(f) {
			w.clear(f)
		}
	}
}

// has reports whether f is left out for all incidents.
func (d *drops) has(f field) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.all&(1<<f) != 0
}

// take notes that the API took the fields of w.
func (d *drops) take(w *write) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for f := range numOptional {
		if w.value(f) != 0 {
			d.taken |= 1 << f
		}
	}
}

// remember leaves the refused fields out of later calls.
func (d *drops) remember(alias string, refusals []refusal) {
	for _, r := range refusals {
		dropped := Dropped{Alias: alias, Field: optionalFields[r.field], Err: r.err}
		isNew, all := d.note(incident.HashText(alias), r)
		if all {
			dropped.Alias = ""
		}
		if isNew && d.report != nil {
			d.report(dropped)
		}
	}
}

func (d *drops) note(alias uint64, r refusal) (isNew, all bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	bit := fieldSet(1) << r.field
	if d.all&bit != 0 {
		return false, true // another call was faster
	}
	first := &d.first[r.field]
	if first.value == 0 {
		*first = refusedBy{alias, r.value}
	}
	another := first.alias != alias && first.value != r.value && d.taken&bit == 0
	if constant&bit != 0 || another || saysNoField(r.err) {
		d.all |= bit
		return true, true
	}
	if d.aliases[alias] == nil {
		if len(d.aliases) >= maxDropAliases {
			for other := range d.aliases {
				delete(d.aliases, other) // any one: it costs one refused try
				break
			}
		}
		d.aliases[alias] = map[field]uint64{}
	}
	d.aliases[alias][r.field] = r.value
	return true, false
}

func saysNoField(err error) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && noField.MatchString(e.Message)
}
