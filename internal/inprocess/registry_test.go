// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package inprocess

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func all(r *registry[string]) (values []string) {
	r.each(func(value string) { values = append(values, value) })
	return values
}

func TestARegistryHasWhatIsRegistered(t *testing.T) {
	var r registry[string]
	assert.Empty(t, all(&r))
	first, second := r.register("a"), r.register("a")
	other := r.register("b")
	assert.ElementsMatch(t, []string{"a", "a", "b"}, all(&r), "equal values are two")
	first()
	first()
	assert.ElementsMatch(t, []string{"a", "b"}, all(&r), "once is enough")
	second()
	other()
	assert.Empty(t, all(&r))
}
