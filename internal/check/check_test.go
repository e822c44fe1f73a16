// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package check_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/config/configopaque"
	"go.uber.org/goleak"

	"github.com/alert24/otelcol-alert24/internal/check"
	"github.com/alert24/otelcol-alert24/internal/incident"
	"github.com/alert24/otelcol-alert24/internal/sandbox"
	"github.com/alert24/otelcol-alert24/internal/sandbox/sandboxtest"
	"github.com/alert24/otelcol-alert24/internal/sandbox/store"
	"github.com/alert24/otelcol-alert24/internal/sleep"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const alias = "alert24tool-check:0a1b"

// start starts a sandbox without a network, and returns the options to check it.
func start(t *testing.T, switches func(*sandbox.Switches)) (*sandboxtest.Sandbox, *check.Options) {
	t.Helper()
	s, client := sandboxtest.StartInMemory(t, sandbox.Options{Switches: switches})
	return s, &check.Options{
		HTTP: client, Endpoint: "http://127.0.0.1:8024/api/v1", Key: configopaque.String(s.Key), UserAgent: "test", Timeout: 10 * time.Second,
		Alias: alias, Severity: "low", Incident: incident.DefaultConfig(), PerSecond: 15,
		Now: time.Now, Sleep: sleep.For,
	}
}

func behaviours(r *check.Report) map[string]string {
	all := map[string]string{}
	for _, f := range r.Findings {
		all[f.Point] = f.Behaviour
	}
	return all
}

// usual are the behaviours of a sandbox with default switches.
var usual = map[string]string{
	"reachability": "answered", "tls": "loopback", "key": "accepted", "scope_read": "yes", "paging": "yes", "services": "listed",
	"create": "created", "refused_fields": "none", "create_status": "201", "envelope": "data",
	"again": "unchanged", "again_status": "200", "again_envelope": "data", "deduplicated": "top", "dedup_count": "not_shown",
	"get": "yes", "get_marks": "tags,description", "tags_form": "list", "time_form": "iso",
	"list": "found", "row_marks": "tags,description", "lookup": "found",
	"filter_status": "honoured", "filter_severity": "honoured", "filter_alias": "ignored", "limit": "honoured",
	"update_title": "applied", "put_answer": "incident", "update_description": "applied", "update_tags": "applied",
	"update_labels": "accepted", "update_impact_description": "applied", "update_affected_services": "accepted",
	"severity_up": "applied", "acknowledged": "same", "monitoring": "same", "close": "closed", "after_close": "new", "close_again": "accepted",
	"close_without_time": "time_not_set", "postmortem": "new", "row_order": "newest", "row_times": "iso", "at_once": "two",
	"rate_limit": "none", "time": "quick", "left_open": "nothing",
}

// gone removes a behaviour.
const gone = ""

// withoutNext removes the questions that need a second incident.
var withoutNext = map[string]string{"close_without_time": gone, "postmortem": gone, "row_order": gone, "row_times": gone, "at_once": gone}

func and(more map[string]string, point, behaviour string) map[string]string {
	all := maps.Clone(more)
	all[point] = behaviour
	return all
}

