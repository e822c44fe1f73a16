// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package harness

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestSubstitute(t *testing.T) {
	got, err := substitute("wait: 10s\nurl: here", "wait: 10s", "wait: 1s", "url: here", "url: there")
	require.NoError(t, err)
	assert.Equal(t, "wait: 1s\nurl: there", got)

	_, err = substitute("wait: 20s", "wait: 10s", "wait: 1s")
	require.EqualError(t, err, `"wait: 10s" is there 0 times, not once`)
	_, err = substitute("a a", "a", "b")
	require.EqualError(t, err, `"a" is there 2 times, not once`)
}

func TestAwait(t *testing.T) {
	pending := errors.New("pending")
	synctest.Test(t, func(t *testing.T) {
		tries := 0
		require.NoError(t, Await(t.Context(), time.Minute, func(context.Context) error {
			tries++
			if tries < 5 {
				return pending
			}
			return nil
		}))
		assert.Equal(t, 5, tries)

		err := Await(t.Context(), time.Minute, func(context.Context) error { return pending })
		require.ErrorIs(t, err, pending)
		require.ErrorContains(t, err, "not within 1m0s")

		began := time.Now()
		err = Await(t.Context(), time.Minute, func(context.Context) error { return Final(pending) })
		require.Equal(t, pending, err)
		assert.Zero(t, time.Since(began), "a final error ends the waiting")

		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		require.ErrorIs(t, Await(ctx, time.Minute, func(context.Context) error { return pending }), context.Canceled)
	})
}

func TestTailKeepsTheEnd(t *testing.T) {
	var out tail
	line := strings.Repeat("x", 1023) + "\n"
	for range 3 * logBytes / len(line) {
		_, err := out.Write([]byte(line))
		require.NoError(t, err)
	}
	_, err := out.Write([]byte("a\nb\n"))
	require.NoError(t, err)
	assert.GreaterOrEqual(t, len(out.String()), logBytes)
	assert.LessOrEqual(t, len(out.String()), 2*logBytes)
	assert.Equal(t, "a\nb", out.lines(2))
}

// If a program cannot start, the harness must not wait for it, and the error must include its log.
func TestProgramThatEnds(t *testing.T) {
	t.Setenv("ALERT24_API_KEY", "of-the-developer")
	p, err := startProcess(t.Context(), "program", "/bin/sh", map[string]string{"GREETING": "hello"},
		"-c", `echo "$GREETING, key $ALERT24_API_KEY."; exit 3`)
	require.NoError(t, err)
	err = p.ready(t.Context(), "http://127.0.0.1:1/")
	require.ErrorContains(t, err, "program: ended before it was ready")
	require.ErrorContains(t, err, "hello, key .", "the environment is the one given, without the caller's own settings")
}

func TestStopKillsWhatIgnoresSIGTERM(t *testing.T) {
	p, err := startProcess(t.Context(), "program", "/bin/sh", nil, "-c", `trap "" TERM; echo ready; while :; do sleep 0.1; done`)
	require.NoError(t, err)
	require.NoError(t, Await(t.Context(), startTimeout, func(context.Context) error {
		if p.Log() == "" {
			return errors.New("not started")
		}
		return nil
	}))
	p.stopTimeout = 50 * time.Millisecond
	require.ErrorContains(t, p.Stop(), "did not end within 50ms of SIGTERM")
	assert.False(t, p.Running())
}

func TestPause(t *testing.T) {
	p, err := startProcess(t.Context(), "program", "/bin/sleep", nil, "100")
	require.NoError(t, err)
	require.NoError(t, p.Pause())
	p.stopTimeout = 50 * time.Millisecond
	require.ErrorContains(t, p.Stop(), "did not end within 50ms of SIGTERM", "a paused program does not see it")
	require.ErrorIs(t, p.Pause(), os.ErrProcessDone)

	p, err = startProcess(t.Context(), "program", "/bin/sleep", nil, "100")
	require.NoError(t, err)
	require.NoError(t, p.Pause())
	require.NoError(t, p.Resume())
	require.NoError(t, p.Stop())
}

func TestBinariesFromEnv(t *testing.T) {
	exists := t.TempDir() + "/amtool"
	require.NoError(t, os.WriteFile(exists, nil, 0o600))
	t.Setenv(AmtoolEnv, exists)
	t.Setenv(PromtoolEnv, exists+".not")
	t.Setenv(CollectorEnv, "")

	binaries, err := BinariesFromEnv(AmtoolEnv)
	require.NoError(t, err)
	assert.Equal(t, exists, binaries.Amtool)

	_, err = BinariesFromEnv(AmtoolEnv, PromtoolEnv, CollectorEnv)
	require.ErrorContains(t, err, "OTELCOL_ALERT24 is not set")
	require.ErrorContains(t, err, "PROMTOOL: stat")
}

// Two processes of tests run at the same time. A program of one gets no port of the other, even while nothing listens there.
func TestPortsOfTwoProcesses(t *testing.T) {
	var one, another ports
	t.Cleanup(func() {
		assert.NoError(t, one.taken.Close())
		assert.NoError(t, another.taken.Close())
	})
	seen := map[string]bool{}
	for range 100 {
		for _, p := range []*ports{&one, &another} {
			address, err := p.free(t.Context())
			require.NoError(t, err)
			require.False(t, seen[address], address)
			seen[address] = true
		}
	}
}
