// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package protocol

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// fixed is a short history that once broke the promise: the steps that the repertoire of its world has, and then rest.
type fixed struct {
	name, world, history string
	// mutant has the fault: it breaks in this history. "": the fault was of another kind.
	mutant string
}

func (h *fixed) steps(t *testing.T) [][]step {
	t.Helper()
	var steps []step
	all := repertoire(worlds[h.world])
	for name := range strings.SplitSeq(h.history, "; ") {
		found := false
		for _, s := range all {
			if found = s.name == name; found {
				steps = append(steps, s)
				break
			}
		}
		require.True(t, found, "the world %q has no step %q", h.world, name)
	}
	return [][]step{steps}
}

func TestHistories(t *testing.T) {
	for _, h := range histories {
		t.Run(h.name, func(t *testing.T) { newWorld(t, worlds[h.world]).run(h.steps(t)) })
	}
}

var histories = []fixed{
	{
		"B1: a restart in doubt closed what is left to a person", "left",
		"toggle(0); deliver; call answered; answer; another value(0); deliver; call lost; answer; toggle(0); deliver; kill for 0; call answered",
		"B1 what is left to a person is closed in doubt",
	},
}
