// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package incident

import (
	"maps"
	"slices"
	"strings"
)

// KV is a set of names and values, with the methods that Alertmanager's templates have.
type KV map[string]string

// Pair is one entry of a KV.
type Pair struct{ Name, Value string }

// Pairs is a list of entries.
type Pairs []Pair

// SortedPairs returns the entries by name, alertname first.
func (kv KV) SortedPairs() Pairs {
	pairs := make(Pairs, 0, len(kv))
	if name, ok := kv["alertname"]; ok {
		pairs = append(pairs, Pair{"alertname", name})
	}
	for _, name := range slices.Sorted(maps.Keys(kv)) {
		if name != "alertname" {
			pairs = append(pairs, Pair{name, kv[name]})
		}
	}
	return pairs
}

// Remove returns kv without names.
func (kv KV) Remove(names []string) KV {
	rest := maps.Clone(kv)
	for _, name := range names {
		delete(rest, name)
	}
	return rest
}

// String returns the entries in the order of SortedPairs: `a=1, b=2`.
func (kv KV) String() string { return kv.SortedPairs().String() }

// Names returns the names in the order of SortedPairs.
func (kv KV) Names() []string { return kv.SortedPairs().Names() }

// Values returns the values in the order of SortedPairs.
func (kv KV) Values() []string { return kv.SortedPairs().Values() }

// String returns the entries: `a=1, b=2`.
func (p Pairs) String() string {
	entries := make([]string, 0, len(p))
	for _, pair := range p {
		entries = append(entries, pair.Name+"="+pair.Value)
	}
	return strings.Join(entries, ", ")
}

// Names returns the names.
func (p Pairs) Names() []string {
	names := make([]string, 0, len(p))
	for _, pair := range p {
		names = append(names, pair.Name)
	}
	return names
}

// Values returns the values.
func (p Pairs) Values() []string {
	values := make([]string, 0, len(p))
	for _, pair := range p {
		values = append(values, pair.Value)
	}
	return values
}
