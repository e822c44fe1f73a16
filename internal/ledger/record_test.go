// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"bytes"
	"context"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/open-telemetry/opentelemetry-collector-contrib/extension/storage/filestorage"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/extension/extensiontest"
	"go.opentelemetry.io/collector/extension/xextension/storage"

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

func TestLoad(t *testing.T) {
	good := string(appendRecord(nil, whole()))
	segment := func(aliases []string, records ...string) []byte {
		return appendSegment(nil, aliases, []byte(strings.Join(records, "\n")+"\n"))
	}
	a, b := []string{"a"}, []string{"b"}
	t.Run("a newer schema refuses the start", func(t *testing.T) {
		c := newClient()
		newer := segment([]string{"a", "b"}, good, `{"schema":2}`)
		c.records[segmentKey(1)] = newer
		_, err := New(testPolicy(), c, 1, func() time.Time { return at(0) }).Load(t.Context())
		require.ErrorIs(t, err, ErrSchema)
		assert.NotContains(t, err.Error(), "\n")
		assert.Equal(t, newer, c.records[segmentKey(1)], "and touches nothing")
	})
	damaged := segment([]string{"a", "b"}, good, good)
	damaged[len(damaged)-1]++
	for name, s := range map[string]struct {
		segments   [][]byte
		aliases    []string // that are known afterwards
		unreadable []Unreadable
	}{
		"an unreadable record":     {[][]byte{segment([]string{"a", "b"}, good, "garbage")}, []string{"a", "b"}, []Unreadable{{segmentKey(1), b}}},
		"a record that is missing": {[][]byte{segment([]string{"a", "b"}, good)}, []string{"a", "b"}, []Unreadable{{segmentKey(1), []string{"a", "b"}}}},
		"unreadable records":       {[][]byte{damaged}, []string{"a", "b"}, []Unreadable{{segmentKey(1), []string{"a", "b"}}}},
		"an unreadable segment":    {[][]byte{segment(a, good), []byte("garbage"), segment(b, good)}, []string{"a", "b"}, []Unreadable{{Key: segmentKey(2)}}},
		"no old record":            {[][]byte{segment(a, "garbage"), segment([]string{"a", "b"}, good, good)}, []string{"a", "b"}, nil},
		"what is old besides":      {[][]byte{damaged, segment(a, good)}, []string{"a", "b"}, []Unreadable{{segmentKey(1), b}}},
	} {
		t.Run(name+" is set aside and its alias looked up", func(t *testing.T) {
			c := newClient()
			for i, s := range s.segments {
				c.records[segmentKey(uint64(i+1))] = s
			}
			c.records["other"] = []byte("not ours")
			kept := maps.Clone(c.records)
			load := func() []Unreadable {
				l := New(testPolicy(), c, 1, func() time.Time { return at(100) })
				unreadable, err := l.Load(t.Context())
				require.NoError(t, err)
				assert.ElementsMatch(t, s.aliases, l.Aliases())
				for _, alias := range s.aliases {
					e := l.Get(alias)
					if len(s.unreadable) == 0 || !slices.Contains(s.unreadable[0].Aliases, alias) {
						assert.Equal(t, "1", e.Incident.ID)
						continue
					}
					assert.Equal(t, Unknown, e.Incident.State)
					assert.True(t, e.Doubt.Set)
					assert.Equal(t, Lookup, l.Peek(alias).Call.Kind)
					assert.True(t, l.Peek(alias).Call.At.IsZero(), "as far back as needed")
				}
				_, live := l.Counts()
				assert.Equal(t, len(s.aliases), live)
				return unreadable
			}
			assert.Equal(t, s.unreadable, load())
			assert.Equal(t, "not ours", string(c.records["other"]))
			for key, value := range kept {
				if !bytes.Equal(c.records[key], value) {
					assert.Equal(t, value, c.records[asidePrefix+key])
					delete(c.records, asidePrefix+key)
				}
			}
			for key := range c.records {
				assert.False(t, strings.HasPrefix(key, asidePrefix), key)
			}
			assert.Empty(t, load(), "also after the next crash")
		})
	}
	t.Run("the last record of an alias counts", func(t *testing.T) {
		c := newClient()
		c.records[segmentKey(1)] = segment([]string{"a", "b", "c"}, `{"schema":1}`, good, good)
		c.records[segmentKey(2)] = segment([]string{"b", "a"}, "", good)
		c.records[segmentKey(0x10)] = segment([]string{"d"}, "")
		l := New(testPolicy(), c, 1, func() time.Time { return at(100) })
		unreadable, err := l.Load(t.Context())
		require.NoError(t, err)
		assert.Empty(t, unreadable)
		assert.ElementsMatch(t, []string{"a", "c"}, l.Aliases())
		assert.Equal(t, "1", l.Get("a").Incident.ID)
		assert.EqualValues(t, 0x10, l.store.journal.last)
	})
	t.Run("records with keys of their own move to the journal when they change", func(t *testing.T) {
		c := newClient()
		c.records["alias/a"], c.records["alias/b"], c.records["alias/c"] = []byte(good), []byte("garbage"), []byte(good)
		c.records[segmentKey(7)] = segment([]string{"d", "c"}, good, "")
		load := func() (*Ledger, []Unreadable) {
			l := New(testPolicy(), c, 1, func() time.Time { return at(100) })
			unreadable, err := l.Load(t.Context())
			require.NoError(t, err)
			return l, unreadable
		}
		_, unreadable := load()
		assert.Equal(t, []Unreadable{{"alias/b", b}}, unreadable)
		assert.Equal(t, "garbage", string(c.records["aside/alias/b"]))
		l, unreadable := load()
		assert.Empty(t, unreadable, "also after the next crash")
		assert.ElementsMatch(t, []string{"a", "b", "d"}, l.Aliases())
		assert.Equal(t, "1", l.Get("a").Incident.ID)
		assert.True(t, l.Get("b").Doubt.Set)
		assert.Contains(t, c.records, "alias/a")

		_, err := decode("", c.records["alias/"])
		require.ErrorIs(t, err, ErrSchema, "a former version refuses to start")
		change := func(e *Entry, _ int) (*Entry, bool) {
			n := e.copy()
			n.Version++
			return n, true
		}
		version := l.Get("a").Version
		leave := func(*Entry, int) (*Entry, bool) { return nil, true }
		require.NoError(t, l.store.update(t.Context(), mutation{alias: "a", do: change}, mutation{alias: "b", do: leave}))
		assert.NotContains(t, c.records, "alias/a")
		assert.NotContains(t, c.records, "alias/b")
		l, _ = load()
		assert.ElementsMatch(t, []string{"a", "d"}, l.Aliases())
		assert.Equal(t, version+1, l.Get("a").Version)
	})
	t.Run("a storage in no order", func(t *testing.T) {
		c := newClient()
		c.records[segmentKey(1)], c.records[segmentPrefix+"2"] = segment(a, good), segment(b, good)
		_, err := New(testPolicy(), c, 1, time.Now).Load(t.Context())
		require.ErrorContains(t, err, "in order")
	})
	t.Run("a storage that cannot list", func(t *testing.T) {
		_, err := New(testPolicy(), storage.NewNopClient(), 1, time.Now).Load(t.Context())
		require.ErrorContains(t, err, "file_storage")
	})
	t.Run("a storage that fails", func(t *testing.T) {
		c := newClient()
		c.full = true
		_, err := New(testPolicy(), c, 1, time.Now).Load(t.Context())
		require.ErrorIs(t, err, errDiskFull)
	})
}

