// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package webhook

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/alert24/otelcol-alert24/internal/attrs"
	"github.com/alert24/otelcol-alert24/internal/labels"
)

// seen keeps the parts of an alert that a test checks. The alert itself is only valid for a moment.
type seen struct {
	labels, fingerprint string
	suppressed          bool
}

func readList(t *testing.T, list string) (all []seen, unusable int, err error) {
	t.Helper()
	unusable, err = NewReader().ReadList(iotest.OneByteReader(strings.NewReader(list)), func(a *ListedAlert) {
		all = append(all, seen{fmt.Sprint(a.Labels), a.Fingerprint, a.Suppressed})
	})
	return all, unusable, err
}

func TestReadList(t *testing.T) {
	all, unusable, err := readList(t, ` [
		{"annotations":{"summary":"x"},"endsAt":"2026-11-26T14:53:00.809Z","fingerprint":"6051004c729abe0e","receivers":[{"name":"x"}],
		 "status":{"inhibitedBy":[],"mutedBy":[ ],"silencedBy":[],"state":"active"},"labels":{"x":"1","alertname":"A"}},
		{"fingerprint":"f1","status":{"state":"suppressed","silencedBy":["id"]},"labels":{"alertname":"B"}},
		{"fingerprint":"f2","status":{"inhibitedBy":[],"mutedBy":["nights"],"silencedBy":[],"state":"active"},"labels":{}},
		{"fingerprint":"f4","status":{"state":"active","silencedBy":["id"]},"labels":{}},
		{"fingerprint":"f3","status":{"state":"unprocessed"},"labels":{"a":"1"}},
		{"status":{"state":"active"},"labels":{"a":"1"}}
	] `)
	require.NoError(t, err)
	assert.Zero(t, unusable)
	assert.Equal(t, []seen{
		{"[{alertname A} {x 1}]", "6051004c729abe0e", false},
		{"[{alertname B}]", "f1", true},
		{"[]", "f2", true},
		{"[]", "f4", true},
		{"[{a 1}]", "f3", true},
		{"[{a 1}]", labels.FromMap(map[string]string{"a": "1"}).Fingerprint(), false},
	}, all)
}

// portions gives at most n bytes per read, as a network does.
type portions struct {
	from io.Reader
	n    int
}

func (p portions) Read(b []byte) (int, error) { return p.from.Read(b[:min(len(b), p.n)]) }

// TestReadListInPortions: wherever the network cuts the list, each alert is the same.
func TestReadListInPortions(t *testing.T) {
	one := `{"annotations":{"summary":"x"},"endsAt":"2026-11-26T14:53:00.809Z","fingerprint":"f","receivers":[{"name":"x"}],` +
		`"status":{"inhibitedBy":["b"],"mutedBy":["nights"],"silencedBy":["id"],"state":"suppressed"},"labels":{"alertname":"A"}}`
	list := "[" + strings.Repeat(one+",", 99) + one + "]"
	for _, n := range []int{1, 7, 100, 512, len(list)} {
		read := 0
		unusable, err := NewReader().ReadList(portions{strings.NewReader(list), n}, func(a *ListedAlert) {
			read++
			a.Bytes = 0
			assert.Equal(t, ListedAlert{
				Alert: Alert{
					Status: attrs.StatusFiring, Fingerprint: "f",
					Labels: labels.Set{{Name: "alertname", Value: "A"}}, Annotations: labels.Set{{Name: "summary", Value: "x"}},
				},
				Receivers: []string{"x"}, TellsMuted: true, Suppressed: true, SilencedBy: []string{"id"},
			}, *a, "%d bytes at a time", n)
		})
		require.NoError(t, err)
		assert.Zero(t, unusable)
		assert.Equal(t, 100, read)
	}
}

func TestReadListRefuses(t *testing.T) {
	for list, want := range map[string]string{
		``:                              "the body is empty",
		`null`:                          "the answer is not a list of alerts",
		`{"status":"error"}`:            "the answer is not a list of alerts",
		`<!DOCTYPE html><html></html>`:  "invalid JSON at byte 0",
		`[{"labels":{"a":"1"}`:          "the JSON ends too early",
		`[] []`:                         "there is more after the list of alerts",
		`[{"labels":{"a":"1"}} {}]`:     "invalid JSON",
		`[{"status":{"state":"active}}`: "the JSON ends too early",
	} {
		_, _, err := readList(t, list)
		require.ErrorContains(t, err, want, list)
	}
	failed := errors.New("the connection is gone")
	_, err := NewReader().ReadList(io.MultiReader(strings.NewReader(`[{"labels":`), iotest.ErrReader(failed)), func(*ListedAlert) {})
	require.ErrorIs(t, err, failed)
}

