// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package watchdog

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"strings"

	"github.com/alert24/otelcol-alert24/internal/incident"
	"github.com/alert24/otelcol-alert24/internal/labels"
	"github.com/alert24/otelcol-alert24/internal/matcher"
	"github.com/alert24/otelcol-alert24/internal/protocol"
)

// Rules tell which alerts are watchdogs, and which source an alert has.
type Rules struct {
	// Matchers choose the watchdogs; without matchers there are none.
	Matchers matcher.Set
	// GroupBy names the labels that distinguish sources.
	GroupBy []string
	// Guard: not only watchdogs but all alerts with these labels have a witness.
	Guard bool
}

// Watch returns the source of an alert, and whether the alert is a watchdog. An alert that is not a watchdog has a source only if it
// has all labels of GroupBy.
func (r *Rules) Watch(set labels.Set) (w protocol.Witness, watchdog bool) {
	switch {
	case len(r.Matchers) == 0:
		return 0, false
	case r.Matchers.Matches(set):
		return witness(r.source(set)), true
	case !r.Guard:
		return 0, false
	}
	for _, name := range r.GroupBy {
		if set.Get(name) == "" {
			return 0, false
		}
	}
	return witness(r.source(set)), false
}

// source returns the labels that identify the source.
func (r *Rules) source(set labels.Set) labels.Set {
	source := make(labels.Set, 0, len(r.GroupBy))
	for _, name := range r.GroupBy {
		source = append(source, labels.Label{Name: name, Value: set.Get(name)})
	}
	return source
}

// witness is a hash of the labels of a source.
func witness(source labels.Set) protocol.Witness {
	var b strings.Builder
	b.WriteString("source")
	for _, l := range source {
		b.WriteString("\x00" + l.Name + "\x00" + l.Value)
	}
	sum := sha256.Sum256([]byte(b.String()))
	return protocol.Witness(binary.LittleEndian.Uint64(sum[:8]) | 1)
}

// name returns the name of a source for people.
func name(source labels.Set) string {
	values := make([]string, 0, len(source))
	for _, l := range source {
		values = append(values, cmp.Or(l.Value, "no "+l.Name))
	}
	return strings.Join(values, ":")
}

// aliasPrefix begins the aliases of sources' incidents.
const aliasPrefix = "Watchdog"

// alias returns the alias of a source's incident.
func alias(source labels.Set) string {
	if len(source) == 0 {
		return aliasPrefix
	}
	return incident.BoundAlias(aliasPrefix + ":" + name(source))
}

// keyOf returns the key of the only alert in the entry of an alias.
func keyOf(alias string) (k protocol.Key) {
	sum := sha256.Sum256([]byte("watchdog\x00" + alias))
	copy(k[:], sum[:])
	return k
}
