// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package inprocess

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestAllWhoRegisteredHear(t *testing.T) {
	var first, second []Rejection
	var skipped []Skipped
	var groups []Group
	took := 0
	one := Listen(Listener{func(r Rejection) { first = append(first, r) }, func(Skipped) {}, func(Group) {}, func() {}})
	two := Listen(Listener{
		func(r Rejection) { second = append(second, r) }, func(s Skipped) { skipped = append(skipped, s) },
		func(g Group) { groups = append(groups, g) }, func() { took++ },
	})
	ReportSkipped(Skipped{Alias: "a"})
	ReportGroup(Group{ID: "a", Cut: true})
	ReportRejected(Rejection{Text: "a"})
	ReportAccepted()
	one()
	ReportRejected(Rejection{Text: "b"})
	two()
	ReportRejected(Rejection{Text: "c"})
	ReportAccepted()
	assert.Equal(t, []Rejection{{Text: "a"}}, first)
	assert.Equal(t, []Rejection{{Text: "a"}, {Text: "b"}}, second)
	assert.Equal(t, []Skipped{{Alias: "a"}}, skipped)
	assert.Equal(t, []Group{{ID: "a", Cut: true}}, groups)
	assert.Equal(t, 1, took)
}
