// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package chaos

import (
	"context"
	"math/rand/v2"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/alert24/otelcol-alert24/internal/sandbox"
	"github.com/alert24/otelcol-alert24/internal/sandbox/store"
	"github.com/alert24/otelcol-alert24/internal/sleep"
)

// world is one variation or failure in addition to failing requests and kills.
type world string

const (
	unchanged     world = "unchanged"      // a create that meets an open incident leaves it unchanged; half of the runs
	putAnswers    world = "put-answers"    // answers to updates that show nothing, and refused closes of closed incidents
	refusedCloses world = "refused-closes" // 400 in the API's envelope
	proxy         world = "proxy"          // a proxy's 400 with an HTML body
	personEdits   world = "edits"
	personCloses  world = "closes"
	otherTool     world = "other-tool" // incidents with our alias; only where the API leaves a met incident unchanged
	pauses        world = "pauses"     // SIGSTOP for longer than settleTime, then SIGCONT
)

var worlds = []world{unchanged, putAnswers, refusedCloses, proxy, personEdits, personCloses, otherTool, pauses}

// chosen returns the worlds of this run: all but those in CHAOS_WITHOUT, and `unchanged` in half of the runs. CHAOS_HIT=unchanged
// or merge chooses what a create does to the incident that it meets.
func chosen(t *testing.T, random *rand.Rand) map[world]bool {
	t.Helper()
	in := map[world]bool{}
	for _, w := range worlds {
		in[w] = true
	}
	in[unchanged] = random.IntN(2) == 0
	if hit := os.Getenv("CHAOS_HIT"); hit != "" {
		require.Contains(t, []string{store.Unchanged, store.Merge}, hit, "CHAOS_HIT")
		in[unchanged] = hit == store.Unchanged
	}
	for name := range strings.FieldsFuncSeq(os.Getenv("CHAOS_WITHOUT"), func(r rune) bool { return r == ',' || r == ' ' }) {
		require.Contains(t, worlds, world(name), "CHAOS_WITHOUT")
		delete(in, world(name))
	}
	// A create that merges takes over the other tool's incident, whatever we do.
	in[otherTool] = in[otherTool] && in[unchanged]
	return in
}

// weather changes how the API answers updates until ctx ends, and keeps the last variation. These are not failures: the promise
// holds with each.
type weather struct {
	api    *sandbox.Server
	random *rand.Rand
	blind  []span
	counts map[string]int
}

func (w *weather) run(ctx context.Context) error {
	answers := []string{store.Success, store.NoContent, store.TheIncident}
	for n := 0; ; n++ {
		answer := answers[n%len(answers)]
		if n >= len(answers) {
			answer = answers[w.random.IntN(len(answers))]
		}
		closed := []string{store.Accept, store.Refuse}[w.random.IntN(2)]
		from := time.Now()
		w.counts[answer]++
		if err := w.api.SetSwitches(func(sw *sandbox.Switches) { sw.PutAnswer, sw.CloseClosed = answer, closed }); err != nil {
			return err
		}
		more := sleep.For(ctx, time.Second+time.Duration(w.random.Int64N(int64(2*time.Second))))
		for answer == store.NoContent && w.api.Stats().Answers[http.StatusNoContent] == 0 {
			more = sleep.For(ctx, 100*time.Millisecond) && more // however short the run is
			if !more {
				break
			}
		}
		if answer != store.TheIncident {
			w.blind = append(w.blind, span{from, time.Now()})
		}
		if !more {
			return nil
		}
	}
}

// stranger is another tool of the organization that uses our aliases.
type stranger struct {
	api      *sandbox.Server
	random   *rand.Rand
	families []*family
	open     []foreign
	created  int
}

type foreign struct {
	id    string
	until time.Time // zero: until the end of the chaos, or longer
}

const strangerEvery = time.Second

func (s *stranger) run(ctx context.Context) error {
	for sleep.For(ctx, time.Duration(s.random.ExpFloat64()*float64(strangerEvery))) {
		if err := s.close(func(f foreign) bool { return !f.until.IsZero() && time.Now().After(f.until) }); err != nil {
			return err
		}
		alias := s.families[s.random.IntN(len(s.families))].any(s.random)
		i, err := s.api.OtherToolCreates(sandbox.Patch{
			Title: new("Another tool watches " + alias), Severity: new("medium"), Alias: &alias,
		})
		if err != nil {
			return err
		}
		s.created++
		f := foreign{id: i.ID}
		if s.random.IntN(6) > 0 {
			f.until = time.Now().Add(time.Second + time.Duration(s.random.Int64N(int64(6*time.Second))))
		}
		s.open = append(s.open, f)
	}
	// Some stay open forever, and block their alias.
	return s.close(func(foreign) bool { return s.random.IntN(4) > 0 })
}

// close closes some of the open ones.
func (s *stranger) close(which func(foreign) bool) error {
	var err error
	s.open = slices.DeleteFunc(s.open, func(f foreign) bool {
		if err != nil || !which(f) {
			return false
		}
		err = s.api.PersonResolves(f.id)
		return err == nil
	})
	return err
}
