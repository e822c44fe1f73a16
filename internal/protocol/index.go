// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package protocol

import "iter"

// Apart yields the members that lie in buckets which former does not share.
func (s *Members) Apart(former *Members) iter.Seq[*Member] {
	return func(yield func(*Member) bool) {
		same := len(s.buckets) == len(former.buckets)
		for at, b := range s.buckets {
			if same && len(b) > 0 && len(b) == len(former.buckets[at]) && &b[0] == &former.buckets[at][0] {
				continue
			}
			for i := range b {
				if !yield(&b[i]) {
					return
				}
			}
		}
	}
}

// Unfinished reports that the member fires, or will unless a resolve comes.
func (m *Member) Unfinished() bool { return m.unfinished() }
