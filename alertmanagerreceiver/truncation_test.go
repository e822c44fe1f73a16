// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alertmanagerreceiver

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/consumer/consumertest"

	"github.com/alert24/otelcol-alert24/internal/attrs"
	"github.com/alert24/otelcol-alert24/internal/inprocess"
	"github.com/alert24/otelcol-alert24/internal/webhook"
)

func TestTruncatedGroupIsReportedOnce(t *testing.T) {
	set, logged := observed()
	sink := new(consumertest.LogsSink)
	h, err := newHandler(set, defaultConfig(), sink)
	require.NoError(t, err)
	send := func(group string, truncated int) {
		body := fmt.Sprintf(`{"receiver":"web","groupKey":%q,"truncatedAlerts":%d,"alerts":[%s]}`, group, truncated, goodAlert)
		require.Equal(t, 200, post(h, strings.NewReader(body)).Code)
	}

	send("a", 2)
	send("a", 3)
	send("a", 3)
	send("b", 1)
	require.Equal(t, 2, logged.Len(), "once for each group")
	entry := logged.All()[0]
	assert.Contains(t, entry.Message, "set max_alerts: 0")
	assert.Equal(t, map[string]any{"receiver": "web", "group_key": "a", "truncated_alerts": int64(2)}, entry.ContextMap())

	send("a", 0)
	send("a", 2)
	assert.Equal(t, 3, logged.Len(), "again after it was whole")

	marks := []int64{}
	for _, logs := range sink.AllLogs() {
		v, ok := recordsOf(logs)[0].Attributes().Get(attrs.TruncatedAlerts)
		if ok {
			marks = append(marks, v.Int())
		}
	}
	assert.Equal(t, []int64{2, 3, 3, 1, 2}, marks, "every record of a cut group is marked, no other")
}

// Exporters hear of each group that is cut, also of those that the log lacks, and when it comes whole again.
func TestTruncatedGroupIsTold(t *testing.T) {
	h := handlerOf(t, defaultConfig(), consumertest.NewNop())
	h.truncation.limit.SetLimit(0)
	h.truncation.limit.SetBurst(0)
	var told []inprocess.Group
	t.Cleanup(inprocess.Listen(inprocess.Listener{
		Rejected: func(inprocess.Rejection) {}, Skipped: func(inprocess.Skipped) {}, Accepted: func() {},
		Grouped: func(g inprocess.Group) { told = append(told, g) },
	}))
	send := func(group string, truncated int) {
		body := fmt.Sprintf(`{"receiver":"web","groupKey":%q,"truncatedAlerts":%d,"alerts":[%s]}`, group, truncated, goodAlert)
		require.Equal(t, 200, post(h, strings.NewReader(body)).Code)
	}
	send("whole", 0)
	assert.Empty(t, told)
	send("a\u0085", 2)
	send("b", 1)
	send("a\u0085", 0)
	send("a\u0085", 0)
	require.Len(t, told, 3)
	assert.Equal(t, "web a", told[0].Name)
	assert.True(t, told[0].Cut)
	assert.NotEqual(t, told[0].ID, told[1].ID)
	assert.Equal(t, inprocess.Group{ID: told[0].ID}, told[2])
	assert.Contains(t, told[0].ID, h.id, "groups of other receivers are others")
}

// TestManyTruncatedGroups: the memory and the log are bounded. A group that was not reported because of the bound is reported later.
func TestManyTruncatedGroups(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		set, logged := observed()
		h, err := newHandler(set, defaultConfig(), consumertest.NewNop())
		require.NoError(t, err)
		all := func() {
			for i := range 2 * maxReportsAtOnce {
				h.truncation.note(t.Context(), &webhook.Webhook{GroupKey: strconv.Itoa(i), TruncatedAlerts: 1})
			}
		}
		all()
		assert.Equal(t, maxReportsAtOnce, logged.Len())
		time.Sleep(time.Hour)
		all()
		assert.Equal(t, 2*maxReportsAtOnce, logged.Len())
		all()
		assert.Equal(t, 2*maxReportsAtOnce, logged.Len(), "each only once")

		for i := range 2 * maxTruncatedGroups {
			time.Sleep(time.Second)
			h.truncation.note(t.Context(), &webhook.Webhook{GroupKey: strconv.Itoa(i), TruncatedAlerts: 1})
		}
		assert.Equal(t, maxTruncatedGroups, h.truncation.groups.Len())
	})
}

func TestGroupsWithoutAKeyDiffer(t *testing.T) {
	h := handlerOf(t, defaultConfig(), consumertest.NewNop())
	group := func(body string) uint64 { return h.truncation.group(decode(t, body)) }
	assert.Equal(t, group(withMembers(`"groupKey":"","groupLabels":{"a":"b"}`)), group(withMembers(`"groupLabels":{"a":"b"}`)))
	assert.NotEqual(t, group(withMembers(`"groupLabels":{"a":"b"}`)), group(withMembers(`"groupLabels":{"a":"c"}`)))
	assert.NotEqual(t, group(withMembers(`"receiver":"a"`)), group(withMembers(`"receiver":"b"`)))
	assert.NotEqual(t, group(withMembers(`"externalURL":"a"`)), group(withMembers(`"externalURL":"b"`)))
	assert.NotEqual(t, group(withMembers(`"groupKey":"a"`)), group(withMembers(`"receiver":"a"`)))
}
