// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package chaos

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

// The bound must be right itself: neither so low that correct behaviour breaks it, nor so high that it bounds nothing.
func TestEpisodes(t *testing.T) {
	begin := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	at := func(second int) time.Time { return begin.Add(time.Duration(second) * time.Second) }
	alerts := []*alert{{alias: "a", member: 0}, {alias: "a", member: 1}}
	type step struct {
		second, replica, member int
		fate                    fate
		says                    saying
	}
	fire := func(second, replica, start int) step {
		return step{second, replica, 0, taken, saying{Firing: true, StartsAt: at(start)}}
	}
	resolve := func(second, replica, start, end int) step {
		return step{second, replica, 0, taken, saying{StartsAt: at(start), EndsAt: at(end)}}
	}
	of := func(member int, s step) step { s.member = member; return s }
	as := func(f fate, s step) step { s.fate = f; return s }
	for name, c := range map[string]struct {
		steps []step
		want  int
	}{
		"nothing":                      {nil, 0},
		"one":                          {[]step{fire(1, 0, 1), fire(2, 1, 1), resolve(3, 0, 1, 3)}, 1},
		"again":                        {[]step{fire(1, 0, 1), resolve(3, 0, 1, 3), fire(4, 1, 4)}, 2},
		"again with the old start":     {[]step{fire(1, 0, 1), resolve(3, 0, 1, 3), fire(4, 0, 1)}, 2},
		"two members overlap":          {[]step{fire(1, 0, 1), of(1, fire(2, 0, 2)), resolve(3, 0, 1, 3), fire(4, 0, 4)}, 1},
		"an echo that is corrected":    {[]step{fire(1, 0, 1), resolve(3, 0, 1, 3), fire(4, 1, 1), resolve(5, 1, 1, 3)}, 1},
		"an echo that stays":           {[]step{fire(1, 0, 1), resolve(3, 0, 1, 3), fire(4, 1, 1)}, 2},
		"an echo corrected late":       {[]step{fire(1, 0, 1), resolve(3, 0, 1, 3), fire(4, 1, 1), resolve(9, 1, 1, 3)}, 2},
		"too late for an echo":         {[]step{fire(1, 0, 1), resolve(3, 0, 1, 3), fire(13, 1, 1), resolve(14, 1, 1, 3)}, 2},
		"the resolve before":           {[]step{fire(1, 0, 1), resolve(3, 0, 1, 3), fire(5, 0, 5), resolve(6, 1, 1, 3), fire(7, 0, 5)}, 2},
		"the resolve, start unchanged": {[]step{fire(1, 0, 1), resolve(3, 0, 1, 3), fire(5, 0, 1), resolve(6, 1, 1, 3), fire(7, 1, 1)}, 3},
		"refused for certain":          {[]step{as(notTaken, fire(1, 0, 1)), fire(2, 0, 1)}, 1},
		"not known":                    {[]step{as(maybe, fire(1, 0, 1)), fire(2, 0, 1)}, 1},
		"a resolve not known":          {[]step{fire(1, 0, 1), as(maybe, resolve(2, 0, 1, 2)), fire(3, 0, 3)}, 2},
		"only perhaps":                 {[]step{as(maybe, fire(1, 0, 1)), resolve(2, 0, 1, 2)}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			e := newEpisodes(8*time.Second, 4*time.Second)
			for n, s := range c.steps {
				e.hear("a", &message{
					arrival: n + 1, replica: s.replica, group: []*alert{alerts[s.member]}, says: []saying{s.says},
					from: at(s.second), to: at(s.second), fate: s.fate,
				})
			}
			assert.Equal(t, c.want, e.end())
		})
	}

	t.Run("overtaken", func(t *testing.T) {
		e := newEpisodes(8*time.Second, 4*time.Second)
		for n, s := range []step{fire(1, 0, 1), resolve(2, 0, 1, 2), fire(3, 0, 1)} {
			e.hear("a", &message{
				arrival: []int{2, 3, 1}[n], group: alerts[:1], says: []saying{s.says}, from: at(s.second), to: at(s.second), fate: taken,
			})
		}
		assert.Equal(t, 1, e.end())
	})
}
