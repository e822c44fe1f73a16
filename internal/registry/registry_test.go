// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package registry

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func all(r *Of[string]) (values []string) {
	r.Each(func(value string) { values = append(values, value) })
	return values
}

func TestEachHasWhatIsRegistered(t *testing.T) {
	var r Of[string]
	assert.Empty(t, all(&r))
	first, second := r.Register("a"), r.Register("a")
	other := r.Register("b")
	assert.ElementsMatch(t, []string{"a", "a", "b"}, all(&r), "equal values are two")
	first()
	first()
	assert.ElementsMatch(t, []string{"a", "b"}, all(&r), "once is enough")
	second()
	other()
	assert.Empty(t, all(&r))
}
