// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package incident

import (
	"slices"
	"strings"

	"github.com/cespare/xxhash/v2"

	"github.com/alert24/otelcol-alert24/internal/labels"
)

// Field is one of the fields of an incident that the bridge writes.
type Field uint8

// Fields of an incident.
const (
	FieldTitle Field = iota
	FieldDescription
	FieldSeverity
	FieldTags
	FieldServices
	FieldImpact
	FieldLabels
	NumFields
)

// Hashes has one hash per field; 0 stands for a field that is empty or not known.
type Hashes [NumFields]uint64

// HashText returns 0 for "".
func HashText(s string) uint64 {
	if s == "" {
		return 0
	}
	return max(xxhash.Sum64String(s), 1)
}

// HashList is of the set of items.
func HashList(items []string) uint64 {
	if len(items) == 0 {
		return 0
	}
	sorted := slices.Compact(slices.Sorted(slices.Values(items)))
	return HashText(strings.Join(sorted, "\x00"))
}

// HashLabels returns 0 for none.
func HashLabels(ls labels.Set) uint64 {
	var b strings.Builder
	for _, l := range ls {
		b.WriteString(l.Name + "\x00" + l.Value + "\x00")
	}
	return HashText(b.String())
}

// Hashes of the values as they are sent.
func (c Content) Hashes() Hashes {
	return Hashes{
		FieldTitle: HashText(c.Title), FieldDescription: HashText(c.Description), FieldSeverity: HashText(c.Severity.String()),
		FieldTags: HashList(c.Tags), FieldServices: HashList(c.AffectedServices), FieldImpact: HashText(c.ImpactDescription),
		FieldLabels: HashLabels(c.Labels),
	}
}

// SameNews reports whether p and q say the same, apart from what moves by itself.
func (p *Packed) SameNews(q *Packed) bool {
	a, b := p.Unpack(), q.Unpack()
	a.GeneratorURL, a.ExternalURL, b.GeneratorURL, b.ExternalURL = "", "", "", ""
	a.StartsAt = b.StartsAt
	x, y := Pack(&a), Pack(&b)
	return x.Equal(&y)
}

// Context is what a rendering knows beside the alerts.
type Context struct {
	Members   int
	Continues int64
}
