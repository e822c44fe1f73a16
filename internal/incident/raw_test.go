// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package incident

import (
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestMembersAreThoseOfTheObject(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := anyAlert().Draw(t, "alert")
		p := Pack(&a)
		dec := jsontext.NewDecoder(strings.NewReader(p.rest), jsontext.AllowDuplicateNames(true))
		_, err := dec.ReadToken()
		require.NoError(t, err)
		for name, value := range members(p.rest) {
			for _, got := range []string{name, value} {
				want, err := dec.ReadValue()
				require.NoError(t, err)
				require.Equal(t, string(want), got)
			}
		}
		require.Equal(t, jsontext.Kind('}'), dec.PeekKind())
	})
}

// A record that a person edited may have white space, or be damaged in a way that still is JSON. Nothing panics or runs forever.
func FuzzMembers(f *testing.F) {
	for _, seed := range []string{`{}`, `{ }`, ``, `{`, `{"a":"\\"}`, `{"a":"b\"`, `{"a":{"b":["}"]},"c":true}`, `{"annotations":{ },"x": "y"}`, `{"a"}`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, object string) {
		assert.LessOrEqual(t, count(object), len(object))
		p := Packed{rest: object}
		assert.True(t, p.SameNews(&Packed{rest: object}))
		p.news()
		var value jsontext.Value
		if json.Unmarshal([]byte(object), &value) == nil && value.Kind() == '{' && value.Compact() == nil && len(value) > len(`{}`) {
			assert.Positive(t, count(string(value)))
		}
	})
}

func count(object string) (n int) {
	for range members(object) {
		n++
	}
	return n
}
