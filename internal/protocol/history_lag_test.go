// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package protocol

// lagHistories are about lists that do not show yet what answers have shown.
var lagHistories = []fixed{
	{
		"a list that lagged made our own text look like a person's", "lists lag",
		"toggle(1); deliver; toggle(0); call answered; 5 seconds; deliver; call lost; 5 seconds; call answered; toggle(0); call answered",
		"lists show at once what answers have shown",
	},
	{
		"a list older than the one before made our own text look like a person's", "lists uneven",
		"toggle(0); deliver; call answered; answer; 5 seconds; 5 seconds; another value(0); deliver; call done, not answered; answer; second; " +
			"lists of age 0; call answered; lookup answered; second; second; lists of age 5; call answered; lookup answered; another value(0); deliver",
		"lists show at once what was read before an update",
	},
}
