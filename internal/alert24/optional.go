// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alert24

import (
	"errors"
	"math/bits"
	"net/http"
	"regexp"
	"slices"
)

// optionalFields are those that an incident can do without. A field's place is its bit in a set.
var optionalFields = []string{"labels", "tags", "source", "affected_services", "assigned_to", "impact_description"}

// word finds the names of optional fields that stand alone: "source_id" does not name "source".
var word = regexp.MustCompile(`\b(labels|tags|source|affected_services|assigned_to|impact_description)\b`)

// refusal is a field, as a set of one, and the answer that named it.
type refusal struct {
	field uint32
	err   error
}

// refused returns the first optional field that w holds and err, a refusal, names: first, because a message may go
// on to list the fields that it does take. 0: none.
func (w *Write) refused(err error) uint32 {
	e, ok := errors.AsType[*Error](err)
	if !ok || (e.Status != http.StatusBadRequest && e.Status != http.StatusUnprocessableEntity) {
		return 0
	}
	held := w.optional()
	for _, name := range word.FindAllString(e.Message, -1) {
		if field := uint32(1) << slices.Index(optionalFields, name); held&field != 0 {
			return field
		}
	}
	return 0
}

// optional returns the set of optional fields that w holds.
func (w *Write) optional() uint32 {
	var set uint32
	for i, held := range []bool{
		len(w.Labels) > 0, len(w.Tags) > 0, w.Source != "", len(w.AffectedServices) > 0, w.AssignedTo != "",
		w.ImpactDescription != "",
	} {
		if held {
			set |= 1 << i
		}
	}
	return set
}

// drop clears the fields in set.
func (w *Write) drop(set uint32) {
	for i, clearField := range []func(){
		func() { w.Labels = nil },
		func() { w.Tags = nil },
		func() { w.Source = "" },
		func() { w.AffectedServices = nil },
		func() { w.AssignedTo = "" },
		func() { w.ImpactDescription = "" },
	} {
		if set&(1<<i) != 0 {
			clearField()
		}
	}
}

// remember leaves the refused fields out from now on. It is called once the API took the call without them: a
// message that merely quotes such a word from a title proves nothing.
func (c *Client) remember(refusals []refusal) {
	for _, r := range refusals {
		if c.dropped.Or(r.field)&r.field == 0 {
			c.onDropped(optionalFields[bits.TrailingZeros32(r.field)], r.err)
		}
	}
}

// Dropped reports whether the API refused the optional field, so that it is no longer sent.
func (c *Client) Dropped(field string) bool {
	i := slices.Index(optionalFields, field)
	return i >= 0 && c.dropped.Load()&(1<<i) != 0
}
