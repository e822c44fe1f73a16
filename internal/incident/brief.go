// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package incident

import "unique"

// Brief returns the alert without its text: what is kept of a resolved one.
func (p Packed) Brief() Packed {
	p.rest, p.common = nothing, unique.Handle[string]{}
	return p
}

// IsBrief reports whether the alert has no text.
func (p *Packed) IsBrief() bool { return len(p.rest) <= len(nothing) && p.shared() == nothing }
