// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package kit

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/alert24/otelcol-alert24/e2e/harness"
	"github.com/alert24/otelcol-alert24/internal/sandbox"
)

// OnlyIncident waits until the sandbox has exactly one incident and done accepts it.
func OnlyIncident(t *testing.T, s *harness.Sandbox, done func(sandbox.Incident) error) sandbox.Incident {
	t.Helper()
	return only(t, "", s.Incidents, done)
}

// OnlyIncidentOf waits until the alias has exactly one incident and done accepts it.
func OnlyIncidentOf(t *testing.T, s *harness.Sandbox, alias string, done func(sandbox.Incident) error) sandbox.Incident {
	t.Helper()
	return only(t, " of "+alias, func() []sandbox.Incident { return IncidentsOf(s, alias) }, done)
}

func only(t *testing.T, which string, list func() []sandbox.Incident, done func(sandbox.Incident) error) (found sandbox.Incident) {
	t.Helper()
	Eventually(t, func(context.Context) error {
		incidents := list()
		if len(incidents) == 0 {
			return errors.New("no incident" + which)
		}
		if len(incidents) > 1 {
			return harness.Final(fmt.Errorf("%d incidents%s: %+v", len(incidents), which, incidents))
		}
		found = incidents[0]
		return done(found)
	})
	return found
}

// IncidentsOf returns all incidents that the alias ever had, oldest first.
func IncidentsOf(s *harness.Sandbox, alias string) []sandbox.Incident {
	return slices.DeleteFunc(s.Incidents(), func(i sandbox.Incident) bool { return i.Alias != alias })
}

// IsOpen accepts an open incident.
func IsOpen(i sandbox.Incident) error {
	if !i.Open() {
		return fmt.Errorf("it is %s", i.Status)
	}
	return nil
}

// IsResolved accepts a closed incident.
func IsResolved(i sandbox.Incident) error {
	if i.Status != "resolved" {
		return fmt.Errorf("it is %s", i.Status)
	}
	return nil
}

// AtRest waits until no request has reached the sandbox for longer than any timer of the collector, and no late commit is pending. A slow
// collector can be quiet for longer: the ones in sure also have to say that nothing waits.
func AtRest(t *testing.T, s *harness.Sandbox, longest time.Duration, sure ...*harness.Collector) {
	t.Helper()
	requests, since := -1, time.Now()
	Eventually(t, func(ctx context.Context) error {
		if n := len(s.Requests()) + s.Stats().PendingCommits; n != requests {
			requests, since = n, time.Now()
		}
		if quiet := time.Since(since); quiet < longest+time.Second {
			return fmt.Errorf("the last request was %s ago", quiet)
		}
		for _, c := range sure {
			found := Scrape(ctx, t, c)
			for _, waiting := range []string{"pending_aliases", "doubtful_aliases", "held_aliases"} {
				for _, n := range found["otelcol_exporter_alert24_"+waiting] {
					if n != 0 {
						return fmt.Errorf("%s is %v", waiting, n)
					}
				}
			}
		}
		return nil
	})
}
