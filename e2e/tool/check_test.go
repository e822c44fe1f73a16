// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package tool

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"syscall"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/alert24/otelcol-alert24/e2e/harness/kit"
	"github.com/alert24/otelcol-alert24/internal/sandbox"
	"github.com/alert24/otelcol-alert24/internal/sandbox/fault"
	"github.com/alert24/otelcol-alert24/internal/sandbox/store"
	"github.com/alert24/otelcol-alert24/internal/sleep"
)

func tracker(o *sandbox.Options) { o.Switches = nil }

// report is a part of the check's report.
type report struct {
	Findings []struct {
		Point, Level, Behaviour, Seen, Change string
	}
	Opened   []string
	LeftOpen []any `json:"left_open"`
	Stopped  string
}

func (r *report) behaviour(point string) string {
	for _, f := range r.Findings {
		if f.Point == point {
			return f.Behaviour
		}
	}
	return ""
}

func checkJSON(t *testing.T, env []string) (code int, r report, text string) {
	t.Helper()
	code, text = start(t, kit.Root(t), env, "check", "--config", "collector-config.yaml", "--yes", "--json").wait()
	require.NoError(t, json.Unmarshal([]byte(text), &r, json.MatchCaseInsensitiveNames(true)), text)
	return code, r, text
}

// The deployed configuration, against the API as its tracker describes it and as its documentation can be read.
func TestCheckNamesTheBehaviour(t *testing.T) {
	for name, tt := range map[string]struct {
		switches   func(*sandbox.Switches)
		code       int
		behaviours map[string]string
	}{
		"the tracker": {nil, 0, map[string]string{"again": "unchanged", "deduplicated": "top", "put_answer": "incident"}},
		"merging":     {sandbox.Merging, 0, map[string]string{"again": "merged", "deduplicated": "absent"}},
		"SQLite": {
			func(sw *sandbox.Switches) {
				sw.SQLiteTimes, sw.TagsAsText, sw.PutAnswer = true, store.JSONText, store.NoContent
			},
			0,
			map[string]string{"time_form": "sqlite", "tags_form": "json_text", "put_answer": "no_content", "close": "closed"},
		},
		"no labels": {
			func(sw *sandbox.Switches) { sw.UnknownFields = store.Refuse },
			1,
			map[string]string{"refused_fields": "labels"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := startSandbox(t, func(o *sandbox.Options) { o.Switches = tt.switches })
			code, r, text := checkJSON(t, environment(s))
			assert.Equal(t, tt.code, code, text)
			for point, behaviour := range tt.behaviours {
				assert.Equal(t, behaviour, r.behaviour(point), point)
			}
			assert.Empty(t, r.LeftOpen)
			assert.NotContains(t, text, s.Key)
			require.NotEmpty(t, s.Incidents())
			for _, i := range s.Incidents() {
				assert.False(t, i.Open(), i.Title)
			}
		})
	}
}

func TestCheckStopsAtAWrongKey(t *testing.T) {
	s := startSandbox(t, tracker)
	code, r, _ := checkJSON(t, append(environment(s), "ALERT24_API_KEY=ak_live_wrong"))
	assert.Equal(t, 1, code)
	assert.Equal(t, "refused", r.behaviour("key"))
	assert.Equal(t, "the key is not accepted", r.Stopped)
	assert.Empty(t, s.Incidents())
}

// After Ctrl-C while an incident is open, the check closes it. So it does when its terminal is closed: the shell and the kernel both say so.
func TestInterruptedCheckCloses(t *testing.T) {
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP) // below nohup, the command would inherit that it is ignored
	defer signal.Stop(hangups)
	for name, tt := range map[string]struct {
		signal syscall.Signal
		times  int
	}{"Ctrl-C": {syscall.SIGINT, 1}, "closed terminal": {syscall.SIGHUP, 5}} {
		t.Run(name, func(t *testing.T) {
			s := startSandbox(t, tracker)
			require.NoError(t, s.SetFaults([]sandbox.Fault{{Match: sandbox.Match{Operation: fault.Get}, Hang: true, Times: 1}})) // the check waits here
			p := start(t, kit.Root(t), environment(s), "check", "--config", "collector-config.yaml", "--yes")
			kit.Eventually(t, func(context.Context) error {
				if s.Faults()[0].Applied == 0 {
					return errors.New("the check does not read an incident yet")
				}
				return nil
			})
			require.Len(t, s.Incidents(), 1)
			require.NoError(t, kit.IsOpen(s.Incidents()[0]))
			for range tt.times {
				p.signal(tt.signal)
				sleep.For(t.Context(), 20*time.Millisecond)
			}
			code, text := p.wait()
			assert.Equal(t, 2, code, text)
			assert.Contains(t, text, "Stopped early: interrupted.\n")
			require.Len(t, s.Incidents(), 1)
			assert.False(t, s.Incidents()[0].Open())
		})
	}
}

// Without an answer to the question, the check writes nothing.
func TestCheckAsks(t *testing.T) {
	s := startSandbox(t, tracker)
	code, text := start(t, kit.Root(t), environment(s), "check", "--config", "collector-config.yaml").wait()
	assert.Equal(t, 2, code)
	assert.Contains(t, text, "nothing was written")
	assert.Empty(t, s.Incidents())
}
