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
	var took []Sender
	one := Register(Ear{func(r Rejection) { first = append(first, r) }, func(Skipped) {}, func(Sender) {}})
	two := Register(Ear{
		func(r Rejection) { second = append(second, r) }, func(s Skipped) { skipped = append(skipped, s) }, func(s Sender) { took = append(took, s) },
	})
	Skip(Skipped{Alias: "a"})
	Tell(Rejection{Text: "a"})
	Took(Sender{"alertmanager", "10.0.0.1"})
	one()
	Tell(Rejection{Text: "b"})
	two()
	Tell(Rejection{Text: "c"})
	Took(Sender{"alertmanager", "10.0.0.2"})
	assert.Equal(t, []Rejection{{Text: "a"}}, first)
	assert.Equal(t, []Rejection{{Text: "a"}, {Text: "b"}}, second)
	assert.Equal(t, []Skipped{{Alias: "a"}}, skipped)
	assert.Equal(t, []Sender{{"alertmanager", "10.0.0.1"}}, took)
}
