// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestComplaints(t *testing.T) {
	require.NoError(t, complaints("12:00\tinfo\tfine\n"))
	err := complaints("1\twarn\ta\n2\terror\tb\n\tgo/stack.go:1\n3\tinfo\tc\n4\twarn\td\n5\twarn\te\n")
	require.EqualError(t, err, "collector: 2\terror\tb\ncollector: 4\twarn\td\ncollector: 5\twarn\te")
}
