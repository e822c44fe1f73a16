// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/alert24/otelcol-alert24/e2e/harness"
	"github.com/alert24/otelcol-alert24/e2e/harness/kit"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestComplaints(t *testing.T) {
	require.NoError(t, complaints("12:00\tinfo\tfine\n"))
	err := complaints("1\twarn\ta\n2\terror\tb\n\tgo/stack.go:1\n3\tinfo\tc\n4\twarn\td\n5\twarn\te\n")
	require.EqualError(t, err, "collector: 2\terror\tb\ncollector: 4\twarn\td\ncollector: 5\twarn\te")
}

func TestStories(t *testing.T) {
	for name, play := range map[string]func(context.Context, *stage) error{"one bridge": play, "replicas": playReplicas} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			binaries := kit.Binaries(t, harness.CollectorEnv, harness.AlertmanagerEnv)
			require.NoError(t, play(t.Context(), &stage{binaries: binaries, dir: t.TempDir(), out: t.Output()}))
		})
	}
}
