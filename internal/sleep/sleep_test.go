// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package sleep

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		assert.True(t, For(t.Context(), time.Minute))
		assert.Equal(t, time.Minute, time.Since(began))

		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		assert.False(t, For(ctx, time.Hour))
		assert.Equal(t, time.Minute+time.Second, time.Since(began))
		assert.False(t, For(ctx, time.Hour), "it has ended before")
		assert.Equal(t, time.Minute+time.Second, time.Since(began))
	})
}
