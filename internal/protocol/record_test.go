// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package protocol

import (
	"encoding/binary"
	"reflect"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/alert24/otelcol-alert24/internal/incident"
	"github.com/alert24/otelcol-alert24/internal/labels"
)

// wholeMember is a member with every field set.
func wholeMember() Member {
	m := Member{
		Key: keys[0],
		Alert: incident.Pack(&incident.Alert{
			Fingerprint: "f0", Name: "HighErrorRate", Severity: incident.High, StartsAt: at(1),
			Labels:       labels.Set{{Name: "alertname", Value: "HighErrorRate"}, {Name: "my.label/ü", Value: "a\"b\n"}},
			Annotations:  labels.Set{{Name: "summary", Value: "Errors"}},
			GroupLabels:  labels.Set{{Name: "cluster", Value: "x"}},
			GeneratorURL: "http://p/graph", ExternalURL: "http://am", Truncated: 3,
			Title: "t", Description: "d", Tags: []string{"a"}, AffectedServices: []string{"s"},
		}),
		Firing: true, HeldUntil: at(9), Epoch: "e", Seq: 7, LastSeen: at(2), StaleAfter: time.Minute,
		EndsAt: at(3), ResolvedBy: "am1", ResolvedAt: at(4), ShownBy: "alertmanager", Witness: 1<<63 + 7, Final: true,
	}
	m.Alert.LeftOpen = true
	return m
}

// whole is an entry with every persisted field set.
func whole() *Entry {
	hashes := incident.Hashes{1, 1 << 63, 3, 4, 5, 6, 7}
	e := &Entry{
		Alias:      theAlias,
		Incident:   Incident{State: Open, ID: "1", Number: 4, StartedAt: at(1)},
		Written:    Written{News: hashes, Shown: hashes, Theirs: 3, Cleaned: 5, Peak: incident.High},
		Unsure:     []Content{{News: hashes, Sent: hashes, Severity: incident.Low}},
		WriteAhead: &Call{Kind: Update, ID: "1", At: at(5), Content: Content{News: hashes, Sent: hashes, Severity: incident.Medium}},
		Doubt:      Doubt{Set: true, Creates: 2, Closing: "1", Finished: true, Since: at(2)},
		Extra:      []string{"7"}, Foreign: "6",
		Dismissed: true, Reopening: "8", Reopened: true, Refused: Refusal{Kind: Create, Hash: 1 << 63, Short: true, Again: true},
		Continues: 11, Renewed: incident.Critical, Peak: incident.Critical, Left: true, KeepsOpen: true, Unseen: true,
		QuietSince: at(6), ConfirmedAt: at(5), Version: 12,
	}
	m := wholeMember()
	e.Members = e.Members.draft()
	e.Members.set(&m)
	e.Members.seal()
	return e
}

// volatile are the parts of an entry and of a call that are not on disk, or have a separate form there.
var volatile = map[string]bool{
	"Entry.Alias": true, "Entry.Members": true, "Member.AbsentSince": true, "Member.ToldAt": true,
	"Entry.WriteAhead.Short": true, "Entry.WriteAhead.Bare": true, "Entry.WriteAhead.Finish": true, "Entry.WriteAhead.Renew": true,
	"Entry.WriteAhead.Severity": true, "Entry.WriteAhead.Form": true, "Entry.WriteAhead.Depth": true, "Entry.WriteAhead.Version": true,
	"Entry.WriteAhead.Fresh": true,
}

// leaves visits the fields that are on disk.
func leaves(path string, v reflect.Value, visit func(path string, field reflect.Value)) {
	switch {
	case volatile[path]:
	case v.Kind() == reflect.Pointer:
		leaves(path, v.Elem(), visit)
	case v.Kind() == reflect.Slice && v.Type().Elem().Kind() == reflect.Struct && v.Len() > 0:
		leaves(path, v.Index(0), visit)
	case v.Kind() != reflect.Struct || v.Type() == reflect.TypeFor[time.Time]():
		visit(path, v)
	default:
		for i := range v.NumField() {
			leaves(path+"."+v.Type().Field(i).Name, v.Field(i), visit)
		}
	}
}

// TestWholeIsWhole: a new field must be added to whole, too.
func TestWholeIsWhole(t *testing.T) {
	check := func(path string, v reflect.Value) { assert.False(t, v.IsZero(), path) }
	leaves("Entry", reflect.ValueOf(whole()).Elem(), check)
	leaves("Member", reflect.ValueOf(wholeMember()), check)
}