// TestReadListCountsWhatItCannotUse: a list with unusable alerts is not complete.
func TestReadListCountsWhatItCannotUse(t *testing.T) {
	all, unusable, err := readList(t, `[7, {"labels":{"a":"1"}}, {"labels":"x","status":{"state":"active"}},
		{"labels":{"a":"1","a":"2"},"status":{"state":"active"}}, {"fingerprint":"f","labels":{"a":"1"},"status":{"state":"active"}}]`)
	require.NoError(t, err)
	assert.Equal(t, 4, unusable)
	assert.Equal(t, []seen{{"[{a 1}]", "f", false}}, all)
}

// TestListedKeyIsTheWebhooks: an alert has the same key in the list and in the webhook, whichever private labels one of them has.
func TestListedKeyIsTheWebhooks(t *testing.T) {
	c, err := NewConverter(Options{ReceiverID: "alertmanager/x", LabelsPerAlert: 2, ValueBytes: 1000, Alias: AliasRule{Labels: []string{"alertname"}, Separator: ":"}})
	require.NoError(t, err)
	w, err := Decode([]byte(`{"version":"4","alerts":[{"status":"firing","fingerprint":"f0","startsAt":"2026-11-26T14:00:00Z",
		"labels":{"alertname":"A","b":"\u0000","c":"ü","d":"4"},"annotations":{"x":"y"}}]}`))
	require.NoError(t, err)
	logs, _ := c.Logs(w, &Delivery{})
	record := logs.ResourceLogs().At(0).ScopeLogs().At(0).LogRecords().At(0)
	sent, _ := record.Attributes().Get(attrs.AlertKey)

	var keys []Key
	_, err = NewReader().ReadList(strings.NewReader(`[{"status":{"state":"active"},"fingerprint":"f0",
		"labels":{"d":"4","c":"ü","b":"\u0000","alertname":"A","__alert_rule_uid__":"u"}}]`), func(a *ListedAlert) {
		k := c.Key(&a.Alert)
		keys = append(keys, k)
	})
	require.NoError(t, err)
	require.Len(t, keys, 1)
	assert.Equal(t, sent.Bytes().AsRaw(), keys[0][:])
}

func TestReadStatus(t *testing.T) {
	s, err := ReadStatus([]byte(`{"cluster":{"name":"01A","peers":[{"address":"1:2","name":"01A"},{"address":"3:4","name":"01B"}],"status":"settling"},
		"config":{"original":"x"},"uptime":"2026-11-26T14:47:59.311Z","versionInfo":{"version":"0.31.1"}}`))
	require.NoError(t, err)
	assert.Equal(t, &Status{
		Started: time.Date(2026, 11, 26, 14, 47, 59, 311e6, time.UTC), Settling: true, Name: "01A", Peers: []string{"01A", "01B"},
	}, s)
	s, err = ReadStatus([]byte(`{"cluster":{"peers":[],"status":"disabled"},"uptime":"0001-01-01T00:00:00.000Z"}`))
	require.NoError(t, err)
	assert.Equal(t, &Status{}, s)
	for _, body := range []string{``, `[]`, `{}`, `<html>`, `{"uptime":7}`, `{"uptime":"yesterday"}`, `{"status":"error"}`} {
		_, err := ReadStatus([]byte(body))
		require.Error(t, err, body)
	}
}

func TestOneCluster(t *testing.T) {
	member := func(name string, peers ...string) *Status { return &Status{Name: name, Peers: peers} }
	assert.True(t, OneCluster([]*Status{member("")}), "one alone needs no cluster")
	assert.True(t, OneCluster([]*Status{member("a", "a", "b"), member("b", "b", "a")}))
	assert.False(t, OneCluster([]*Status{member("a", "a", "b"), member("b", "b")}))
	assert.False(t, OneCluster([]*Status{member(""), member("")}))
	assert.False(t, OneCluster([]*Status{member("", ""), member("", "")}), "members without names")
	assert.False(t, OneCluster([]*Status{member("a", "a"), member("b", "b")}))
}

// FuzzReadList: no answer makes ReadList panic, and each alert has a key.
func FuzzReadList(f *testing.F) {
	f.Add(`[{"fingerprint":"f1","status":{"state":"suppressed","silencedBy":["id"]},"labels":{"alertname":"B"}}]`)
	f.Add(`[{"labels":{"a":"1","a":"2"}}, 7, null]`)
	f.Fuzz(func(t *testing.T, list string) {
		r := NewReader()
		_, err := r.ReadList(strings.NewReader(list), func(a *ListedAlert) {
			if a.Fingerprint == "" {
				t.Fatal("an alert without a fingerprint")
			}
		})
		if err == nil && !strings.Contains(list, "[") {
			t.Fatalf("%q is a list", list)
		}
	})
}

func TestReadListTellsWhoSilences(t *testing.T) {
	var ids []string
	_, err := NewReader().ReadList(strings.NewReader(`[{"fingerprint":"f","labels":{},"status":{"state":"suppressed","silencedBy":["s1","s2"],"inhibitedBy":7}}]`),
		func(a *ListedAlert) { ids = append(ids, a.SilencedBy...) })
	require.NoError(t, err)
	assert.Equal(t, []string{"s1", "s2"}, ids)
}