// apis has the behaviours of the API, each with its differences from usual.
var apis = map[string]struct {
	set     func(*sandbox.Switches)
	differs map[string]string
}{
	"as we think it is":            {nil, nil},
	"a create is 200":              {func(s *sandbox.Switches) { s.CreateStatus = 200 }, map[string]string{"create_status": "200"}},
	"a hit is merged":              {func(s *sandbox.Switches) { s.AliasHit = store.Merge }, map[string]string{"again": "merged", "deduplicated": "absent"}},
	"a hit is 201":                 {func(s *sandbox.Switches) { s.AliasHitStatus = 201 }, map[string]string{"again_status": "201"}},
	"a hit in another envelope":    {func(s *sandbox.Switches) { s.AliasHitEnvelope = store.DataIncident }, map[string]string{"again_envelope": "data_incident"}},
	"deduplicated in data":         {func(s *sandbox.Switches) { s.DeduplicatedIn = store.InData }, map[string]string{"deduplicated": "data"}},
	"deduplicated in meta":         {func(s *sandbox.Switches) { s.DeduplicatedIn = store.InMeta }, map[string]string{"deduplicated": "meta"}},
	"deduplicated nowhere":         {func(s *sandbox.Switches) { s.DeduplicatedIn = store.Absent }, map[string]string{"deduplicated": "absent"}},
	"acknowledged is not open":     {func(s *sandbox.Switches) { s.OpenMeans = store.Active }, map[string]string{"acknowledged": "new"}},
	"postmortem is open":           {func(s *sandbox.Switches) { s.OpenMeans = store.NotResolved }, map[string]string{"postmortem": "same"}},
	"a closed one is reopened":     {func(s *sandbox.Switches) { s.AliasHitClosed = store.Reopen }, and(withoutNext, "after_close", "reopened")},
	"a closed one stays closed":    {func(s *sandbox.Switches) { s.AliasHitClosed = store.Update }, and(withoutNext, "after_close", "same_closed")},
	"alias in answers":             {func(s *sandbox.Switches) { s.AliasInResponses = true }, map[string]string{"get_marks": "alias,tags,description", "row_marks": "alias,tags,description", "dedup_count": "shown"}},
	"the alias filter is honoured": {func(s *sandbox.Switches) { s.AliasFilter = true }, map[string]string{"filter_alias": "honoured"}},
	"envelope data.incident":       {func(s *sandbox.Switches) { s.Envelope = store.DataIncident }, map[string]string{"envelope": "data_incident", "again_envelope": "data_incident"}},
	"envelope incident":            {func(s *sandbox.Switches) { s.Envelope = store.BareIncident }, map[string]string{"envelope": "incident", "again_envelope": "incident"}},
	"an update says success":       {func(s *sandbox.Switches) { s.PutAnswer = store.Success }, map[string]string{"put_answer": "success"}},
	"an update says nothing":       {func(s *sandbox.Switches) { s.PutAnswer = store.NoContent }, map[string]string{"put_answer": "no_content"}},
	"closed cannot be closed":      {func(s *sandbox.Switches) { s.CloseClosed = store.Refuse }, map[string]string{"close_again": "refused", "postmortem": "not_tried"}},
	"tags as JSON text":            {func(s *sandbox.Switches) { s.TagsAsText = store.JSONText }, map[string]string{"tags_form": "json_text"}},
	"tags with commas":             {func(s *sandbox.Switches) { s.TagsAsText = store.CommaText }, map[string]string{"tags_form": "comma_text"}},
	"times of SQLite":              {func(s *sandbox.Switches) { s.SQLiteTimes = true }, map[string]string{"time_form": "sqlite", "row_times": "sqlite"}},
	"times of rows unreadable":     {func(s *sandbox.Switches) { s.RowTimes = store.Unreadable }, map[string]string{"row_times": "unreadable"}},
	"times of rows null":           {func(s *sandbox.Switches) { s.RowTimes = store.Null }, map[string]string{"row_times": "null"}},
	"times of rows mixed":          {func(s *sandbox.Switches) { s.RowTimes = store.Mixed }, map[string]string{"row_times": "mixed"}},
	"rows by update":               {func(s *sandbox.Switches) { s.RowOrder = store.LastUpdated }, map[string]string{"row_order": "updated"}},
	"the oldest row first":         {func(s *sandbox.Switches) { s.RowOrder = store.Oldest }, map[string]string{"row_order": "oldest"}},
	"rows without marks":           {func(s *sandbox.Switches) { s.BareRows = true }, map[string]string{"row_marks": "description"}},
	"few sources":                  {func(s *sandbox.Switches) { s.RestrictSource = true }, map[string]string{"refused_fields": "source"}},
	"resolved_at is set":           {func(s *sandbox.Switches) { s.SetResolvedAt = true }, map[string]string{"close_without_time": "time_set"}},
	"unknown fields of a create":   {func(s *sandbox.Switches) { s.UnknownFields = store.Refuse }, map[string]string{"refused_fields": "labels"}},
	"unknown fields are refused":   {func(s *sandbox.Switches) { s.UnknownFieldsPut = store.Refuse }, map[string]string{"update_labels": "refused"}},
	"unknown fields are a 500":     {func(s *sandbox.Switches) { s.UnknownFieldsPut = store.Error }, map[string]string{"update_labels": "error"}},
	"lists in an update are a 500": {func(s *sandbox.Switches) { s.ArrayFieldsPut = store.Error }, map[string]string{"update_tags": "error", "update_affected_services": "error"}},
	"no tags":                      {func(s *sandbox.Switches) { s.RefusedFields = []string{"tags"} }, map[string]string{"refused_fields": "tags", "update_tags": "refused", "get_marks": "description", "row_marks": "description"}},
	"no impact":                    {func(s *sandbox.Switches) { s.RefusedFields = []string{"impact_description"} }, map[string]string{"update_impact_description": "refused"}},
	"a limit without Retry-After":  {func(s *sandbox.Switches) { s.RateLimit, s.RateLimitWindow = 20, 10*time.Second }, map[string]string{"rate_limit": "429_without_retry_after"}},
	"a limit for a minute":         {func(s *sandbox.Switches) { s.RateLimit = 20 }, map[string]string{"rate_limit": "429_without_retry_after"}},
	"a Retry-After that is too short": {func(s *sandbox.Switches) {
		s.RateLimit, s.RateLimitRetryAfter = 20, 2*time.Second
	}, map[string]string{"rate_limit": "429_with_retry_after"}},
	"a limit with Retry-After": {func(s *sandbox.Switches) {
		s.RateLimit, s.RateLimitWindow, s.RateLimitRetryAfter = 20, 10*time.Second, 3*time.Second
	}, map[string]string{"rate_limit": "429_with_retry_after"}},
	"creates are atomic": {func(s *sandbox.Switches) { s.NonAtomicCreate = 0 }, map[string]string{"at_once": "one"}},
	"slow":               {func(s *sandbox.Switches) { s.Latency = 6 * time.Second }, map[string]string{"time": "slow"}},
}

