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

// TestDecode compares any text with the standard library.
func TestDecode(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.String().Draw(t, "text")
		like := rapid.OneOf(rapid.Just(""), rapid.Just(text), rapid.Just(strings.ReplaceAll(text, `\`, `\\`)), rapid.String()).Draw(t, "like")
		raw, err := json.Marshal(text)
		require.NoError(t, err)
		assert.Equal(t, text, Decode(raw, like))
	})
}

func TestDecodeReplaces(t *testing.T) {
	for raw, want := range map[string]string{
		"\"\xff\"":       "\ufffd",
		"\"a\xc3\"":      "a\ufffd",
		`"\ud800"`:       "\ufffd",
		`"\udc00x"`:      "\ufffdx",
		"\"\\n\xffé\"":   "\n\ufffdé",
		`"\ud83d\udd25"`: "🔥",
	} {
		assert.Equal(t, want, Decode([]byte(raw), ""), "%q", raw)
	}
}

// An escape is not the text that it looks like.
func TestDecodeEscapes(t *testing.T) {
	assert.Equal(t, "a\bc", Decode([]byte(`"a\bc"`), `a\bc`))
	assert.Equal(t, `a\bc`, Decode([]byte(`"a\\bc"`), `a\\bc`))
}

func TestDecodeShares(t *testing.T) {
	for raw, text := range map[string]string{`"instance"`: "instance", `"a\nb"`: "a\nb"} {
		first := Decode([]byte(raw), "")
		assert.Equal(t, text, first)
		assert.Same(t, unsafe.StringData(first), unsafe.StringData(Decode([]byte(raw), first)))
	}
}

func TestDecodeDoesNotReferToItsInput(t *testing.T) {
	raw := []byte(`"instance"`)
	text := Decode(raw, "")
	copy(raw, `"xxxxxxxx"`)
	assert.Equal(t, "instance", text)
}
