// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package incident

import (
	"encoding/base64"
	"encoding/binary"
	"errors"
	"slices"

	"github.com/cespare/xxhash/v2"

	"github.com/alert24/otelcol-alert24/internal/jsonobject"
	"github.com/alert24/otelcol-alert24/internal/labels"
)

// Field is one of the fields of an incident that the bridge writes.
type Field uint8

// Fields, which are compared one by one.
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

// String returns the API's name of the field.
func (f Field) String() string {
	return [...]string{"title", "description", "severity", "tags", "affected_services", "impact_description", "labels"}[f]
}

// Hashes has one hash per field; 0 means that the field is empty or unknown.
type Hashes [NumFields]uint64

// AppendText appends the hashes in base64.
func (h Hashes) AppendText(b []byte) ([]byte, error) {
	raw := make([]byte, 0, 8*NumFields)
	for _, v := range h {
		raw = binary.LittleEndian.AppendUint64(raw, v)
	}
	return base64.RawStdEncoding.AppendEncode(b, raw), nil
}

// UnmarshalText reads what AppendText writes.
func (h *Hashes) UnmarshalText(text []byte) error {
	var raw [8 * NumFields]byte
	if !jsonobject.Fill(raw[:], text) {
		return errors.New("not the hashes of an incident's fields")
	}
	for i := range h {
		h[i] = binary.LittleEndian.Uint64(raw[8*i:])
	}
	return nil
}

// Hashes returns the hashes of the fields' values as updates send them. They are the same after a restart.
func (c Content) Hashes() Hashes {
	return Hashes{
		FieldTitle:       HashText(c.Title),
		FieldDescription: HashText(c.Description),
		FieldSeverity:    HashText(c.Severity.String()),
		FieldTags:        HashList(c.Tags),
		FieldServices:    HashList(c.AffectedServices),
		FieldImpact:      HashText(c.ImpactDescription),
		FieldLabels:      c.labelsHash(),
	}
}

// labelsHash is 0 if updates do not carry labels.
func (c *Content) labelsHash() uint64 {
	if !c.LabelsInUpdates {
		return 0
	}
	return HashLabels(c.Labels)
}

// HashText returns the hash of a text, 0 for "".
func HashText(s string) uint64 {
	if s == "" {
		return 0
	}
	return present(xxhash.Sum64String(s))
}

// HashList returns the hash of the set of items, 0 for none: order and duplicates do not count.
func HashList(items []string) uint64 {
	if len(items) == 0 {
		return 0
	}
	if !slices.IsSorted(items) {
		items = slices.Clone(items)
		slices.Sort(items)
	}
	var h hash
	for i, s := range items {
		if i == 0 || s != items[i-1] {
			h.add(s)
		}
	}
	return h.sum()
}

// HashLabels returns the hash of a label set, 0 for none.
func HashLabels(ls labels.Set) uint64 {
	if len(ls) == 0 {
		return 0
	}
	var h hash
	for _, l := range ls {
		h.add(l.Name)
		h.add(l.Value)
	}
	return h.sum()
}

// present never returns 0, which stands for a missing value.
func present(sum uint64) uint64 {
	return max(sum, 1)
}

// hash takes one text after another. It writes the length before each text, so two different lists are never the same bytes.
type hash struct {
	d     xxhash.Digest
	begun bool
}

func (h *hash) add(s string) {
	if !h.begun {
		h.d.Reset()
		h.begun = true
	}
	var length [binary.MaxVarintLen64]byte
	_, _ = h.d.Write(length[:binary.PutUvarint(length[:], uint64(len(s)))])
	_, _ = h.d.WriteString(s)
}

func (h *hash) sum() uint64 {
	if !h.begun {
		h.d.Reset()
	}
	return present(h.d.Sum64())
}
