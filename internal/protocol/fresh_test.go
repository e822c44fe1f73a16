// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package protocol

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// Lists may not show yet what was read by an id.
func TestAListMayBeOlderThanWhatWasReadByAnID(t *testing.T) {
	p := testPolicy()
	e := opened(t, p, at(0))
	read := Answer{Result: Done, Found: []Shown{showing(*want(e))}}
	for byID, until := range map[bool]int{false: 100, true: 115} {
		read.ByID = byID
		n := answerNext(t, p, p.Missing(e, at(100)), at(100), read)
		assert.Equal(t, 100 < until, p.Decide(p.Missing(n, at(101)), want(n), at(101)).Call.Fresh)
		assert.False(t, p.Decide(p.Missing(n, at(until)), want(n), at(until)).Call.Fresh)
	}
}