// openFile returns a client of the real file storage.
func openFile(t *testing.T, dir string) storage.Client {
	t.Helper()
	return openBounded(t, dir, 0)
}

// openBounded is openFile for a file of at most maxSize bytes.
func openBounded(t *testing.T, dir string, maxSize int64) storage.Client {
	t.Helper()
	factory := filestorage.NewFactory()
	cfg, ok := factory.CreateDefaultConfig().(*filestorage.Config)
	require.True(t, ok)
	cfg.Directory = dir
	cfg.MaxSize = maxSize
	ext, err := factory.Create(t.Context(), extensiontest.NewNopSettings(factory.Type()), cfg)
	require.NoError(t, err)
	require.NoError(t, ext.Start(t.Context(), componenttest.NewNopHost()))
	t.Cleanup(func() { require.NoError(t, ext.Shutdown(context.WithoutCancel(t.Context()))) })
	se, ok := ext.(storage.Extension)
	require.True(t, ok)
	c, err := se.GetClient(t.Context(), component.KindExporter, component.MustNewID("alert24"), "ledger")
	require.NoError(t, err)
	return c
}

func TestFileStorage(t *testing.T) {
	dir := t.TempDir()
	now := at(0)
	start := func() (*Ledger, storage.Client) {
		c := openFile(t, dir)
		l := New(testPolicy(), c, 10, func() time.Time { return now })
		unreadable, err := l.Load(t.Context())
		require.NoError(t, err)
		require.Empty(t, unreadable)
		return l, c
	}
	l, c := start()
	_, err := l.Apply(t.Context(), []Event{firing("am1", at(0)), firing("am1", at(0)).low()})
	require.NoError(t, err)
	_, d, err := l.Claim(t.Context(), theAlias)
	require.NoError(t, err)
	require.Equal(t, Create, d.Call.Kind)
	require.NoError(t, c.Close(t.Context())) // the answer never comes

	_, err = l.Apply(t.Context(), []Event{resolved("am1", at(0), at(1))})
	require.Error(t, err, "the client is closed")

	now = at(10)
	l, c = start()
	e := l.Get(theAlias)
	assert.Len(t, e.Members, 2)
	assert.True(t, e.Firing())
	assert.Equal(t, Doubt{Set: true, Creates: 1, Since: at(0)}, e.Doubt)
	_, err = l.Apply(t.Context(), []Event{resolved("am1", at(0), at(1)), resolved("am1", at(0), at(1)).low()})
	require.NoError(t, err)
	_, d, err = l.Claim(t.Context(), theAlias)
	require.NoError(t, err)
	require.Equal(t, Lookup, d.Call.Kind)
	require.NoError(t, l.Learn(t.Context(), []*Answered{{Alias: theAlias, Call: d.Call, Answer: Answer{Verdict: Accepted, Began: now}}}))
	now = at(25)
	_, d, err = l.Claim(t.Context(), theAlias)
	require.NoError(t, err)
	require.True(t, d.Call.Wide)
	require.NoError(t, l.Learn(t.Context(), []*Answered{{Alias: theAlias, Call: d.Call, Answer: Answer{Verdict: Accepted, Began: now}}}))
	now = at(10000)
	_, _, err = l.Claim(t.Context(), theAlias)
	require.NoError(t, err)
	require.NoError(t, c.Close(t.Context()))

	l, c = start()
	assert.Empty(t, l.Aliases())
	require.NoError(t, c.Close(t.Context()))
}
