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
	one := Register(func(r Rejection) { first = append(first, r) })
	two := Register(func(r Rejection) { second = append(second, r) })
	Tell(Rejection{Text: "a"})
	one()
	Tell(Rejection{Text: "b"})
	two()
	Tell(Rejection{Text: "c"})
	assert.Equal(t, []Rejection{{Text: "a"}}, first)
	assert.Equal(t, []Rejection{{Text: "a"}, {Text: "b"}}, second)
}
