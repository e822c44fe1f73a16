// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package protocol

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestWhy(t *testing.T) {
	e := &Entry{Incident: Incident{State: Open, ID: "1"}}
	for want, c := range map[string]Call{
		"an alert fires and no open incident is known":               {Kind: Create},
		"an alert fires, and its full content was refused or failed": {Kind: Create, Short: true},
		"its alerts have changed":                                    {Kind: Update, ID: "1"},
		"a create updated the closed incident":                       {Kind: Reopen, ID: "1"},
		"no alert fires any more":                                    {Kind: Close, ID: "1"},
		"its severity rises, and a new incident pages people":        {Kind: Close, ID: "1", Renew: true},
		"a close from before the alert fired again had no answer":    {Kind: Close, ID: "1", Finish: true},
		"a second open incident of one alias":                        {Kind: Close, ID: "2"},
		"the state in Alert24 is not certain":                        {Kind: Lookup},
		"nothing":                                                    {},
	} {
		assert.Equal(t, want, Why(e, c))
	}
	e.Continues = 7
	assert.Equal(t, "an alert fires at a higher severity, and a new incident pages people", Why(e, Call{Kind: Create}))
}
