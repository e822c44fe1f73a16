// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package jsonobject

import (
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func pairs(object string) (all []string, ok bool) {
	ok = Each(object, func(name, value string) bool {
		all = append(all, name, value)
		return true
	})
	return all, ok
}

func TestEach(t *testing.T) {
	for object, want := range map[string][]string{
		`{}`:                                nil,
		`{"a":1}`:                           {`"a"`, `1`},
		`{"a":"\\","b":"}\"{","c":true}`:    {`"a"`, `"\\"`, `"b"`, `"}\"{"`, `"c"`, `true`},
		`{"a":{"b":["}"],"c":{}},"d":[[]]}`: {`"a"`, `{"b":["}"],"c":{}}`, `"d"`, `[[]]`},
		`{"":""}`:                           {`""`, `""`},
	} {
		got, ok := pairs(object)
		assert.True(t, ok, object)
		assert.Equal(t, want, got, object)
	}
	assert.False(t, Each(`{"a":1,"b":2}`, func(name, _ string) bool { return name != `"a"` }))
	for _, damaged := range []string{
		``, `{`, `}`, `[]`, `{"a"}`, `{"a":1`, `{"a":"b}`, `{"a":"b\"}`, `{"a":{"b":1}`, `{"a":1}}`, `{"a":1},{"b":2}`, `{"a":1,}`, `{"a":[1}`,
		`{"a":}`, `{"a":,"b":1}`, `{:1}`,
	} {
		got, ok := pairs(damaged)
		assert.False(t, ok, "%s: %q", damaged, got)
	}
}

func TestItems(t *testing.T) {
	var got []string
	take := func(value string) bool { got = append(got, value); return true }
	assert.True(t, Items(`["a,b",{"c":["d"]},1]`, take))
	assert.Equal(t, []string{`"a,b"`, `{"c":["d"]}`, `1`}, got)
	assert.True(t, Items(`[]`, take))
	for _, damaged := range []string{``, `{}`, `["a"`, `["a]`, `["a",]`, `[,]`, `[1,,2]`} {
		assert.False(t, Items(damaged, take), damaged)
	}
}

func TestText(t *testing.T) {
	for value, want := range map[string]string{`""`: "", `"a b"`: "a b", `"\"\u00e9\\"`: `"é\`} {
		got, ok := Text(value)
		assert.True(t, ok, value)
		assert.Equal(t, want, got)
	}
	for _, damaged := range []string{``, `"`, `a`, `"a`, `1`, `"\x"`} {
		_, ok := Text(damaged)
		assert.False(t, ok, damaged)
	}
}

// Any object without white space is read like a JSON decoder reads it, and nothing panics.
func FuzzEach(f *testing.F) {
	for _, seed := range []string{
		`{}`, `{ }`, ``, `{`, `{"a":"\\"}`, `{"a":"b\"`, `{"a":{"b":["}"]},"c":true}`, `{"a":{ },"x": "y"}`, `{"a"}`, `{"a":1,"b":[1,{"c":null}]}`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, object string) {
		got, _ := pairs(object)
		assert.NotContains(t, got, "", "readers look at the first byte")
		Items(object, func(item string) bool { return assert.NotEmpty(t, item) })
		assert.LessOrEqual(t, len(strings.Join(got, "")), len(object))

		value := jsontext.Value(object)
		if value.Kind() != '{' || value.Compact(jsontext.AllowInvalidUTF8(true), jsontext.AllowDuplicateNames(true)) != nil {
			return
		}
		got, ok := pairs(string(value))
		require.True(t, ok)
		dec := jsontext.NewDecoder(strings.NewReader(string(value)), jsontext.AllowInvalidUTF8(true), jsontext.AllowDuplicateNames(true))
		_, err := dec.ReadToken()
		require.NoError(t, err)
		for _, s := range got {
			want, err := dec.ReadValue()
			require.NoError(t, err)
			require.Equal(t, string(want), s)
		}
		require.Equal(t, jsontext.Kind('}'), dec.PeekKind())
	})
}

func TestCursorReadsAsEachDoes(t *testing.T) {
	for _, object := range []string{`{}`, `{"a":1}`, `{"a":{"b":"}"},"c":[1,2],"d":"\\\""}`, ``, `{`, `[]`, `{"a"}`, `{"a":1`, `{"a":1,}`, `{"a":1}}`, `"a":1}`, `{"a":}`, `{:1}`} {
		var want, got []string
		whole := Each(object, func(name, value string) bool { want = append(want, name, value); return true })
		c := Fields(object)
		for name, value, ok := c.Next(nil); ok; name, value, ok = c.Next(nil) {
			got = append(got, name, value)
		}
		assert.Equal(t, whole, c.Ended(), object)
		if whole {
			assert.Equal(t, want, got, object)
		}
	}
	c := Fields(`{"a":1,"b":2}`)
	name, _, ok := c.Next([]string{`"a"`})
	assert.True(t, ok)
	assert.Equal(t, `"b"`, name)
}

func TestFill(t *testing.T) {
	var b [3]byte
	assert.True(t, Fill(b[:], []byte("YWJj")))
	assert.Equal(t, "abc", string(b[:]))
	for _, text := range []string{"", "YWI", "YWJjZA", "YWJ*", "YWJj=", "Y\nJj"} {
		assert.False(t, Fill(b[:], []byte(text)), "%q", text)
	}
}