// TestRecordKeepsEveryField tries each field alone, and all fields but each, so that AppendRecord and Decode agree on what is left out.
func TestRecordKeepsEveryField(t *testing.T) {
	same := func(path string, e *Entry) {
		t.Helper()
		record := AppendRecord(nil, e)
		var h head
		require.NoError(t, decode(record, &h, &h.Schema), path)
		var fast head
		if fast.read(string(record)) {
			assert.Equal(t, h, fast, path)
		}
		got := h.entry(theAlias) // without the checks of Decode
		got.Members = e.Members
		assert.Equal(t, e, got, path)
		got, err := Decode(theAlias, record, nil)
		if err == nil {
			assert.Equal(t, e, got, path)
		}
	}
	same("", whole())
	same("", &Entry{Alias: theAlias})
	var paths []string
	leaves("Entry", reflect.ValueOf(whole()).Elem(), func(path string, _ reflect.Value) { paths = append(paths, path) })
	for _, path := range paths {
		for _, only := range []bool{false, true} {
			e := whole()
			leaves("Entry", reflect.ValueOf(e).Elem(), func(p string, field reflect.Value) {
				// A call or refusal without its kind is not written.
				if (p == path) != only && p != "Entry.WriteAhead.Kind" && p != "Entry.Refused.Kind" {
					field.SetZero()
				}
			})
			same(path, e)
		}
	}
}

// TestMostRecordsNeedNoDecoder: entries without doubt and without a call under way need no decoder.
func TestMostRecordsNeedNoDecoder(t *testing.T) {
	e := whole()
	settled := &Entry{
		Alias: e.Alias, Members: e.Members, Incident: e.Incident, Written: e.Written, Doubt: Doubt{Finished: true}, Peak: e.Peak,
		QuietSince: e.QuietSince, ConfirmedAt: e.ConfirmedAt, Version: e.Version,
	}
	for _, e := range []*Entry{settled, {Alias: theAlias, Members: e.Members, Version: 1}, {}} {
		record := string(AppendRecord(nil, e))
		var want, got head
		require.NoError(t, decode([]byte(record), &want, &want.Schema))
		assert.True(t, got.read(record), record)
		assert.Equal(t, want, got)
	}
	for name, record := range map[string]string{
		"in doubt": string(AppendRecord(nil, e)), "of a newer version": `{"schema":2,"version":1}`, "with white space": `{"schema": 1,"version":1}`,
		"with a field of another type": `{"schema":1,"version":"1"}`, "cut": `{"schema":1,"incident":{"state":1}`, "less than 0": `{"schema":1,"version":-1}`,
		"not UTF-8": "{\"schema\":1,\"incident\":{\"id\":\"\xff\"},\"version\":1}", "nothing": "",
	} {
		assert.False(t, new(head).read(record), name)
	}
}

func TestRecordForgetsTimers(t *testing.T) {
	p := testPolicy()
	e := opened(t, p, at(0))
	e.Timers = Timers{Attempts: 3, RetryAt: at(9), Verify: true}
	assert.Equal(t, Timers{ListsAt: at(16)}, restart(t, p, e, at(1)).Timers)
}

// TestBuckets: many members have bucket records, and a change of one member changes one record.
func TestBuckets(t *testing.T) {
	p := testPolicy()
	p.Members = 50
	var events []Event
	for i := range 200 {
		ev := fires(am1, at(0)).says("text")
		binary.BigEndian.PutUint64(ev.Key[8:], uint64(i+1))
		ev.Key[0], ev.Key[1] = byte(i), byte(i>>8)
		events = append(events, ev)
	}
	e, _ := p.Apply(Timed{}, events, at(0))
	require.Equal(t, 200, e.Members.Len())
	require.Greater(t, e.Buckets(), 10)
	got, err := Decode(theAlias, AppendRecord(nil, e.Entry), func(i int) []byte { return AppendBucket(nil, e.Entry, i) })
	require.NoError(t, err)
	require.Equal(t, 200, got.Members.Firing())
	var texts int
	for m := range e.Members.All() {
		kept := *m
		kept.ToldAt = time.Time{} // it is not stored
		require.Equal(t, kept, *got.Members.Get(m.Key))
		if m.Alert.Unpack().Description != "" {
			texts++
		}
	}
	assert.Equal(t, 50, texts, "those above the limit keep no text")

	events[7].Firing, events[7].EndsAt = false, at(1)
	n, _ := p.Apply(e, events[7:8], at(1))
	var changed int
	for i := range n.Buckets() {
		if n.Changed(e.Entry, i) {
			changed++
		}
	}
	assert.Equal(t, 1, changed)
	assert.Equal(t, 200, e.Members.Firing(), "the former entry is as it was")
	assert.Equal(t, 199, n.Members.Firing())
}

