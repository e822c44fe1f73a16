// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package status

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestTroubles(t *testing.T) {
	soon, later := start.Add(time.Minute), start.Add(time.Hour)
	for name, c := range map[string]struct {
		changed func(o *Overview)
		known   bool
		want    []Trouble
	}{
		"all is well": {func(*Overview) {}, false, []Trouble{}},
		"a refused key": {func(o *Overview) {
			o.API = API{KeyRefused: true, LastError: "HTTP 401", PausedUntil: soon, CreatesPausedUntil: soon}
		}, true, []Trouble{{KeyRefused, "Alert24 refuses the API key; all calls are paused", soon}}},
		"Alert24 is down": {func(o *Overview) { o.API = API{LastError: "HTTP 503"} }, true, []Trouble{
			{Kind: APIDown, Text: "Alert24 does not answer as it should: HTTP 503"},
		}},
		"a pause": {func(o *Overview) { o.API.PausedUntil, o.API.CreatesPausedUntil = later, soon }, true, []Trouble{
			{Paused, "Alert24 asked for a pause; creates are paused", soon}, {Paused, "Alert24 asked for a pause; all calls but creates are paused", later},
		}},
		"a pause that has ended": {func(o *Overview) { o.API.PausedUntil, o.API.CreatesPausedUntil = start, start }, true, []Trouble{}},
		"a full disk": {func(o *Overview) { o.Storage = Storage{Error: "no space left on device"} }, false, []Trouble{
			{Kind: StorageDown, Text: "the storage cannot be written: no space left on device"},
		}},
		"no leader": {func(o *Overview) { o.Replica = &Replica{Inbox: 1} }, true, []Trouble{
			{Kind: NoLeader, Text: "no replica leads; 1 webhook waits in the inbox, this alert may be in it"},
		}},
		"no leader, and nothing waits": {func(o *Overview) { o.Replica = &Replica{} }, false, []Trouble{{Kind: NoLeader, Text: "no replica leads; no webhook waits in the inbox"}}},
		"a database that is away": {func(o *Overview) { o.Storage, o.Replica = Storage{}, &Replica{} }, false, []Trouble{
			{Kind: StorageDown, Text: "the storage cannot be written"},
		}},
		"an inbox that may have it": {func(o *Overview) { o.Replica = &Replica{Leader: true, Inbox: 12} }, false, []Trouble{
			{Kind: InInbox, Text: "12 webhooks wait in the inbox, this alert may be in them"},
		}},
		"an inbox, and the alert is known": {func(o *Overview) { o.Replica = &Replica{Leads: true, Inbox: 12} }, true, []Trouble{}},
		"a start":                          {func(o *Overview) { o.Bridge.Started = start.Add(-5 * time.Second) }, false, []Trouble{{Kind: JustStarted, Text: "the bridge started 5 s ago; reasons from before are in its log only"}}},
		"a start, and the alert is known":  {func(o *Overview) { o.Bridge.Started = start.Add(-5 * time.Second) }, true, []Trouble{}},
		"a start that was ten minutes ago": {func(o *Overview) { o.Bridge.Started = start.Add(-10 * time.Minute) }, false, []Trouble{}},
	} {
		t.Run(name, func(t *testing.T) {
			o := &Overview{Bridge: Bridge{Started: start.Add(-time.Hour)}, API: API{Up: true}, Storage: Storage{Up: true}}
			c.changed(o)
			assert.Equal(t, c.want, Troubles(o, c.known, start))
		})
	}
}
