// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package chaos

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

// The bound itself must be right: correct behaviour must not exceed it, and it must not be so high that it bounds nothing.
func TestEpisodes(t *testing.T) { //nolint:funlen // one table of cases
	begin := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	at := func(second int) time.Time { return begin.Add(time.Duration(second) * time.Second) }
	alerts := []*alert{{member: 0}, {member: 1}}
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
			e := newEpisodes()
			var r record
			for n, s := range c.steps {
				r.add(&message{
					arrival: n + 1, replica: s.replica, group: []*alert{alerts[s.member]}, says: []saying{s.says},
					from: at(s.second), to: at(s.second), fate: s.fate,
				}, 0, 1, &texts{})
			}
			e.follow(&r)
			assert.Equal(t, c.want, e.end())
		})
	}

	t.Run("overtaken", func(t *testing.T) {
		e := newEpisodes()
		var r record
		for n, s := range []step{fire(1, 0, 1), resolve(2, 0, 1, 2), fire(3, 0, 1)} {
			r.add(&message{
				arrival: []int{2, 3, 1}[n], group: alerts[:1], says: []saying{s.says}, from: at(s.second), to: at(s.second), fate: taken,
			}, 0, 1, &texts{})
		}
		e.follow(&r)
		assert.Equal(t, 1, e.end())
	})
}

// Forgetting must make no difference: random records have the same bound with and without it.
func TestForget(t *testing.T) {
	fewer := 0
	for seed := range uint64(400) {
		r := randomRecord(rand.New(rand.NewPCG(seed, 0)))
		e, all := newEpisodes(), newEpisodes()
		all.remember = true
		e.follow(r)
		all.follow(r)
		assert.Equal(t, all.undecided, e.undecided, "seed %d", seed)
		assert.Equal(t, all.end(), e.end(), "seed %d", seed)
		if e.widest < all.widest {
			fewer++
		}
	}
	assert.Greater(t, fewer, 100)
}

// randomRecord is more uncertain than the record of any run.
func randomRecord(random *rand.Rand) *record {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	after := func(most time.Duration) time.Time {
		now = now.Add(time.Duration(random.Int64N(int64(most))))
		return now
	}
	r := &record{}
	var instance, older [2]saying // the last ones of each alert
	for n := range 25 {
		var m message
		for i := range instance {
			switch s := &instance[i]; {
			case random.IntN(3) == 0:
				continue
			case s.StartsAt.IsZero() || !s.Firing && random.IntN(3) == 0:
				older[i], *s = *s, saying{Firing: true, StartsAt: now}
			case s.Firing && random.IntN(2) == 0:
				s.Firing, s.EndsAt = false, now
			}
			m.group, m.says = append(m.group, &alert{member: i}), append(m.says, instance[i])
		}
		if len(m.says) > 0 && random.IntN(3) == 0 {
			m.says[0].Firing = !m.says[0].Firing // from a replica that knows less
			m.says[0].EndsAt = now.Add(-time.Second)
		}
		if len(m.says) > 0 && random.IntN(4) == 0 {
			if late := older[m.group[0].member]; !late.StartsAt.IsZero() {
				m.says[0] = late
			}
		}
		m.arrival, m.replica = 10+n-random.IntN(3)*random.IntN(4), random.IntN(2)
		m.fate = []fate{taken, taken, maybe}[random.IntN(3)]
		m.from = after(3 * time.Second)
		m.to = after(300 * time.Millisecond)
		if len(m.group) > 0 {
			r.add(&m, 0, len(m.group), &texts{})
		}
	}
	return r
}
