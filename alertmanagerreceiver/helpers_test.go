// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alertmanagerreceiver

import (
	"fmt"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/stretchr/testify/require"

	"github.com/alert24/otelcol-alert24/internal/attrs"
	"github.com/alert24/otelcol-alert24/internal/labels"
)

// webhookJSON writes a webhook of one or two firing alerts with their labels in the order given.
func webhookJSON(first, second labels.Set, receiver, groupKey string) []byte {
	alerts := []string{alertJSON(first)}
	if second != nil {
		alerts = append(alerts, alertJSON(second))
	}
	return fmt.Appendf(nil, `{"version":"4","receiver":%s,"groupKey":%s,"alerts":[%s]}`,
		quote(receiver), quote(groupKey), strings.Join(alerts, ","))
}

func alertJSON(set labels.Set) string {
	pairs := make([]string, 0, len(set))
	for _, l := range set {
		pairs = append(pairs, quote(l.Name)+":"+quote(l.Value))
	}
	return `{"status":"firing","labels":{` + strings.Join(pairs, ",") + `},"startsAt":"2026-11-23T20:37:15Z"}`
}

func quote(s string) string {
	quoted, err := jsontext.AppendQuote(nil, s)
	if err != nil {
		panic(err)
	}
	return string(quoted)
}

// aliases returns the aliases of a webhook's alerts, in order.
func aliases(t require.TestingT, body []byte) (all []string) {
	w, err := newDecoder().decode(body, maxAlerts)
	require.NoError(t, err)
	logs, _ := newConverter(defaultConfig(), "test").logs(w, testDelivery(), nil)
	records := logs.ResourceLogs().At(0).ScopeLogs().At(0).LogRecords()
	for _, lr := range records.All() {
		alias, ok := lr.Attributes().Get(attrs.Alias)
		require.True(t, ok)
		all = append(all, alias.Str())
	}
	return all
}
