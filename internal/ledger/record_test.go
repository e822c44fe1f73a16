// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"reflect"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/alert24/otelcol-alert24/internal/incident"
	"github.com/alert24/otelcol-alert24/internal/labels"
)

// whole is an entry with every persisted field set.
func whole() *Entry {
	return &Entry{
		Alias: theAlias,
		Members: []Member{{
			Alert: incident.Pack(&incident.Alert{
				Fingerprint: "f0", Name: "HighErrorRate", Severity: incident.High, StartsAt: at(1),
				Labels:       labels.Set{{Name: "alertname", Value: "HighErrorRate"}, {Name: "my.label/ü", Value: "a\"b\n"}},
				Annotations:  labels.Set{{Name: "summary", Value: "Errors"}},
				GroupLabels:  labels.Set{{Name: "cluster", Value: "x"}},
				GeneratorURL: "http://p/graph", ExternalURL: "http://am", Truncated: 3,
				Title: "t", Description: "d", Tags: []string{"a"}, AffectedServices: []string{"s"},
			}),
			Firing: true, HeldUntil: at(9), Epoch: "e", Seq: 7, LastSeen: at(2),
			EndsAt: at(3), ResolvedBy: "am1", ResolvedAt: at(4),
		}},
		Incident: Incident{State: Open, ID: "1", Number: 4, StartedAt: at(1)},
		Written:  "abc", Inflight: Call{Kind: Update, ID: "1", At: at(5)},
		Doubt:     Doubt{Set: true, Creates: 2, Closing: "1", Finished: true, Since: at(2)},
		Extra:     []string{"7"},
		Dismissed: true, Reopening: "8", Reopened: true, Refused: Refusal{Kind: Create, Hash: "h", Minimal: true},
		Peak: incident.Critical, Left: true,
		QuietSince: at(6), ConfirmedAt: at(5), Version: 12,
	}
}

func TestRecordKeepsEveryPersistedField(t *testing.T) {
	e := whole()
	record := appendRecord(nil, e)
	got, err := decode(theAlias, record)
	require.NoError(t, err)
	assert.Equal(t, e, got)
	assert.Equal(t, string(record), string(appendRecord(nil, got)))
}

// TestRecordIsTheJSONOfItsTags: with every field alone and all but every field, so that what is zero is left out where
// the tags say so.
func TestRecordIsTheJSONOfItsTags(t *testing.T) {
	same := func(e *Entry) {
		t.Helper()
		want, err := json.Marshal(&schemaEntry{Schema, *e}, recordOptions)
		require.NoError(t, err)
		assert.Equal(t, string(want), string(appendRecord(nil, e)))
	}
	same(&Entry{})
	same(whole())
	var leaves func(v reflect.Value, visit func(field reflect.Value))
	leaves = func(v reflect.Value, visit func(field reflect.Value)) {
		if v.Kind() == reflect.Slice && v.Type().Elem().Kind() == reflect.Struct && v.Len() > 0 {
			leaves(v.Index(0), visit)
		}
		if v.Kind() != reflect.Struct || v.Type() == reflect.TypeFor[time.Time]() || v.Type() == reflect.TypeFor[incident.Packed]() {
			visit(v)
			return
		}
		for i := range v.NumField() {
			if v.Type().Field(i).Tag.Get("json") != "-" {
				leaves(v.Field(i), visit)
			}
		}
	}
	var fields int
	leaves(reflect.ValueOf(whole()).Elem(), func(reflect.Value) { fields++ })
	for n := range fields {
		for _, only := range []bool{false, true} {
			e, i := whole(), 0
			leaves(reflect.ValueOf(e).Elem(), func(field reflect.Value) {
				if (i == n) != only {
					field.SetZero()
				}
				i++
			})
			same(e)
		}
	}
}

// TestWholeIsWhole: a field that is added must be added to whole, too.
func TestWholeIsWhole(t *testing.T) {
	var check func(path string, v reflect.Value)
	check = func(path string, v reflect.Value) {
		if v.Kind() == reflect.Slice && v.Len() > 0 {
			v = v.Index(0)
		}
		if v.Kind() != reflect.Struct || v.Type() == reflect.TypeFor[time.Time]() || v.Type() == reflect.TypeFor[incident.Packed]() {
			assert.False(t, v.IsZero(), path)
			return
		}
		for i := range v.NumField() {
			if f := v.Type().Field(i); f.Tag.Get("json") != "-" {
				check(path+"."+f.Name, v.Field(i))
			}
		}
	}
	check("Entry", reflect.ValueOf(*whole()))
}

func TestRecordForgetsWhatIsVolatile(t *testing.T) {
	e := whole()
	e.volatile = volatile{desired: "x", armed: true, attempts: 3, retryAt: at(9), verify: true}
	record := appendRecord(nil, e)
	got, err := decode(theAlias, record)
	require.NoError(t, err)
	assert.Equal(t, volatile{}, got.volatile)
}

func TestRecordMendsText(t *testing.T) {
	e := whole()
	e.Members[0].Alert = incident.Pack(&incident.Alert{
		Fingerprint: "f\xff",
		Labels:      labels.Set{{Name: "a\xfe", Value: "1"}, {Name: "a\xff", Value: "b\xff"}},
	})
	record := appendRecord(nil, e)
	got, err := decode(theAlias, record)
	require.NoError(t, err)
	alert := got.Members[0].Alert.Unpack()
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
		"a state beyond its range": {`{"schema":1,"incident":{"state":1000}}`, "not a record"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := decode(theAlias, []byte(c.record))
			require.ErrorContains(t, err, c.want)
		})
	}
}

// FuzzDecode: whatever disk holds is refused, or is an entry that can be worked with and written again.
func FuzzDecode(f *testing.F) {
	record := appendRecord(nil, whole())
	f.Add(record)
	f.Add([]byte(`{"schema":1}`))
	f.Add([]byte(`{"schema":1,"incident":{"state":3},"doubt":{"set":true,"creates":-1}}`))
	p := testPolicy()
	f.Fuzz(func(t *testing.T, record []byte) {
		e, err := decode(theAlias, record)
		if err != nil {
			return
		}
		again := appendRecord(nil, e)
		same, err := decode(theAlias, again)
		require.NoError(t, err)
		require.Equal(t, string(again), string(appendRecord(nil, same)))
		n := p.Load(e, at(100))
		d := p.Decide(n, at(100))
		if d.Call.Kind != NoCall && d.Call.Kind != Create && d.Call.Kind != Lookup {
			require.NotEmpty(t, d.Call.ID)
		}
		require.False(t, !d.Wake.IsZero() && !d.Wake.After(at(100)), "woken at once")
	})
}
