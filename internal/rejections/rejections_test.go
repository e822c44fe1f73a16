// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package rejections

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestAllWhoRegisteredHear(t *testing.T) {
	var first, second []Rejection
	var skipped []Skipped
	took := 0
	one := Register(Listener{func(r Rejection) { first = append(first, r) }, func(Skipped) {}, func() {}})
	two := Register(Listener{
		func(r Rejection) { second = append(second, r) }, func(s Skipped) { skipped = append(skipped, s) }, func() { took++ },
	})
	Skip(Skipped{Alias: "a"})
	Tell(Rejection{Text: "a"})
	Took()
	one()
	Tell(Rejection{Text: "b"})
	two()
	Tell(Rejection{Text: "c"})
	Took()
	assert.Equal(t, []Rejection{{Text: "a"}}, first)
	assert.Equal(t, []Rejection{{Text: "a"}, {Text: "b"}}, second)
	assert.Equal(t, []Skipped{{Alias: "a"}}, skipped)
	assert.Equal(t, 1, took)
}
