// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package protocol

import "slices"

// lag is how old a list is, in seconds.
func (s *switches) lag() int {
	if s.lags {
		return 1
	}
	return 0
}

// remember keeps copies of the incidents, as a list shows them later.
func (s *server) remember() {
	if !s.lags {
		return
	}
	rows := make([]*row, len(s.incidents))
	for i, r := range s.incidents {
		then := *r
		rows[i] = &then
	}
	s.pasts = append(s.pasts, rows)
	s.pasts = s.pasts[max(0, len(s.pasts)-1-s.lag()):]
}

// listed returns what a list shows. The incident with the known id is not read from the list.
func (s *server) listed(id string) []*row {
	if !s.lags {
		return s.incidents
	}
	rows := slices.Clone(s.pasts[0])
	known := s.row(id)
	switch i := slices.IndexFunc(rows, func(r *row) bool { return r.id == id }); {
	case known == nil:
	case i >= 0:
		rows[i] = known
	default:
		rows = append(rows, known)
	}
	return rows
}
