// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package fault_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/alert24/otelcol-alert24/internal/sandbox/fault"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func rules(seed uint64) *fault.Rules {
	return fault.NewRules(rand.New(rand.NewPCG(seed, 0)))
}

func TestValidate(t *testing.T) {
	for name, c := range map[string]struct {
		fault   fault.Fault
		problem string
	}{
		"nothing to do":             {fault.Fault{}, "needs one of"},
		"two answers":               {fault.Fault{Status: 500, Drop: true}, "exclude each other"},
		"drop and hang":             {fault.Fault{Hang: true, Drop: true}, "exclude each other"},
		"informational status":      {fault.Fault{Status: 100}, "from 200 to 599"},
		"no such status":            {fault.Fault{Status: 600}, "from 200 to 599"},
		"no such body":              {fault.Fault{Body: "xml"}, "html, empty, cut, foreign or stale"},
		"body of nothing":           {fault.Fault{Drop: true, Body: fault.HTML}, "not with drop or hang"},
		"commit now and late":       {fault.Fault{Status: 500, Commit: true, CommitLate: 1}, "exclude each other"},
		"commit what happens":       {fault.Fault{Delay: 1, Commit: true}, "always carried out"},
		"late what happens":         {fault.Fault{Body: fault.Empty, CommitLate: 1}, "always carried out"},
		"retry after nothing":       {fault.Fault{Drop: true, RetryAfter: 1}, "goes with status"},
		"a date of nothing":         {fault.Fault{Status: 503, RetryAfterDate: true}, "goes with retry_after"},
		"message without a status":  {fault.Fault{Drop: true, Message: "x"}, "goes with status"},
		"probability above 1":       {fault.Fault{Status: 500, Probability: 1.1}, "above 0 and at most 1"},
		"probability below 0":       {fault.Fault{Status: 500, Probability: -1}, "above 0 and at most 1"},
		"probability not a number":  {fault.Fault{Status: 500, Probability: math.NaN()}, "above 0 and at most 1"},
		"delay below 0":             {fault.Fault{Status: 500, Delay: -1}, "not be negative"},
		"times below 0":             {fault.Fault{Status: 500, Times: -1}, "not be negative"},
		"no such operation":         {fault.Fault{Status: 500, Match: fault.Match{Operation: "delete"}}, "match.operation"},
		"contains what":             {fault.Fault{Status: 500, Match: fault.Match{Contains: "x"}}, "goes with match.field"},
		"a slow answer":             {fault.Fault{Delay: 1}, ""},
		"stale, but carried out":    {fault.Fault{Status: 200, Body: fault.Stale, Commit: true}, "without commit"},
		"a stale refusal":           {fault.Fault{Status: 400, Body: fault.Stale}, "a status of 2xx"},
		"a stale success":           {fault.Fault{Status: 200, Body: fault.Stale}, ""},
		"a proxy's JSON":            {fault.Fault{Status: 400, Body: fault.Foreign}, ""},
		"a spoilt answer":           {fault.Fault{Body: fault.Cut}, ""},
		"everything with a status":  {fault.Fault{Status: 503, RetryAfter: 1, RetryAfterDate: true, Body: fault.HTML, CommitLate: 1, Delay: 1, Times: 1, Probability: 0.5}, ""},
		"committed and no answer":   {fault.Fault{Hang: true, Commit: true}, ""},
		"late after a lost connect": {fault.Fault{Drop: true, CommitLate: 1}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			err := c.fault.Validate()
			if c.problem == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, c.problem)
			_, err = rules(1).Add(c.fault)
			require.Error(t, err)
		})
	}
}

func TestFirstRuleThatAppliesWins(t *testing.T) {
	r := rules(1)
	for _, f := range []fault.Fault{
		{Name: "other", Match: fault.Match{Alias: "b"}, Status: 500},
		{Name: "once", Times: 1, Status: 501},
		{Name: "rest", Status: 502},
	} {
		_, err := r.Add(f)
		require.NoError(t, err)
	}
	names := func(alias string, n int) (picked []string) {
		for range n {
			f, ok := r.Pick(fault.Request{Alias: alias})
			require.True(t, ok)
			picked = append(picked, f.Label())
		}
		return picked
	}
	assert.Equal(t, []string{"once", "rest", "rest"}, names("a", 3))
	assert.Equal(t, []string{"other"}, names("b", 1))
	assert.True(t, r.Remove(3))
	assert.False(t, r.Remove(3))
	_, ok := r.Pick(fault.Request{Alias: "a"})
	assert.False(t, ok)

	require.Error(t, r.Set([]fault.Fault{{Status: 500}, {}}))
	assert.Len(t, r.List(), 2, "a wrong list changes nothing")
	require.NoError(t, r.Set([]fault.Fault{{Status: 500}}))
	require.Len(t, r.List(), 1)
	f := r.List()[0]
	assert.Equal(t, "fault 4", f.Label(), "ids are not used again")
	r.Clear()
	assert.Empty(t, r.List())
}

func TestProbability(t *testing.T) {
	draw := func(seed uint64) (applied []bool) {
		r := rules(seed)
		_, err := r.Add(fault.Fault{Status: 500, Probability: 0.3})
		require.NoError(t, err)
		for range 10_000 {
			_, ok := r.Pick(fault.Request{})
			applied = append(applied, ok)
		}
		assert.InDelta(t, 3000, r.List()[0].Applied, 200)
		return applied
	}
	first := draw(7)
	assert.Equal(t, first, draw(7), "the same seed draws the same")
	assert.NotEqual(t, first, draw(8))
}

func TestListIsBounded(t *testing.T) {
	r := rules(1)
	for range fault.MaxRules {
		_, err := r.Add(fault.Fault{Status: 500})
		require.NoError(t, err)
	}
	_, err := r.Add(fault.Fault{Status: 500})
	require.ErrorContains(t, err, "1000 faults already")
}
