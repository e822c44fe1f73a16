// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// mutantEnv names the mutant to look for, in the process that TestMutations starts.
const mutantEnv = "LEDGER_MUTANT"

// mutant is this package with one rule switched off. The model must find a history in which that breaks the
// promise: this tests the model, and shows that the rule is needed.
type mutant struct {
	name string
	// world in which it is looked for, within so many histories.
	world     string
	histories int
	patches   []patch
}

// patch replaces old, which occurs once in file.
type patch struct{ file, old, new string }

// mutants switch a rule off each: M1 to M25 those that the protocol began with, N1 on what this model found in addition, named
// as in docs/delivery.md. M21 is in the look-up of package reconcile.
var mutants = []mutant{
	{"M1 doubt ends with the next success", "plain", 3000, []patch{
		{"learn.go", "n.succeed()\n\t\treturn p.learnAccepted(", "n.succeed()\n\t\tn.Doubt = Doubt{}\n\t\treturn p.learnAccepted("},
	}},
	{"M2 closes have no write-ahead", "plain", 10000, []patch{
		{"begin.go", "c := n.Inflight; c.Kind != NoCall {", "c := n.Inflight; c.Kind != NoCall && c.Kind != Close {"},
	}},
	{"M3 an unanswered close makes no doubt", "plain", 10000, []patch{
		{"learn.go", "\t\tp.doubt(n, c, now)", "\t\tif c.Kind != Close {\n\t\t\tp.doubt(n, c, now)\n\t\t}"},
	}},
	{"M4 an unanswered update makes no doubt", "plain", 10000, []patch{
		{"learn.go", "\t\tp.doubt(n, c, now)", "\t\tif c.Kind != Update {\n\t\t\tp.doubt(n, c, now)\n\t\t}"},
	}},
	{"M5 updates have no write-ahead", "plain", 30000, []patch{
		{"begin.go", "c := n.Inflight; c.Kind != NoCall {", "c := n.Inflight; c.Kind != NoCall && c.Kind != Update {"},
	}},
	{"M6 creates have no write-ahead", "plain", 3000, []patch{
		{"begin.go", "c := n.Inflight; c.Kind != NoCall {", "c := n.Inflight; c.Kind != NoCall && c.Kind != Create {"},
	}},
	{"M7 an early look-up ends doubt", "plain", 3000, []patch{
		{"lookup.go", "last := !a.Began.Before(n.settleAt) && (c.Wide || n.Doubt.Creates == 0)", "last := true"},
	}},
	{"M8 creates in order to learn", "plain", 3000, []patch{
		{"decide.go", "\tcase open:\n", "\tcase e.Doubt.Creates > 0:\n\t\treturn e.write(Call{Kind: Create}, now)\n\tcase open:\n"},
	}},
	{"M9 closes while a create is unanswered", "plain", 10000, []patch{
		{"decide.go", "now.Before(e.settleAt):", "now.Before(e.settleAt) && false:"},
	}},
	{"M10 a 5xx counts as not done", "plain", 3000, nil}, // what the model's client does: status500Certain
	{"M11 an answer is learnt on the entry that the call started from", "plain", 3000, []patch{
		{"ledger.go", "claimed, decision, durable = l.claim(e, l.now())", "claimed, decision, durable = l.claim(e, l.now())\n\t\tstarted = claimed"},
		{"ledger.go", "l.policy.Learn(e, a.Call", "l.policy.Learn(started, a.Call"},
		{"ledger.go", "// Answered is", "var started *Entry\n\n// Answered is"},
	}},
	{"M12 the first resolve closes", "plain", 3000, []patch{
		{"apply.go", "n.Members[i].resolve(ev, now)", "for j := range n.Members {\n\t\tn.Members[j].resolve(ev, now)\n\t}\n\tp.changed(n, now)"},
	}},
	{"M13 a firing is dropped for its old start", "plain", 3000, []patch{
		{"apply.go", "case m.held():\n\t\treleased", "case !ev.Alert.StartsAt.After(m.EndsAt):\n\t\treturn e, OlderDropped\n\tcase m.held():\n\t\treleased"},
	}},
	{"M14 the wall clock orders", "clock steps", 3000, []patch{
		{"apply.go", "e.Members[i].newerThan(ev)", "(e.Members[i].newerThan(ev) || now.Before(e.Members[i].LastSeen))"},
		{"begin.go", "m.LastSeen, m.ResolvedAt = notAfter(m.LastSeen, now), ", "m.ResolvedAt = "},
	}},
	{"M15 the order of arrival is the only order", "plain", 30000, []patch{
		{"apply.go", "return m.Epoch != \"\" &&", "return false && m.Epoch != \"\" &&"},
	}},
	{"M16 no echo is held", "plain", 30000, []patch{
		{"apply.go", "return !m.ResolvedAt.IsZero() &&", "return false && !m.ResolvedAt.IsZero() &&"},
	}},
	{"M17 any firing ends a hold", "plain", 30000, []patch{
		{"apply.go", "released := ", "released := true || "},
	}},
	{"M18 a hold starts anew at each restart", "plain", 10000, []patch{
		{"begin.go", "min(m.HeldUntil.Sub(now), p.EchoHold)", "p.EchoHold"},
	}},
	{"M19 a resolve of an older instance is believed", "plain", 3000, []patch{
		{"apply.go", "return m.unfinished() &&", "return false && m.unfinished() &&"},
	}},
	{"M20 memory changes before disk", "plain", 3000, []patch{
		{"transaction.go", "if err := s.persist(ctx, makesRoom, t); err != nil {\n\t\treturn err\n\t}", "err := s.persist(ctx, makesRoom, t)"},
		{"transaction.go", "\ts.done(t)\n\treturn nil", "\ts.done(t)\n\treturn err"},
	}},
	{"M22 a close is finished again and again", "reopens", 10000, []patch{
		{"learn.go", "n.Doubt.Finished = true", "n.Doubt.Finished = false"},
		{"begin.go", "e.Doubt.Finished = c.Finish", "e.Doubt.Finished = false"},
	}},
	{"M23 the second of two incidents is left", "racy", 3000, []patch{
		{"lookup.go", "if i != ours {", "if i != ours && false {"},
	}},
	{"M24 an open incident is never looked at", "people", 3000, []patch{
		{"apply.go", "return p.Refresh > 0 &&", "return false && p.Refresh > 0 &&"},
	}},
	{"M25 the end of doubt is kept as wall time over a restart", "clock steps", 30000, []patch{
		{"begin.go", "n.settleAt = now.Add(p.SettleTime)", "n.settleAt = n.Doubt.Since.Add(2 * p.SettleTime)"},
	}},
	{"N1 an echo takes the start of the instance that fires back", "plain", 10000, []patch{
		{"apply.go", "if m.unfinished() && ev.Alert.StartsAt.Before(m.Alert.StartsAt) {", "if false {"},
	}},
	{"N3 the last look-up reads only what is new", "clock steps", 10000, []patch{
		{"decide.go", "Wide: last}", "Wide: false && last}"},
	}},
	{"N4 an event that changes nothing arms a create in memory only", "plain", 30000, []patch{
		{"ledger.go", "if n == e {\n\t\t\t\treturn e, false\n\t\t\t}", "same := n == e\n\t\t\tn = n.copy()"},
		{"ledger.go", "return n, durable\n\t\t}}", "return n, durable && !same\n\t\t}}"},
	}},
	{"N5 a timer of the past wakes", "plain", 3000, []patch{
		{"tick.go", "if t.After(now) {", "if !t.IsZero() {"},
	}},
}

