// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package incident

import (
	"reflect"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/alert24/otelcol-alert24/internal/labels"
)

// Each field of an alert makes a difference, also one that is added later.
func TestAlertEqual(t *testing.T) {
	a := highErrorRate()
	same := highErrorRate()
	assert.True(t, a.Equal(&same))
	same.StartsAt = same.StartsAt.In(time.FixedZone("", 3600))
	assert.True(t, a.Equal(&same), "the same moment in another zone")

	for i := range reflect.TypeFor[Alert]().NumField() {
		b := highErrorRate()
		field := reflect.ValueOf(&b).Elem().Field(i)
		switch v := field.Addr().Interface().(type) {
		case *string:
			*v += "x"
		case *int64:
			*v++
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
		assert.False(t, a.Equal(&b), reflect.TypeFor[Alert]().Field(i).Name)
	}
}
