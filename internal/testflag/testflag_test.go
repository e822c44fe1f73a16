// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package testflag

import (
	"flag"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

var left, given = flag.Int("left", 1, ""), flag.Int("given", 1, "")

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestDefaults(t *testing.T) {
	require.NoError(t, flag.Set("given", "2")) // as the command line does
	Defaults(map[string]string{"left": "3", "given": "3"})
	assert.Equal(t, 3, *left)
	assert.Equal(t, 2, *given)
	assert.Panics(t, func() { Defaults(map[string]string{"none": "3"}) })
}