func TestRecordMendsText(t *testing.T) {
	e := whole()
	m := *e.Members.Get(keys[0])
	m.Alert = incident.Pack(&incident.Alert{
		Fingerprint: "f\xff",
		Labels:      labels.Set{{Name: "a\xfe", Value: "1"}, {Name: "a\xff", Value: "b\xff"}},
	})
	e.Members = e.Members.draft()
	e.Members.set(&m)
	e.Members.seal()
	got, err := Decode(theAlias, AppendRecord(nil, e), nil)
	require.NoError(t, err)
	alert := got.Members.Get(keys[0]).Alert.Unpack()
	assert.Equal(t, "f\ufffd", alert.Fingerprint)
	assert.Equal(t, labels.Set{{Name: "a\ufffd", Value: "1"}, {Name: "a\ufffd", Value: "b\ufffd"}}, alert.Labels)
}

func TestDecodeRefuses(t *testing.T) {
	for name, c := range map[string]struct{ record, want string }{
		"nothing":                  {"", "not a record"},
		"another text":             {"hello", "not a record"},
		"a list":                   {"[]", "not a record"},
		"no schema":                {"{}", "no schema"},
		"a cut record":             {`{"schema":1,"members":[{"alert"`, "not a record"},
		"a newer schema":           {`{"schema":2}`, ErrSchema.Error()},
		"a newer, other shape":     {`{"schema":2,"members":{"f0":{}}}`, ErrSchema.Error()},
		"an unknown state":         {`{"schema":1,"incident":{"state":9}}`, "state 9"},
		"open without an id":       {`{"schema":1,"incident":{"state":1}}`, "without an id"},
		"a close of nothing":       {`{"schema":1,"inflight":{"kind":3}}`, `kind 3 to ""`},
		"an unknown call":          {`{"schema":1,"inflight":{"kind":99,"id":"1"}}`, "kind 99"},
		"an unknown refused call":  {`{"schema":1,"refused":{"kind":99}}`, "kind 99"},
		"a member without a key":   {`{"schema":1,"members":[{"key":"AAAA"}]}`, "key of an alert"},
		"cut hashes":               {`{"schema":1,"written":{"news":"AAAA"}}`, "hashes"},
		"a state beyond its range": {`{"schema":1,"incident":{"state":1000}}`, "not a record"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Decode(theAlias, []byte(c.record), nil)
			require.ErrorContains(t, err, c.want)
		})
	}
}

// nobucket returns an empty record for a few buckets.
func nobucket(i int) []byte {
	if i > 3 {
		return nil
	}
	return []byte(`{"schema":1}`)
}

// FuzzDecode: any record is refused, or gives an entry that can be used and written again.
func FuzzDecode(f *testing.F) {
	record := AppendRecord(nil, whole())
	f.Add(record)
	f.Add([]byte(`{"schema":1}`))
	f.Add([]byte(`{"schema":1,"buckets":2}`))
	f.Add([]byte(`{"schema":1,"members":[{"alert":{"fp":"","sev":}}]}`))
	f.Add([]byte(`{"schema":1,"incident":{"state":3},"doubt":{"set":true,"creates":-1}}`))
	p := testPolicy()
	f.Fuzz(func(t *testing.T, record []byte) {
		e, err := Decode(theAlias, record, nobucket)
		if err != nil {
			return
		}
		again := AppendRecord(nil, e)
		same, err := Decode(theAlias, again, nobucket)
		require.NoError(t, err)
		require.Equal(t, string(again), string(AppendRecord(nil, same)))
		n := p.Load(e, at(100))
		d := p.Decide(n, want(n), at(100))
		if d.Call.Kind != NoCall && d.Call.Kind != Create && d.Call.Kind != Lookup {
			require.NotEmpty(t, d.Call.ID)
		}
		require.False(t, !d.Wake.IsZero() && !d.Wake.After(at(100)), "woken at once")
	})
}
