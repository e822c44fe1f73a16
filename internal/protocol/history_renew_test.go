// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package protocol

// renewHistories close an incident to call people again, leave one to a person, or have a second one.
var renewHistories = []fixed{
	{
		"a second incident was forgotten because a lookup did not list it", "racy",
		"toggle(1); deliver; call done late by 4; becomes critical, and the API works(1); second; second; call not there yet; 5 seconds; " +
			"call answered, done at the end; second; second; second; second; toggle(0); deliver all; toggle(0); call answered; kill for 0; " +
			"toggle with old start(1); second; second; second; second; second",
		"a partial list disproves a further incident",
	},
	{
		"an incident was reopened after its alert had resolved, and the next firing paged nobody", "revives",
		"toggle(0); deliver; call answered; answer; toggle(0); deliver; call answered; answer; toggle(0); deliver; call answered; answer; " +
			"call answered; toggle(0); deliver; answer; call answered; answer; fires, and the API works(0)",
		"what is learned after an episode counts for the next one",
	},
	{
		"a person closed the incident and opened it again, and it kept its old text", "reopen never",
		"toggle(0); deliver all; kill for 0; second; second; call answered; person closes; second; another value(0); second; second; second; " +
			"call answered; deliver; call answered; person reopens",
		"an incident that is open after all stays dismissed",
	},
	{
		"a person closed the incident, and the renewal opened another one against the setting", "renew never",
		"toggle(1); deliver; call answered; answer; high(1); deliver; person closes; call answered; answer; call answered",
		"a renewal does not see that a person closed the incident",
	},
	{
		"a person closed the incident and opened it again before the renewal", "renew never",
		"toggle(1); deliver; call answered; answer; high(1); deliver; person closes; person reopens; call answered; answer; call answered", "",
	},
	{
		"a renewal that failed was tried again and again, because the alert had sunk", "renew and rises",
		"toggle(1); deliver; call answered; answer; high(1); deliver; low(1); deliver; call answered with another status; answer; 5 seconds; call answered",
		"an incident is closed again and again to call people",
	},
	{
		"an incident that a create had updated was opened, closed to call people, and stayed closed", "renew, revives",
		"toggle(0); deliver; call answered; answer; toggle(0); deliver; call answered; answer; toggle(0); deliver",
		"an incident is closed to call people, and opened only once",
	},
	{
		"the close of a renewal left the incident open", "renew",
		"toggle(1); deliver; call answered; answer; critical(1); deliver; call answered with another status; answer",
		"a renewal that failed is forgotten",
	},
	{
		"a renewal of what is left to a person was not answered", "left and renew",
		"toggle(1); deliver; call answered; answer; critical(1); deliver; call lost; answer; toggle(1); deliver; 5 seconds",
		"",
	},
	{
		"a create updated an incident that had been left to a person until it was closed to page people again", "left, revives",
		"toggle(1); deliver; high(1); call answered; second; second; second; second; deliver all; toggle(1); toggle(0); call answered; answer; " +
			"deliver all; call answered; answer; toggle(0); call answered; answer; deliver all; call answered; answer; toggle(0); call answered",
		"",
	},
}