func TestReadSilences(t *testing.T) {
	said := `[{"id":"s1","createdBy":"jane","comment":"working on it","startsAt":"2026-11-26T14:00:00Z","endsAt":"2026-11-26T16:00:00.5Z","status":{"state":"active"}},
		{"id":"s2","createdBy":"","endsAt":"2026-11-26T16:00:00Z"},{"id":"s3","createdBy":"joe","endsAt":"soon"},{"id":"s4","createdBy":"joe","endsAt":"2026-11-26T16:00:00Z"}]`
	silences, err := ReadSilences([]byte(said), func(id string) bool { return id != "s4" })
	require.NoError(t, err)
	assert.Equal(t, map[string]Silence{"s1": {By: "jane", Until: time.Date(2026, 11, 26, 16, 0, 0, 5e8, time.UTC)}}, silences)
	for _, body := range []string{``, `{}`, `<html>`, `[7]`} {
		_, err := ReadSilences([]byte(body), func(string) bool { return true })
		require.EqualError(t, err, "the answer is not a list of silences", body)
	}
}

// TestReadListReadsWhole: it reads everything that a webhook contains except the end, which is only that of the lease.
func TestReadListReadsWhole(t *testing.T) {
	const alert = `{"annotations":{"summary":"x"},"endsAt":"2026-11-26T14:53:00Z","fingerprint":"f","startsAt":"2026-11-26T14:00:00Z","generatorURL":"http://p/x",
		"receivers":[{"name":"web.hook"},7,{"other":1,"name":"b"}],"status":{"inhibitedBy":[],"mutedBy":[],"silencedBy":[],"state":"active"},"labels":{"alertname":"A"}}`
	var kept []Alert
	_, err := NewReader().ReadList(strings.NewReader("["+alert+`,{"fingerprint":"g","labels":{"alertname":"B"},"status":{"inhibitedBy":[],"silencedBy":[],"state":"active"}}]`), func(a *ListedAlert) {
		if kept = append(kept, a.Keep()); a.Fingerprint == "f" {
			assert.Equal(t, []string{"web.hook", "b"}, a.Receivers)
			assert.Len(t, alert, a.Bytes)
		}
		assert.Equal(t, a.Fingerprint == "f", a.TellsMuted)
	})
	require.NoError(t, err)
	assert.Equal(t, Alert{
		Status: attrs.StatusFiring, Fingerprint: "f", StartsAt: time.Date(2026, 11, 26, 14, 0, 0, 0, time.UTC), GeneratorURL: "http://p/x",
		Labels: labels.FromMap(map[string]string{"alertname": "A"}), Annotations: labels.FromMap(map[string]string{"summary": "x"}),
	}, kept[0])
	assert.Equal(t, "B", kept[1].Labels.Get("alertname"))
}

// TestAsWebhooks: a listed alert gets the alias that its webhook would give it, even for Grafana.
func TestAsWebhooks(t *testing.T) {
	set := func(pairs ...string) labels.Set {
		m := map[string]string{}
		for pair := range slices.Chunk(pairs, 2) {
			m[pair[0]] = pair[1]
		}
		return labels.FromMap(m)
	}
	all := AsWebhooks("web.hook", []Alert{
		{Status: attrs.StatusFiring, Fingerprint: "a", Labels: set("alertname", "A", "instance", "i"), Annotations: set("__x__", "kept")},
		{Status: attrs.StatusFiring, Fingerprint: "g", Labels: set("alertname", "G", "instance", "i", "__alert_rule_uid__", "rule-1"), Annotations: set("__x__", "dropped", "summary", "s")},
		{Status: attrs.StatusFiring, Fingerprint: "b", Labels: set("alertname", "B", "instance", "i")},
	})
	require.Len(t, all, 2)
	c, err := NewConverter(Options{LabelsPerAlert: 10, ValueBytes: 1000, Alias: AliasRule{Labels: []string{"alertname", "instance"}, Separator: ":"}})
	require.NoError(t, err)
	var aliases []string
	for _, w := range all {
		for i := range w.Alerts {
			assert.Equal(t, i, w.Alerts[i].Position)
			aliases = append(aliases, c.Alias(w, &w.Alerts[i]).Text)
		}
	}
	assert.Equal(t, []string{"A:i", "B:i", "G:i:rule-1"}, aliases)
	assert.Equal(t, `web\.hook`, all[0].Receiver, "as Alertmanager sends it")
	assert.Equal(t, "web.hook", all[1].Receiver)
	assert.Equal(t, set("__x__", "kept"), all[0].Alerts[0].Annotations)
	assert.Equal(t, set("summary", "s"), all[1].Alerts[0].Annotations)
	assert.Equal(t, set("alertname", "G", "instance", "i"), all[1].Alerts[0].Labels)
}
