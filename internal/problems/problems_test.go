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

func TestProxy(t *testing.T) {
	var l List
	for _, address := range []string{"", "http://proxy:3128", "socks5://user:tops3cret@proxy"} {
		l.Proxy(address)
	}
	require.NoError(t, l.Err())
	for _, address := range []string{"http://user:top s3cret@proxy", "http://user:tops3cret@proxy:port", "proxy:3128"} {
		l = nil
		l.Proxy(address)
		require.ErrorContains(t, l.Err(), "proxy_url: must be a URL", address)
		assert.NotContains(t, l.Err().Error(), "s3cret")
	}
}

func TestCompression(t *testing.T) {
	var l List
	for _, algorithms := range [][]string{nil, {}, {""}, {"gzip", ""}, encodings} {
		l.Compression("a", algorithms)
	}
	require.NoError(t, l.Err())
	l.Compression("a", []string{"gzip"})
	require.ErrorContains(t, l.Err(), `a: must contain ""`)
	l.Compression("b", []string{"", "brotli"})
	require.ErrorContains(t, l.Err(), `b: must not contain "brotli"; known are identity, gzip, zstd, `)
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
