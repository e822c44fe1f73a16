// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package webhook

import "github.com/alert24/otelcol-alert24/internal/labels"

// alike is a label set that was read earlier. The sets of a webhook resemble each other, so they share equal texts.
type alike struct {
	set labels.Set
	at  int // where the next label is expected
}

// find returns the label with this name, or an empty one. It looks at two positions only: one of the sets may lack a label.
func (a *alike) find(name []byte) labels.Label {
	for i := a.at; i < min(a.at+2, len(a.set)); i++ {
		if a.set[i].Name == string(name) {
			a.at = i + 1
			return a.set[i]
		}
	}
	return labels.Label{}
}

// maxNames and maxNameBytes bound the names of one kind that are kept. A full list is cleared, so that old names do not keep new ones out.
const (
	maxNames     = 256
	maxNameBytes = 128
)

// attributeNames joins the names of attributes, and shares them between records.
type attributeNames struct {
	known labels.Set // names of labels, and of their attributes as values
	at    int        // where the last name was found
}

// join returns prefix + name. prefix is always the same.
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

// recordNames shares the names of the attributes of records.
type recordNames struct{ labels, annotations, group, route attributeNames }
