// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package protocol

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// fixed is a short history that broke the promise once: steps from the repertoire of its world, and then rest.
type fixed struct {
	name, world, history string
	// mutant is the mutant with this fault, which must break in this history. "": no mutant has it.
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

var histories = slices.Concat([]fixed{
	{
		"an alert that a list had shown again was resolved because an earlier list lacked it", "sync",
		"toggle(0); deliver; sync; ends unsaid(0); sync; 5 seconds; toggle(0); sync; 5 seconds; ends unsaid(0); 5 seconds; sync",
		"an absence is counted over what was listed",
	},
	{
		"B1: a restart in doubt closed what is left to a person", "left",
		"toggle(0); deliver; call answered; answer; another value(0); deliver; call lost; answer; toggle(0); deliver; kill for 0; call answered",
		"B1 what is left to a person is closed in doubt",
	},
	{
		"an alert was forgotten, and the incident that it left to a person was closed", "one left",
		"toggle(1); deliver; call done, not answered; toggle(1); deliver; toggle(0); deliver; answer" + strings.Repeat("; 5 seconds", 5) + "; call answered; lookup answered; toggle(0); deliver",
		"a forgotten alert leaves nothing to a person",
	},
	{
		"an incident that was left to a person was closed after its entry had expired", "one left",
		"toggle(1); deliver; call answered; answer; toggle(1); deliver" + strings.Repeat("; 5 seconds", 9) +
			"; call answered; toggle(0); deliver; call answered; answer; toggle(0); deliver",
		"what is left to a person is forgotten",
	},
	{
		"an alert that resolved before it had an incident left the next one open", "one left",
		"toggle(1); deliver; toggle(1); deliver; toggle(0); deliver; call answered; answer; toggle(0); deliver",
		"an alert leaves the next incident, too",
	},
	{
		"a person closed what an alert had left, and the next incident stayed open", "one left, odd",
		"toggle(0); toggle(1); deliver all; call answered; answer; toggle(1); deliver; person closes; audit; call answered; lookup answered; " +
			"call answered; answer; toggle(0); deliver",
		"an alert leaves what follows after a person's close",
	},
	{
		"B2: a restart resolved what was repeated without news, and an incident that burned was closed", "stale",
		"toggle(0); deliver; call answered; answer" + strings.Repeat("; 5 seconds", 8) + "; kill for 10; second",
		"B2 what was not heard of before the start is stale",
	},
	{
		"B3: a refused create was parked for good", "odd answers",
		"toggle(0); deliver; call refused; answer; call refused; answer; 5 seconds",
		"B3 a refused create is never tried again",
	},
	{
		"B4: closes without a body were repeated forever", "no bodies",
		"toggle(0); deliver; call answered; answer; toggle(0); deliver; call answered; answer",
		"B4 a close without a body is unanswered",
	},
	{
		"B5: a close of a closed incident was refused forever", "odd answers",
		"toggle(0); deliver; call answered; answer; toggle(0); deliver; call done, not answered; answer; 5 seconds; call answered; answer",
		"B5 no look after a refused close",
	},
	{
		"B6: a further incident held back an update", "racy",
		"toggle(0); deliver; call done late by 4; kill for 0; second; second; call answered, done at the end; second; answer; second; second; " +
			"call answered; lookup answered; another value(0); deliver; call answered; answer; call answered; answer",
		"B6 a further incident first",
	},
	{
		"B10: a close that left the incident open was believed", "odd answers",
		"toggle(0); deliver; call answered; answer; toggle(0); deliver; call answered with another status; answer",
		"B10 a close is believed whatever it shows",
	},
	{
		"B11: what no answer showed was taken for confirmed", "odd answers",
		"toggle(0); deliver; call answered; answer; toggle(0); deliver; call ignored, no body; answer",
		"B11 what was not seen is confirmed",
	},
	{
		"a copy of the database did not have the incident yet, and it stayed open", "odd answers",
		"toggle(0); deliver; call answered; answer; toggle(0); deliver; call not there yet; answer",
		"a 404 proves that an incident is closed",
	},
	{
		"a create met an incident, and might have written it", "cleaned text",
		"toggle(0); deliver; call answered; second; second; second; second; toggle(0); deliver; toggle(0); call ignored, no body; person edits the description", "",
	},
	{
		"a create that met an incident which a person opened again counted as written", "people",
		"toggle(0); deliver; call answered; answer; toggle(0); deliver; call answered; answer; person reopens; " +
			"toggle(0); another value(0); deliver all; call answered; answer",
		"a create that met an incident has written",
	},
	{
		"another tool's incident was adopted", "foreign",
		"another tool opens; toggle(0); deliver; call answered; answer; another value(0); deliver; call answered; answer",
		"another tool's incident is adopted",
	},
	{
		"another tool's incident that is closed blocked ours", "foreign",
		"another tool opens; toggle(0); deliver; call answered; answer; another tool closes",
		"another tool's incident blocks forever",
	},
	{
		"a hit that was learnt after the resolve blocked the next episode", "foreign",
		"another tool opens; toggle(0); deliver; call answered; toggle(0); deliver; answer; another tool closes; toggle(0); deliver",
		"",
	},
	{
		"an edit was overwritten by the next value", "people",
		"toggle(0); deliver; call answered; answer; person edits the description; another value(0); deliver; call answered; answer",
		"edits are overwritten",
	},
	{
		"an edit kept back a severity that rose", "people",
		"toggle(1); deliver; call answered; answer; medium(1); deliver; call answered; answer; person sets low; critical(1); deliver; call answered; answer",
		"a severity that rises is not written over an edit",
	},
	{
		"a person's worse severity was lowered", "people",
		"toggle(1); deliver; call answered; answer; person sets critical; medium(1); deliver; call answered; answer",
		"a person's worse severity is lowered",
	},
	{
		"an incident without a mark was taken for none", "no marks",
		"toggle(0); deliver; call done, not answered; person edits the description; answer; toggle(0); deliver; 5 seconds; 5 seconds",
		"a lookup without marks is complete",
	},
	{
		"a denied key was asked every minute", "odd answers",
		"toggle(0); deliver; call answered; answer; toggle(0); deliver" + strings.Repeat("; call denied; answer; 5 seconds", 12),
		"no slow tries",
	},
	{
		"an API that fails each time it has answered again was called every five seconds", "recovers",
		"toggle(0); deliver" + strings.Repeat("; call not sent; answer; 5 seconds", 10) + strings.Repeat("; API works again; call not sent; answer; 5 seconds", 20),
		"a call before its turn costs none of the later ones",
	},
	{
		"an alias called twice each time the API had answered again", "recovers",
		"toggle(0); deliver" + strings.Repeat("; call not sent; answer; 5 seconds", 10) + strings.Repeat("; API works again; call not sent; answer; 5 seconds", 40),
		"a hurry forgets the calls before their turn",
	},
	{
		"a pause after each answer let an alias call without a bound", "recovers",
		"toggle(0); deliver" + strings.Repeat("; call not sent; answer; 5 seconds", 10) +
			strings.Repeat("; API works again; call turned away; answer; call not sent; answer; 5 seconds", 20),
		"a pause makes a call before its turn free",
	},
	{
		"a refused create was not parked while all of it was tried again", "odd answers",
		"toggle(0); deliver; call refused; answer; call refused; answer; 5 seconds; call refused; answer",
		"a create that is refused again is not parked",
	},
	{
		"a refusal that came after the resolve made the next episode begin with less", "odd answers",
		"toggle(0); deliver; call refused; toggle(0); deliver; answer; toggle(0); deliver; call answered; answer",
		"",
	},
	{
		"an echo of an alert whose end was cut to our late clock opened an incident", "plain",
		"toggle(0); deliver; call answered; answer; toggle(0); deliver; call answered; answer; second fires(0); call answered; answer",
		"an end is cut below its start",
	},
	{
		"an update learnt twice made its own text a person's", "plain",
		"toggle(0); deliver; call answered; answer; another value(0); deliver; call answered; disk lies; answer; another value(0); deliver; answer",
		"an answer is learnt twice",
	},
	{
		"a create on its way while disk was read again outlived its doubt", "plain",
		"toggle(0); deliver; call done late by 4; disk lies; toggle(0); deliver; second; second; second",
		"an answer that comes after the doubt teaches nothing",
	},
	{
		"a restart while a create was on its way repeated it blindly", "plain",
		"toggle(0); deliver; call lost; answer; second; call answered",
		"a create is repeated blindly",
	},
	{
		"cleaned text of a lost update was taken for a person's", "cleaned text",
		"toggle(0); deliver; call answered; answer; another value(0); deliver; call done, not answered; answer; another value(0); deliver",
		"cleaned text is a person's",
	},
	{
		"cleaned text of an update that was not answered was taken for that of one whose answer did not show it", "cleans, odd",
		"toggle(0); deliver; toggle(1); call answered; second; second; second; second; deliver; toggle(0); call done, no body; " +
			"second; second; second; second; deliver; call answered; call answered; kill for 0; second; second; second; second; second",
		"a text that no answer has shown is the last one written",
	},
	{
		"a lookup whose list failed had read what an unseen write made, and the next write went over an edit", "no bodies",
		"toggle(0); deliver; call answered; answer; another value(0); deliver; call lost; answer; another value(0); deliver; 5 seconds; " +
			"call half answered; lookup answered; call answered; answer; 5 seconds; call half answered; lookup answered; " +
			"person edits the description; another value(0); deliver; call answered; answer",
		"a lookup whose list failed teaches nothing",
	},
	{
		"an update that hangs was tried without an end, because lookups found the incident open", "plain",
		"toggle(0); deliver; call answered; answer; another value(0); deliver" +
			strings.Repeat("; call lost; answer; 5 seconds; call answered; lookup answered", 13),
		"any lookup that ends doubt is good news",
	},
	{
		"B12: a resolve without times was taken for one of an older instance", "no times",
		"toggle(0); deliver; call answered; answer; toggle(0); deliver",
		"B12 a time that is not told is long ago",
	},
	{
		"the close of a further incident left it open", "racy",
		"toggle(0); deliver; call done late by 4; kill for 0; second; second; call answered, done at the end; second; answer; second; second; " +
			"call answered; lookup answered; another value(0); deliver; call answered; answer; 5 seconds; " +
			"call answered; lookup answered; call answered with another status; answer",
		"",
	},
	{
		"an incident that a person opened again was taken for what a lost create made", "people",
		"toggle(1); deliver; call answered; answer; toggle(1); deliver; call answered; answer" + strings.Repeat("; 5 seconds", 9) +
			"; call answered; person reopens; toggle(0); deliver; call lost; answer; 5 seconds; call answered; answer",
		"any open incident was made by an unanswered create",
	},
	{
		"another tool's incident that was closed before the answer showed it was opened again", "foreign",
		"another tool opens; toggle(0); deliver; call answered; another tool closes; answer; call answered; answer",
		"another tool's closed incident is taken for ours",
	},
	{
		"an older incident that a person opened again was taken for what a lost create made", "cleaned text",
		"toggle(1); deliver; another value(1); call answered; second; second; second; second; deliver; toggle(1); call lost; second; second; " +
			"second; second; deliver; toggle(0); call answered; second; second; second; second; deliver; toggle(0); toggle(1); call answered; answer; " +
			"kill for 0; person deletes; person reopens",
		"an unanswered create made any incident",
	},
	{
		"a reopen was answered without a body, and the cleaned text of a lost update counted as a person's edit", "revives, cleans",
		"toggle(0); deliver; call answered; answer; toggle(0); deliver; call answered; answer; toggle(0); deliver; call answered; answer; " +
			"call done, no body; answer; another value(0); deliver; call done, not answered; answer; 5 seconds; call answered; " +
			"lookup answered; another value(0); deliver",
		"",
	},
	{
		"the API failed on the full form, refused the short one for a moment, and nobody was paged", "no lists",
		"toggle(0); deliver; call answered; second; second; second; second; second; call answered; second; second; second; second; second; " +
			"call answered; answer; second; second; second; second; call refused",
		"a refusal of the short form ends the turns of both forms",
	},
	{
		"the close of a second incident was answered without a body and not carried out, and it stayed open", "racy",
		"toggle(0); deliver; call done late by 3; answer; second; second; toggle(0); call answered; 5 seconds; call answered; 5 seconds; " +
			"call ignored, no body",
		"an unseen close of a second incident is not verified",
	},
	{
		"a webhook that got through after a list counted as heard, and the next firing was not passed on", "repair",
		"toggle(0); toggle(0); handler stuck; deliver; deliver; sync; begins unsaid(0)",
		"",
	},
}, replicaHistories, clockHistories, lagHistories, peopleHistories, renewHistories)
