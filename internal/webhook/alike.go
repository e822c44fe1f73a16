// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package webhook

import "github.com/alert24/otelcol-alert24/internal/labels"

// alike is a set that was read before. The sets of a webhook are much alike: they share what they have in common.
type alike struct {
	set labels.Set
	at  int // where the next label should be
}

// find returns the label with this name, or an empty one. It looks at two places only: one set may lack a label of the other.
func (a *alike) find(name []byte) labels.Label {
	for i := a.at; i < min(a.at+2, len(a.set)); i++ {
		if a.set[i].Name == string(name) {
			a.at = i + 1
			return a.set[i]
		}
	}
	return labels.Label{}
}

// maxNames and maxNameBytes bound the names that are kept of one kind. Names that nobody sends any more must not keep out others, so a full
// list begins anew.
const (
	maxNames     = 256
	maxNameBytes = 128
)

// attributeNames makes the names of attributes, and shares them between records.
type attributeNames struct {
	known labels.Set // names of labels, and of their attributes as values
	at    int        // where the next one should be
}

// join returns prefix, which is always the same, and name as one.
func (n *attributeNames) join(prefix, name string) string {
	for range n.known {
		n.at++
		if n.at >= len(n.known) {
			n.at = 0
		}
		if known := &n.known[n.at]; known.Name == name {
			return known.Value
		}
	}
	joined := prefix + name
	if len(name) > maxNameBytes {
		return joined
	}
	if len(n.known) == maxNames {
		clear(n.known)
		n.known = n.known[:0]
	}
	n.at = len(n.known)
	n.known = append(n.known, labels.Label{Name: name, Value: joined})
	return joined
}

// recordNames are those of the attributes that alerts make.
type recordNames struct{ labels, annotations attributeNames }
