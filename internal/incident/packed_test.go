// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package incident

import (
	"reflect"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/alert24/otelcol-alert24/internal/labels"
)

// Every field of an alert is kept and makes a difference, even a field added later.
func TestPackedKeepsEveryField(t *testing.T) {
	a := highErrorRate()
	packed := Pack(&a)
	assert.Equal(t, a, packed.Unpack())
	assert.True(t, packed.Equal(new(Pack(&a))))
	elsewhere := a
	elsewhere.StartsAt = a.StartsAt.In(time.FixedZone("", 3600))
	assert.True(t, packed.Equal(new(Pack(&elsewhere))), "the same moment in another zone")

	for i := range reflect.TypeFor[Alert]().NumField() {
		b := highErrorRate()
		field := reflect.ValueOf(&b).Elem().Field(i)
		switch v := field.Addr().Interface().(type) {
		case *string:
			*v += "x"
		case *int64:
			*v++
		case *bool:
			*v = !*v
		case *Severity:
			*v++
		case *time.Time:
			*v = v.Add(time.Nanosecond)
		case *labels.Set:
			*v = append(labels.Set{{Name: "a", Value: "b"}}, *v...)
		case *[]string:
			*v = append(*v, "x")
		default:
			require.Fail(t, "a field of a type that this test does not know", "%s", field.Type())
		}
		name := reflect.TypeFor[Alert]().Field(i).Name
		other := Pack(&b)
		assert.False(t, packed.Equal(&other), name)
		assert.Equal(t, b, other.Unpack(), name)
	}
	assert.Equal(t, Alert{}, new(Pack(&Alert{})).Unpack())
}

func TestPackedLeftOpen(t *testing.T) {
	a := highErrorRate()
	assert.False(t, Pack(&a).LeftOpen)
	a.Annotations = set(annotationResolve, "false")
	assert.True(t, Pack(&a).LeftOpen)
}

// A packed alert has the same JSON as the alert.
func TestPackedProperties(t *testing.T) {
	options := json.JoinOptions(jsontext.AllowInvalidUTF8(true), jsontext.AllowDuplicateNames(true))
	viaJSON := func(t *rapid.T, from, to any) {
		text, err := json.Marshal(from, options)
		require.NoError(t, err)
		require.NoError(t, json.Unmarshal(text, to, options), "%s", text)
	}
	rapid.Check(t, func(t *rapid.T) {
		a := anyAlert().Draw(t, "alert")
		a.Fingerprint = anyText().Draw(t, "fingerprint")
		packed := Pack(&a)
		var want, got Alert
		viaJSON(t, &a, &want)
		viaJSON(t, &packed, &got)
		assert.Equal(t, want, got)

		assert.Equal(t, want, packed.Unpack())

		var again Packed
		viaJSON(t, &packed, &again)
		assert.Equal(t, want, again.Unpack())
	})
}

// Read takes what AppendJSON wrote without looking at its text. Anything else is decoded as an alert.
func TestPackedReadsWhatItWroteAndAnythingElse(t *testing.T) {
	start := time.Date(2026, 1, 1, 0, 0, 0, 5, time.UTC)
	for name, a := range map[string]Alert{
		"whole":              {Fingerprint: "f0", Severity: High, StartsAt: start, Name: "n", Description: `a "start":"b"`},
		"brief":              {Fingerprint: "f0", Severity: Critical, StartsAt: start},
		"an odd fingerprint": {Fingerprint: `f","sev":1,"start":"\`, Severity: Low, StartsAt: start},
	} {
		t.Run(name, func(t *testing.T) {
			p := Pack(&a)
			var got Packed
			require.NoError(t, json.Unmarshal(p.AppendJSON(nil), &got))
			assert.True(t, p.Equal(&got))
			var spaced Packed
			require.NoError(t, json.Unmarshal(append([]byte(`{ `), p.AppendJSON(nil)[1:]...), &spaced))
			assert.True(t, p.Equal(&spaced))
		})
	}
	var p Packed
	require.Error(t, json.Unmarshal([]byte(`{"fp":"x","sev":1,"start":"yesterday"}`), &p))
}