// TestBehaviours runs the check against each behaviour of the API. The report must name it.
func TestBehaviours(t *testing.T) {
	for name, tt := range apis {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				set := func(s *sandbox.Switches) {
					if tt.set != nil {
						tt.set(s)
					}
				}
				s, o := start(t, set)
				if tt.differs["after_close"] == "same_closed" {
					o.Incident.InitialStatus = "" // an initial status would open it again
				}
				report := check.Run(t.Context(), o)
				want := maps.Clone(usual)
				for point, behaviour := range tt.differs {
					if want[point] = behaviour; behaviour == gone {
						delete(want, point)
					}
				}
				assert.Equal(t, want, behaviours(report))
				assert.Empty(t, report.Stopped)
				assert.Empty(t, report.LeftOpen)
				assert.Empty(t, s.Open(alias), "all are closed")
				assert.NotContains(t, all(report), s.Key)
			})
		})
	}
}

// notAsked are the switches of the sandbox that no behaviour covers, and why.
var notAsked = map[string]string{
	"info_severity": "the bridge never sends it", "informational_severity": "the bridge never sends it",
	"alias_resolve": "the bridge never sends it", "alias_resolve_none": "the bridge never sends it",
	"over_long": "the bridge cuts titles, aliases and sources", "resolved_before_start": "the bridge never sends it",
	"strip_markup": "the bridge compares texts without it",
	"pages_on":     "no answer shows it", "updates_page": "no answer shows it",
	"incidents_scope": "see TestStops", "rate_limit_counts_refused": "no answer shows it",
}