// TestMutations builds each mutant and looks for a history that breaks it.
func TestMutations(t *testing.T) {
	if testing.Short() {
		t.Skip("builds this package once for each mutant")
	}
	for _, m := range mutants {
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()
			cmd := exec.CommandContext(t.Context(), "go", "test", "-vet=off", "-overlay="+overlay(t, m), "-run=^TestMutant$", "-v", ".")
			cmd.Env = append(os.Environ(), mutantEnv+"="+m.name)
			out, err := cmd.CombinedOutput()
			require.NoError(t, err, "%s", out)
			_, caught, found := strings.Cut(string(out), "caught ")
			require.True(t, found, "%s", out)
			t.Log(strings.SplitN(caught, "\n", 2)[0])
		})
	}
}

// TestMutant looks for a history that breaks the mutant which it is compiled into.
func TestMutant(t *testing.T) {
	name := os.Getenv(mutantEnv)
	if name == "" {
		t.Skip("only in a process that TestMutations starts")
	}
	for _, m := range mutants {
		if m.name == name {
			n, v := search(worlds[m.world], m.histories)
			require.NotEmpty(t, v, "survived %d histories", n)
			t.Logf("caught by history %d: %.160s", n, v)
			return
		}
	}
	require.Fail(t, "no such mutant", name)
}

// overlay writes the patched sources of m and returns the path of the file that the go command takes them from.
func overlay(t *testing.T, m mutant) string {
	t.Helper()
	dir := t.TempDir()
	here, err := os.Getwd()
	require.NoError(t, err)
	sources := map[string]string{}
	for _, p := range m.patches {
		if _, ok := sources[p.file]; !ok {
			source, err := os.ReadFile(p.file)
			require.NoError(t, err)
			sources[p.file] = string(source)
		}
		require.Equal(t, 1, strings.Count(sources[p.file], p.old), "%s: the text to replace: %s", p.file, p.old)
		sources[p.file] = strings.Replace(sources[p.file], p.old, p.new, 1)
	}
	replace := map[string]string{}
	for file, source := range sources {
		replace[filepath.Join(here, file)] = filepath.Join(dir, file)
		require.NoError(t, os.WriteFile(filepath.Join(dir, file), []byte(source), 0o600))
	}
	list, err := json.Marshal(map[string]any{"Replace": replace})
	require.NoError(t, err)
	path := filepath.Join(dir, "overlay.json")
	require.NoError(t, os.WriteFile(path, list, 0o600))
	return path
}
