// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package chaos

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/alert24/otelcol-alert24/internal/sandbox"
	"github.com/alert24/otelcol-alert24/internal/sandbox/store"
	"github.com/alert24/otelcol-alert24/internal/sleep"
)

// peopleEvery is how often a person does something, on average.
const peopleEvery = 350 * time.Millisecond

// people edit and close incidents in Alert24.
type people struct {
	api      *sandbox.Server
	random   *rand.Rand
	families []*family
	deeds    []deed
	counts   map[string]int
}

// deed is one action of a person on an open incident. Our own writes never use its severities and statuses, so the author of a
// value is certain.
type deed struct {
	name  string
	patch func(n int, i *sandbox.Incident) sandbox.Patch
}

var edit = []deed{
	{"retitle", func(n int, _ *sandbox.Incident) sandbox.Patch {
		return sandbox.Patch{Title: new(fmt.Sprintf("Known problem %d, wait for the vendor", n))}
	}},
	{"annotate", func(n int, i *sandbox.Incident) sandbox.Patch {
		return sandbox.Patch{Description: new(fmt.Sprintf("Note %d: we look at it.\n\n%s", n, i.Description))}
	}},
	{"set medium", func(int, *sandbox.Incident) sandbox.Patch { return sandbox.Patch{Severity: new("medium")} }},
	{"set maintenance", func(int, *sandbox.Incident) sandbox.Patch { return sandbox.Patch{Severity: new("maintenance")} }},
	{"acknowledge", func(int, *sandbox.Incident) sandbox.Patch {
		return sandbox.Patch{Status: new(store.StatusAcknowledged)}
	}},
	{"monitor", func(int, *sandbox.Incident) sandbox.Patch { return sandbox.Patch{Status: new("monitoring")} }},
	{"retitle and set medium", func(n int, _ *sandbox.Incident) sandbox.Patch {
		return sandbox.Patch{Title: new(fmt.Sprintf("Handed over %d", n)), Severity: new("medium")}
	}},
}

var closing = deed{"close", func(int, *sandbox.Incident) sandbox.Patch {
	return sandbox.Patch{Status: new(store.StatusResolved)}
}}

// run acts until ctx ends. It does each deed once before chance decides.
func (p *people) run(ctx context.Context) error {
	for n := 0; sleep.For(ctx, time.Duration(p.random.ExpFloat64()*float64(peopleEvery))); n++ {
		i := p.pick()
		if i == nil {
			continue
		}
		d := p.deeds[p.random.IntN(len(p.deeds))]
		for _, other := range p.deeds {
			if p.counts[other.name] == 0 {
				d = other
				break
			}
		}
		// The incident may have been closed meanwhile. An edit does not reopen it.
		if err := p.api.PersonEdits(i.ID, d.patch(n, i)); err != nil {
			return err
		}
		p.counts[d.name]++
	}
	return nil
}

// pick returns an open incident of ours among the live aliases.
func (p *people) pick() *sandbox.Incident {
	for range 20 {
		alias := p.families[p.random.IntN(len(p.families))].any(p.random)
		for _, i := range p.api.Open(alias) {
			if i.Source == ourSource {
				return &i
			}
		}
	}
	return nil
}
