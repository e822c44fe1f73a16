// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package status

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Each remedy leads to a section of the runbook.
func TestRemediesLeadToTheRunbook(t *testing.T) {
	text, err := os.ReadFile("../../docs/runbook.md")
	require.NoError(t, err)
	sections := map[string]bool{}
	for _, m := range regexp.MustCompile(`(?m)^#+ (.+)$`).FindAllStringSubmatch(string(text), -1) {
		sections["docs/runbook.md#"+strings.ReplaceAll(strings.ToLower(m[1]), " ", "-")] = true
	}
	for kind := range remedies {
		assert.True(t, sections[remedyFor(kind).Runbook], remedyFor(kind).Runbook)
	}
	assert.True(t, sections[(&Subject{Alias: "a"}).route().Runbook])
}

func TestAdvice(t *testing.T) {
	trouble := func(kind TroubleKind, scope Scope) Trouble {
		return Trouble{Kind: kind, Scope: scope, Do: remedyFor(string(kind))}
	}
	entry := func(kind Kind) Explanation {
		return Explanation{Entries: []Entry{{Row: Row{State: State{Kind: kind}}}}}
	}
	notice := func(n Notice) Explanation { return Explanation{Notices: []Notice{n}} }
	refusedClose := entry(Retrying)
	refusedClose.Entries[0].Results = []Result{{Call: "lookup", Result: "done"}, {Call: "close", Result: "refused"}}
	everything := []Trouble{trouble(Watchdogs, All), trouble(APIDown, Pending), trouble(NoWebhook, UnknownAlias)}
	for name, c := range map[string]struct {
		found Explanation
		all   []Trouble
		kinds []TroubleKind // kinds that are shown
		do    string        // a part of the remedy
	}{
		"it is as it should be":        {entry(Open), everything, []TroubleKind{Watchdogs}, ""},
		"closed":                       {entry(Closed), everything, []TroubleKind{Watchdogs}, ""},
		"its call failed":              {entry(Retrying), everything, []TroubleKind{Watchdogs, APIDown}, ""},
		"only its calls fail":          {entry(Retrying), nil, nil, "keeps trying"},
		"in doubt":                     {entry(Doubtful), nil, nil, "looks the incident up"},
		"in doubt, and one is silent":  {entry(Doubtful), everything[:1], []TroubleKind{Watchdogs}, "looks the incident up"},
		"in doubt, and calls wait":     {entry(Doubtful), []Trouble{trouble(KeyRefused, Pending)}, []TroubleKind{KeyRefused}, ""},
		"its call failed, and no disk": {entry(Retrying), []Trouble{trouble(StorageDown, All)}, []TroubleKind{StorageDown}, ""},
		"a close is refused":           {refusedClose, everything, []TroubleKind{Watchdogs, APIDown}, "close the incident by hand"},
		"parked":                       {entry(Parked), nil, nil, "page people by hand"},
		"being opened":                 {entry(Opening), nil, nil, ""},
		"ignored":                      {notice(Notice{Kind: Ignored, Alias: "a"}), everything, []TroubleKind{Watchdogs}, "change the rule"},
		"a watchdog that is silent":    {notice(Notice{Kind: Ignored, Alias: "a", Watchdog: true}), everything[:1], []TroubleKind{Watchdogs}, ""},
		"a watchdog that is heard":     {notice(Notice{Kind: Ignored, Alias: "a", Watchdog: true}), nil, nil, "only its silence opens an incident"},
		"skipped, without an alias":    {notice(Notice{Kind: Skipped}), nil, nil, "correct the program"},
		"not known":                    {Explanation{}, everything[1:], []TroubleKind{APIDown, NoWebhook}, "routes it to the bridge"},
		"not known, and others are refused": {
			notice(Notice{Kind: Refused}), []Trouble{trouble(Refusing, UnknownAlias)}, []TroubleKind{Refusing}, "routes it to the bridge",
		},
		"not known, and nothing is": {Explanation{}, []Trouble{trouble(StorageDown, All)}, []TroubleKind{StorageDown}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			c.found.Advise(c.all, &Subject{Alias: "a:b"})
			var kinds []TroubleKind
			for _, t := range c.found.Trouble {
				kinds = append(kinds, t.Kind)
			}
			assert.Equal(t, c.kinds, kinds)
			if c.do == "" {
				assert.Nil(t, c.found.Do)
				return
			}
			require.NotNil(t, c.found.Do)
			assert.Contains(t, c.found.Do.String(), c.do)
		})
	}
}

func TestInboxMayHaveTheAlert(t *testing.T) {
	all, e := []Trouble{{Kind: InInbox, Scope: UnknownAlias, Text: "1 accepted webhook waits for the leader"}}, Explanation{}
	e.Advise(all, &Subject{Alias: "a"})
	assert.Equal(t, "1 accepted webhook waits for the leader, and this alert may be in there", e.Trouble[0].Text)
	assert.Equal(t, "1 accepted webhook waits for the leader", all[0].Text)
}

// The command contains labels from the question, and people paste it into a shell.
func TestRouteIsSafeInAShell(t *testing.T) {
	s := Subject{Labels: map[string]string{"b": "it's; rm -rf /", "a": "api-01.prod:9100"}}
	assert.Contains(t, s.route().Command, ` routes test a=api-01.prod:9100 'b=it'\''s; rm -rf /'`)
}

// The separator and the prefix of aliases can be anything: only labels make a command.
func TestRouteGuessesNoLabels(t *testing.T) {
	for _, alias := range []string{"DiskFull:db-1", "prod:DiskFull:db-1", "DiskFull/C:/db-1"} {
		assert.Empty(t, (&Subject{Alias: alias}).route().Command)
	}
}
