// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package protocol

var peopleHistories = []fixed{
	{
		"a person closed the incident of an alert that had resolved, and it stayed closed when the alert fired again", "reopen never",
		"toggle(0); deliver; call answered; answer; toggle(0); deliver; person closes; toggle(0); deliver; call answered; lookup answered",
		"what a person closed before an alert fires again stays closed",
	},
}
