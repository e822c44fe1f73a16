// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

// Package labels holds label and annotation sets as ordered pairs. For the ten or so entries of an alert, they are smaller and
// faster than maps, and always have the same order.
package labels

import (
	"fmt"
	"hash/fnv"
	"slices"
	"strings"
)

// Label is one name and its value.
type Label struct {
	Name, Value string
}

// Set is sorted by name, without duplicates. Build one with New, FromMap or by decoding JSON.
type Set []Label

// New sorts pairs and returns them as a Set. If a name is given twice, the least value counts, whatever the order.
func New(pairs ...Label) Set {
	s := Set(pairs)
	if s.isSorted() { // as most are
		return s
	}
	s.Sort()
	return slices.CompactFunc(s, func(a, b Label) bool { return a.Name == b.Name })
}

func (s Set) isSorted() bool {
	for i := 1; i < len(s); i++ {
		if s[i-1].Name >= s[i].Name {
			return false
		}
	}
	return true
}

// FromMap returns m as a Set.
func FromMap(m map[string]string) Set {
	s := make(Set, 0, len(m))
	for k, v := range m {
		s = append(s, Label{k, v})
	}
	s.Sort()
	return s
}

// Sort restores the order by name after pairs were appended.
func (s Set) Sort() {
	slices.SortFunc(s, func(a, b Label) int {
		if byName := strings.Compare(a.Name, b.Name); byName != 0 {
			return byName
		}
		return strings.Compare(a.Value, b.Value)
	})
}

// Get returns the value of name, or "".
func (s Set) Get(name string) string {
	v, _ := s.Lookup(name)
	return v
}

// Lookup returns the value of name and whether it is present. It looks at every pair: with ten or so pairs, this is faster than a
// binary search.
func (s Set) Lookup(name string) (string, bool) {
	for i := range s {
		if s[i].Name == name {
			return s[i].Value, true
		}
	}
	return "", false
}

// excluded are labels that tell how bad a problem is, or which replica measured it.
var excluded = []string{
	"severity", "alert_severity", "severity_level", "threshold.name",
	"prometheus_replica", "thanos_ruler_replica", "rule_replica", "__replica__",
}

// Excluded returns the names of labels that by default do not distinguish problems.
func Excluded() []string { return slices.Clone(excluded) }

// IsExcluded reports whether the name is in Excluded.
func IsExcluded(name string) bool { return slices.Contains(excluded, name) }

// Fingerprint returns the 16 hex digits that Prometheus and Alertmanager give a label set: 64-bit FNV-1a over names
// and values in order of name, each followed by the byte 255.
// Source: https://github.com/prometheus/common/blob/main/model/fnv.go and signature.go next to it.
func (s Set) Fingerprint() string {
	h := fnv.New64a()
	end := []byte{0xff}
	for _, l := range s {
		_, _ = h.Write([]byte(l.Name))
		_, _ = h.Write(end)
		_, _ = h.Write([]byte(l.Value))
		_, _ = h.Write(end)
	}
	return fmt.Sprintf("%016x", h.Sum64())
}
