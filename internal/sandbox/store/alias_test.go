// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package store_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/alert24/otelcol-alert24/internal/sandbox/store"
)

// TestAlias posts {"alias":"a"} bodies to a store that holds the alias's incident in some state, and checks the result.
func TestAlias(t *testing.T) { //nolint:funlen // one table of cases
	const again = `{"title":"again","alias":"a","severity":"high"}`
	const resolved = `{"title":"again","alias":"a","status":"resolved"}`
	for name, c := range map[string]struct {
		switches func(*store.Switches)
		before   string // the status of the existing incident; empty for none
		body     string
		status   int  // of the answer, or of the error
		same     bool // the answer shows the existing incident
		kind     store.Kind
		becomes  string // the status of the incident in the answer
		title    string
	}{
		"none":                  {body: again, status: 201, kind: store.Created, becomes: "open", title: "again"},
		"none, 200":             {switches: func(s *store.Switches) { s.CreateStatus = 200 }, body: again, status: 200, kind: store.Created, becomes: "open", title: "again"},
		"open":                  {before: "open", body: again, status: 200, same: true, kind: store.Updated, becomes: "open", title: "again"},
		"open, 201":             {before: "open", switches: func(s *store.Switches) { s.AliasHitStatus = 201 }, body: again, status: 201, same: true, kind: store.Updated, becomes: "open", title: "again"},
		"open, unchanged":       {before: "open", switches: func(s *store.Switches) { s.AliasHit = store.Unchanged }, body: again, status: 200, same: true, kind: store.Duplicate, becomes: "open", title: "first"},
		"open, not resolved":    {before: "open", switches: func(s *store.Switches) { s.OpenMeans = store.NotResolved }, body: again, status: 200, same: true, kind: store.Updated, becomes: "open", title: "again"},
		"postmortem, open":      {before: "postmortem", switches: func(s *store.Switches) { s.OpenMeans = store.NotResolved }, body: again, status: 200, same: true, kind: store.Updated, becomes: "postmortem", title: "again"},
		"resolved, never open":  {before: "resolved", switches: func(s *store.Switches) { s.OpenMeans = store.NotResolved }, body: again, status: 201, kind: store.Created, becomes: "open", title: "again"},
		"ignored and unchanged": {before: "open", switches: func(s *store.Switches) { s.AliasHit, s.AliasResolve = store.Unchanged, store.Ignore }, body: resolved, status: 200, same: true, kind: store.Duplicate, becomes: "open", title: "first"},
		"monitoring":            {before: "monitoring", body: again, status: 200, same: true, kind: store.Updated, becomes: "monitoring", title: "again"},
		"acknowledged":          {before: "acknowledged", body: again, status: 200, same: true, kind: store.Updated, becomes: "acknowledged", title: "again"},
		"acknowledged, active":  {before: "acknowledged", switches: func(s *store.Switches) { s.OpenMeans = store.Active }, body: again, status: 201, kind: store.Created, becomes: "open", title: "again"},
		"identified, active":    {before: "identified", switches: func(s *store.Switches) { s.OpenMeans = store.Active }, body: again, status: 200, same: true, kind: store.Updated, becomes: "identified", title: "again"},
		"resolved":              {before: "resolved", body: again, status: 201, kind: store.Created, becomes: "open", title: "again"},
		"postmortem":            {before: "postmortem", body: again, status: 201, kind: store.Created, becomes: "open", title: "again"},
		"resolved, reopen":      {before: "resolved", switches: func(s *store.Switches) { s.AliasHitClosed = store.Reopen }, body: again, status: 200, same: true, kind: store.Reopened, becomes: "open", title: "again"},
		"resolved, update":      {before: "resolved", switches: func(s *store.Switches) { s.AliasHitClosed = store.Update }, body: again, status: 200, same: true, kind: store.Updated, becomes: "resolved", title: "again"},
		"resolve":               {before: "open", body: resolved, status: 200, same: true, kind: store.Resolved, becomes: "resolved", title: "again"},
		"resolve, unchanged":    {before: "open", switches: func(s *store.Switches) { s.AliasHit = store.Unchanged }, body: resolved, status: 200, same: true, kind: store.Resolved, becomes: "resolved", title: "again"},
		"resolve, ignored":      {before: "open", switches: func(s *store.Switches) { s.AliasResolve = store.Ignore }, body: resolved, status: 200, same: true, kind: store.Updated, becomes: "open", title: "again"},
		"resolve, refused":      {before: "open", switches: func(s *store.Switches) { s.AliasResolve = store.Refuse }, body: resolved, status: 400},
		"resolve none":          {body: resolved, status: 201, kind: store.Created, becomes: "resolved", title: "again"},
		"resolve none, 404":     {switches: func(s *store.Switches) { s.AliasResolveNone = store.NotFound }, body: resolved, status: 404},
		"resolve none, no-op":   {switches: func(s *store.Switches) { s.AliasResolveNone = store.NoOp }, body: resolved, status: 200},
		"resolve closed, no-op": {before: "resolved", switches: func(s *store.Switches) { s.AliasResolveNone = store.NoOp }, body: resolved, status: 200, same: true, becomes: "resolved", title: "first"},
		"resolve closed, reopening API": {
			before: "resolved", switches: func(s *store.Switches) { s.AliasHitClosed = store.Reopen }, body: resolved, status: 201, kind: store.Created, becomes: "resolved", title: "again",
		},
		"another alias": {before: "open", body: `{"title":"other","alias":"A"}`, status: 201, kind: store.Created, becomes: "open", title: "other"},
		"no alias":      {before: "open", body: `{"title":"other"}`, status: 201, kind: store.Created, becomes: "open", title: "other"},
		"empty alias":   {before: "open", body: `{"title":"other","alias":""}`, status: 201, kind: store.Created, becomes: "open", title: "other"},
	} {
		t.Run(name, func(t *testing.T) {
			w := roomy(t)
			w.sw.AliasHit, w.sw.AliasResolve = store.Merge, store.Resolve
			first := &store.Incident{}
			if c.before != "" {
				first = w.mustPost(`{"title":"first","alias":"a"}`)
				first = w.mustPut(store.ByPerson, first.ID, `{"status":"`+c.before+`"}`)
			}
			if c.switches != nil {
				c.switches(&w.sw)
			}
			require.NoError(t, w.sw.Validate())
			r, err := w.post(c.body)
			if c.status >= 400 {
				var e *store.APIError
				require.ErrorAs(t, err, &e)
				assert.Equal(t, c.status, e.Status)
				return
			}
			require.NoError(t, err)
			assert.Equal(t, c.status, r.Status)
			assert.Equal(t, c.kind, r.Kind)
			if c.becomes == "" {
				assert.Nil(t, r.Incident)
				return
			}
			assert.Equal(t, c.same, r.Incident.ID == first.ID)
			assert.Equal(t, c.becomes, r.Incident.Status)
			assert.Equal(t, c.title, r.Incident.Title)
			switch c.kind {
			case store.Resolved:
				assert.Equal(t, w.at, r.Incident.ResolvedAt)
			case store.Reopened:
				assert.Zero(t, r.Incident.ResolvedAt)
			case store.Updated, store.Created:
				assert.Equal(t, w.at, r.Incident.UpdatedAt)
			case store.Duplicate:
				want := *first
				want.DedupCount, want.HistoryLength = 1, first.HistoryLength+1
				assert.Equal(t, want, *r.Incident, "nothing else changed")
			}
			if c.before != "" && c.before != "resolved" && c.same {
				assert.Equal(t, 1, r.Incident.DedupCount)
			}
		})
	}
}
