// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package webhook

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"

	"github.com/alert24/otelcol-alert24/internal/labels"
)

// webhookJSON writes a webhook of one or two firing alerts, with their labels in the given order.
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
	w, err := Decode(body)
	require.NoError(t, err)
	for i := range w.Alerts {
		all = append(all, testConverter(testOptions()).Alias(w, &w.Alerts[i]).Text)
	}
	return all
}

// testOptions are the defaults of the receiver.
func testOptions() Options {
	return Options{
		ReceiverID: "alertmanager", ScopeName: "github.com/alert24/otelcol-alert24/alertmanagerreceiver", ScopeVersion: "test",
		LabelsPerAlert: 256, ValueBytes: 16 << 10,
		Alias: AliasRule{
			Labels: []string{"alertname", "instance"}, Separator: ":", MissingLabel: MissingHash,
			Exclude: []string{"severity", "threshold.name", "prometheus_replica"},
		},
	}
}

func testConverter(o Options) *Converter {
	c, err := NewConverter(o)
	if err != nil {
		panic(err)
	}
	return c
}

func compiled(from AliasRule) rule {
	r, err := compile(from)
	if err != nil {
		panic(err)
	}
	return r
}

// convert decodes and converts body with fixed values for everything that varies between runs.
func convert(tb testing.TB, o Options, body []byte) plog.Logs {
	tb.Helper()
	logs, _ := testConverter(o).Logs(decode(tb, body), testDelivery())
	return logs
}

func decode(tb testing.TB, body []byte) *Webhook {
	tb.Helper()
	w, err := Decode(body)
	require.NoError(tb, err)
	return w
}

func testDelivery() *Delivery {
	return &Delivery{Epoch: "EPOCH", Arrival: 7, Received: time.Date(2026, 11, 23, 21, 0, 0, 0, time.UTC), Client: "192.0.2.10"}
}

func recordsOf(logs plog.Logs) (all []plog.LogRecord) {
	for _, lr := range logs.ResourceLogs().At(0).ScopeLogs().At(0).LogRecords().All() {
		all = append(all, lr)
	}
	return all
}

func stringOf(t require.TestingT, m pcommon.Map, key string) string {
	v, ok := m.Get(key)
	require.True(t, ok, key)
	return v.Str()
}

func firingAlert(members string) string { return `{"alerts":[{"status":"firing",` + members + `}]}` }
