// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package problems

import (
	"errors"
	"io"
	"net"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestList(t *testing.T) {
	var l List
	l.If(false, "a: is fine")
	l.Add(nil)
	for _, d := range []time.Duration{-1, 0, time.Millisecond} {
		l.NoUnit("b", d)
	}
	require.NoError(t, l.Err())

	l.If(true, "a: %d: %w", 1, io.EOF)
	l.Add(errors.New("c: is not"))
	l.NoUnit("b", 15)
	require.ErrorIs(t, l.Err(), io.EOF)
	require.EqualError(t, l.Err(), "a: 1: EOF\nc: is not\nb: 15ns is too short: write the unit, as in 15s")

	var whole List
	whole.Under("k", l)
	require.EqualError(t, whole.Err(), "k::a: 1: EOF\nk::c: is not\nk::b: 15ns is too short: write the unit, as in 15s")
}

func TestCannotListenAdvises(t *testing.T) {
	for cause, want := range map[error]string{
		&net.OpError{Op: "listen", Err: io.EOF}: `cannot listen on "x:1"; see that it is host:port and that neither another process nor another component uses it: listen: EOF`,
		os.ErrNotExist:                          `cannot listen on "x:1": file does not exist`,
	} {
		err := CannotListen("x:1", cause)
		require.ErrorIs(t, err, cause)
		require.EqualError(t, err, want)
	}
}

func TestRepeated(t *testing.T) {
	assert.Empty(t, Repeated([]string{"a", "b"}))
	assert.Equal(t, "b", Repeated([]string{"a", "b", "b", "a", "a"}))
}
