// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package jsonobject

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"pgregory.net/rapid"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m)
}

// value has one field for each kind of value; its tags say what a Writer writes.
type value struct {
	Text   string            `json:"text,omitempty"`
	List   []string          `json:"list,omitempty"`
	Number int64             `json:"number,omitempty"`
	Flag   bool              `json:"flag,omitempty"`
	Time   time.Time         `json:"time,omitzero"`
	Pairs  map[string]string `json:"pairs,omitempty"`
}

func (v *value) append(b []byte) []byte {
	w := Writer{B: b}
	w.Open("")
	w.Text("text", v.Text)
	w.List("list", v.List)
	w.Number("number", v.Number)
	w.Flag("flag", v.Flag)
	w.Time("time", v.Time)
	if len(v.Pairs) > 0 {
		w.Open("pairs")
		for name, s := range v.Pairs {
			w.Pair(name, s)
		}
		w.Close()
	}
	w.Close()
	return w.B
}

// The output decodes to the same value, whatever it is and whatever is left out.
func TestWriter(t *testing.T) {
	texts := rapid.String()
	rapid.Check(t, func(t *rapid.T) {
		want := value{
			Text: texts.Draw(t, "text"), List: rapid.SliceOf(texts).Draw(t, "list"), Number: rapid.Int64().Draw(t, "number"),
			Flag: rapid.Bool().Draw(t, "flag"), Pairs: rapid.MapOf(texts, texts).Draw(t, "pairs"),
		}
		if rapid.Bool().Draw(t, "timed") {
			want.Time = time.Unix(rapid.Int64Range(0, 1<<33).Draw(t, "s"), rapid.Int64Range(0, 1e9-1).Draw(t, "ns")).UTC()
		}
		// The expected JSON comes from the standard library, without the order of the pairs.
		standard, err := json.Marshal(want)
		require.NoError(t, err)
		assert.JSONEq(t, string(standard), string(want.append(nil)))
		if want.Pairs != nil && len(want.Pairs) == 0 {
			want.Pairs = nil
		}
		if len(want.List) == 0 {
			want.List = nil
		}
		var got value
		require.NoError(t, json.Unmarshal(want.append(nil), &got))
		assert.Equal(t, want, got)
	})
	assert.Equal(t, `"a\nb`+"\ufffd\"", string(AppendString(nil, "a\nb\xff")))
	assert.Equal(t, "{}", string(new(value).append(nil)))
}
