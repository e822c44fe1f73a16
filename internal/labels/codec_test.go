// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package labels

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestDecode(t *testing.T) {
	for _, tt := range []struct {
		name, json string
		want       Set
	}{
		{"null", `null`, nil},
		{"empty", `{}`, nil},
		{"sorts", `{"b":"2","a":"1"}`, Set{{"a", "1"}, {"b", "2"}}},
		{"escapes", `{"a\u0062\n":"\"\\ü\ud83d\udd25"}`, Set{{"ab\n", "\"\\ü🔥"}}},
		{"empty name and value", `{"":""}`, Set{{"", ""}}},
		{"long", `{"a":"` + strings.Repeat("x", 1<<16) + `"}`, Set{{"a", strings.Repeat("x", 1<<16)}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var got Set
			require.NoError(t, json.Unmarshal([]byte(tt.json), &got))
			assert.Equal(t, tt.want, got)
		})
	}
}

func TestDecodeRefuses(t *testing.T) {
	for name, text := range map[string]string{
		"a string": `"a"`, "a list": `[]`, "a number": `{"a":1}`, "null inside": `{"a":null}`, "an object inside": `{"a":{}}`,
	} {
		t.Run(name, func(t *testing.T) {
			require.ErrorIs(t, new(Set).UnmarshalJSONFrom(jsontext.NewDecoder(strings.NewReader(text))), errNotStrings)
		})
	}
	for name, text := range map[string]string{
		"nothing": ``, "a cut object": `{"a":"b"`, "a cut name": `{"a`, "a cut value": `{"a":"`, "two of a name": `{"a":"1","a":"2"}`,
		"a bad escape": `{"a":"\x"}`, "a number as name": `{1:"a"}`,
	} {
		t.Run(name, func(t *testing.T) {
			set := Set{{"kept", "as it was"}}
			require.Error(t, json.Unmarshal([]byte(text), &set))
			assert.Equal(t, Set{{"kept", "as it was"}}, set)
		})
	}
}

func TestInvalidUTF8IsReplaced(t *testing.T) {
	text := "{\"a\xff\":\"b\\ud800c\xfe\"}"
	dec := jsontext.NewDecoder(strings.NewReader(text), jsontext.AllowInvalidUTF8(true))
	var got Set
	require.NoError(t, got.UnmarshalJSONFrom(dec))
	assert.Equal(t, Set{{"a\ufffd", "b\ufffdc\ufffd"}}, got)
}

func TestCodecRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := FromMap(rapid.MapOf(rapid.String(), rapid.String()).Draw(t, "labels"))
		text, err := json.Marshal(want)
		require.NoError(t, err)
		var got Set
		require.NoError(t, json.Unmarshal(text, &got))
		assert.True(t, slices.Equal(want, got), "%v, not %v", got, want)
	})
}

// FuzzDecode checks that a decoded set is sorted, without duplicates, and valid UTF-8, and that its encoding decodes again.
func FuzzDecode(f *testing.F) {
	for _, seed := range []string{
		`{"alertname":"Down","instance":"a:9100"}`, `{}`, `null`, `{"a":"\u00e9","b":"\ud83d\udd25"}`, "{\"\xff\":\"\xfe\"}",
		`{"a":"1","a":"2"}`, `{"a":1}`, `{"a":"b"`, `[]`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		dec := jsontext.NewDecoder(strings.NewReader(string(data)), jsontext.AllowInvalidUTF8(true))
		var set Set
		if set.UnmarshalJSONFrom(dec) != nil {
			return
		}
		for i, l := range set {
			require.True(t, utf8.ValidString(l.Name) && utf8.ValidString(l.Value))
			require.True(t, i == 0 || set[i-1].Name < l.Name)
		}
		text, err := json.Marshal(set)
		require.NoError(t, err)
		var again Set
		require.NoError(t, json.Unmarshal(text, &again))
		require.Equal(t, set, again)
	})
}
