// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package protocol

import (
	"iter"
	"slices"
)

// Apart yields the members that lie in buckets which former does not share.
func (s *Members) Apart(former *Members) iter.Seq[*Member] {
	return func(yield func(*Member) bool) {
		same := len(s.buckets) == len(former.buckets)
		if same && len(s.buckets) > 0 && &s.buckets[0] == &former.buckets[0] {
			return
		}
		for at := range s.buckets {
			b := &s.buckets[at]
			if same && b.shares(&former.buckets[at]) {
				continue
			}
			for i := range b.members {
				if !yield(&b.members[i]) {
					return
				}
			}
		}
	}
}

// Same reports whether s and former share all their buckets.
func (s *Members) Same(former *Members) bool {
	return slices.EqualFunc(s.buckets, former.buckets, func(a, b bucket) bool { return a.shares(&b) })
}