// Every switch of the sandbox has a behaviour or a reason.
func TestEverySwitchIsAsked(t *testing.T) {
	values := func(s store.Switches) map[string]jsontext.Value {
		b, err := json.Marshal(s, store.JSON)
		require.NoError(t, err)
		var all map[string]jsontext.Value
		require.NoError(t, json.Unmarshal(b, &all))
		return all
	}
	usual := values(store.DefaultSwitches())
	asked := map[string]bool{}
	for _, api := range apis {
		s := store.DefaultSwitches()
		if api.set != nil {
			api.set(&s)
		}
		for name, value := range values(s) {
			if string(value) != string(usual[name]) {
				asked[name] = true
			}
		}
	}
	for _, w := range store.SwitchList {
		_, excused := notAsked[w.Name]
		assert.NotEqual(t, asked[w.Name], excused, w.Name)
	}
}

// all returns the whole text of a report.
func all(r *check.Report) string {
	return fmt.Sprint(*r)
}

// TestStops expects the check to end where further questions would be useless.
func TestStops(t *testing.T) {
	for name, tt := range map[string]struct {
		fault            sandbox.Fault
		keys             map[string][]string
		change           func(*check.Options)
		point, behaviour string
		stopped          string
	}{
		"an unknown key":         {change: func(o *check.Options) { o.Key = "ak_live_other" }, point: "key", behaviour: "refused", stopped: "the key is not accepted"},
		"a plan without the API": {fault: sandbox.Fault{Status: 402, Message: "Upgrade"}, point: "key", behaviour: "plan", stopped: "the key is not accepted"},
		"a wrong path":           {change: func(o *check.Options) { o.Endpoint = "http://127.0.0.1:8024" }, point: "reachability", behaviour: "not_the_api", stopped: "the API does not answer"},
		"a proxy":                {fault: sandbox.Fault{Status: 502, Body: "html"}, point: "reachability", behaviour: "not_the_api", stopped: "the API does not answer"},
		"a redirect":             {fault: sandbox.Fault{Status: 302}, point: "reachability", behaviour: "redirect", stopped: "the API does not answer"},
		"no answer":              {fault: sandbox.Fault{Hang: true}, point: "reachability", behaviour: "no_answer", stopped: "the API does not answer"},
		"over plain HTTP":        {change: func(o *check.Options) { o.Endpoint = "http://alert24.invalid/api/v1" }, point: "tls", behaviour: "none"},
		"a key that cannot read": {keys: map[string][]string{sandbox.DemoKey: {"incidents"}}, point: "reachability", behaviour: "answered", stopped: "incidents cannot be read"},
		"a key that only reads":  {keys: map[string][]string{sandbox.DemoKey: {"read"}}, point: "create", behaviour: "scope", stopped: "no incident can be opened"},
		"creates fail":           {fault: sandbox.Fault{Match: sandbox.Match{Method: "POST"}, Status: 500}, point: "create", behaviour: "failed", stopped: "no incident can be opened"},
		"creates are refused":    {fault: sandbox.Fault{Match: sandbox.Match{Method: "POST"}, Status: 422, Message: "no"}, point: "create", behaviour: "refused", stopped: "no incident can be opened"},
		"declined":               {change: func(o *check.Options) { o.Confirm = func(context.Context) error { return errors.New("no") } }, point: "scope_read", behaviour: "yes", stopped: "no"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, o := start(t, nil)
				if tt.keys != nil {
					s.SetKeys(tt.keys)
				}
				if tt.fault.Status != 0 || tt.fault.Hang {
					_, err := s.AddFault(tt.fault)
					require.NoError(t, err)
				}
				if tt.change != nil {
					tt.change(o)
				}
				report := check.Run(t.Context(), o)
				assert.Equal(t, tt.behaviour, behaviours(report)[tt.point])
				assert.Equal(t, tt.stopped, report.Stopped)
				assert.Empty(t, s.Open(alias))
				if tt.stopped != "" {
					assert.NotContains(t, behaviours(report), "again")
					assert.NotContains(t, behaviours(report), "refused_fields")
					assert.False(t, report.Clean())
				}
			})
		})
	}
}
