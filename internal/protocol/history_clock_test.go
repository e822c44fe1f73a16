// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package protocol

var clockHistories = []fixed{
	{
		"a clock that was set back made a resolve wait for longer", "lists, steps, apart",
		"toggle(1); deliver; toggle(1); kill, clock off by 60; deliver; kill, clock off by 0",
		"",
	},
	{
		"a clock that was behind made a resolve wait for its watchdog for longer", "lists, steps, guarded",
		"toggle(0); toggle(0); kill, clock off by -3600",
		"",
	},
	{
		"an alert said something else while its hold was over and the disk was full, and its incident kept the old text", "no times, replicas",
		"toggle(1); deliver; toggle(1); deliver; toggle(1); deliver to follower 2; 5 seconds; 5 seconds; second; kill for 0; second; " +
			"another value(1); disk full or not; call answered",
		"",
	},
}
