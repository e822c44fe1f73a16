// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package jsonstring

import (
	"encoding/json"
	"strings"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"pgregory.net/rapid"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m)
}

// TestDecode compares with the standard library, on one Interner throughout so that slots are reused.
func TestDecode(t *testing.T) {
	var in Interner
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.String().Draw(t, "text")
		raw, err := json.Marshal(text)
		require.NoError(t, err)
		assert.Equal(t, text, in.Decode(raw))
		assert.Equal(t, text, (*Interner)(nil).Decode(raw))
	})
}

func TestJoin(t *testing.T) {
	var in Interner
	rapid.Check(t, func(t *rapid.T) {
		a, b := rapid.String().Draw(t, "a"), rapid.String().Draw(t, "b")
		assert.Equal(t, a+b, in.Join(a, b))
		assert.Equal(t, a+b, (*Interner)(nil).Join(a, b))
	})
	first, second := in.Join("label.", "job"), in.Join("label.", "job")
	assert.Same(t, unsafe.StringData(first), unsafe.StringData(second))
}

func TestDecodeReplacesInvalidUTF8(t *testing.T) {
	var in Interner
	for raw, want := range map[string]string{
		"\"\xff\"":       "\ufffd",
		"\"a\xc3\"":      "a\ufffd",
		`"\ud800"`:       "\ufffd",
		`"\udc00x"`:      "\ufffdx",
		"\"\\n\xffé\"":   "\n\ufffdé",
		`"\ud83d\udd25"`: "🔥",
	} {
		assert.Equal(t, want, in.Decode([]byte(raw)), "%q", raw)
	}
}

func TestReplacesNUL(t *testing.T) {
	raw := []byte(`"\u0000a\u0000\\u0000"`)
	assert.Equal(t, "\ufffda\ufffd\\u0000", (&Interner{ReplaceNUL: true}).Decode(raw))
	assert.Equal(t, "\x00a\x00\\u0000", new(Interner).Decode(raw), "only where it is wanted")
}

func TestShares(t *testing.T) {
	var in Interner
	first, second := in.Decode([]byte(`"instance"`)), in.Decode([]byte(`"instance"`))
	assert.Same(t, unsafe.StringData(first), unsafe.StringData(second))

	long := []byte(`"` + strings.Repeat("x", maxShared+1) + `"`)
	first, second = in.Decode(long), in.Decode(long)
	assert.NotSame(t, unsafe.StringData(first), unsafe.StringData(second))
}

func TestDoesNotReferToItsInput(t *testing.T) {
	var in Interner
	raw := []byte(`"instance"`)
	text := in.Decode(raw)
	copy(raw, `"xxxxxxxx"`)
	assert.Equal(t, "instance", text)
}
