// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
	"unicode"

	"github.com/go-json-experiment/json"
	"github.com/spf13/cobra"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestRun(t *testing.T) {
	for name, tt := range map[string]struct {
		args           []string
		err            error
		code           int
		stdout, stderr string // stdout: a part; stderr: the whole
	}{
		"it works":        {args: []string{"do"}, stdout: "done text\n"},
		"with a flag":     {args: []string{"do", "-o", "json"}, stdout: "done json\n"},
		"found something": {args: []string{"do"}, err: ErrFound, code: ExitFound, stdout: "done text\n"},
		"it fails":        {args: []string{"do"}, err: errors.New("no\nway"), code: ExitCannot, stderr: "alert24tool do: no way\n"},
		"wrong use":       {args: []string{"do"}, err: Usage("--%s is missing", "url"), code: ExitCannot, stderr: "alert24tool do: --url is missing (--help lists the flags)\n"},
		"an unknown flag": {args: []string{"do", "--colour"}, code: ExitCannot, stderr: "alert24tool do: unknown flag: --colour (--help lists the flags)\n"},
		"a wrong output":  {args: []string{"do", "-o", "xml"}, code: ExitCannot, stderr: "alert24tool do: invalid argument \"xml\" for \"-o, --output\" flag: must be text or json (--help lists the flags)\n"},
		"an argument":     {args: []string{"do", "it"}, code: ExitCannot, stderr: "alert24tool do: unexpected argument \"it\" (--help lists the flags)\n"},
		"unknown command": {args: []string{"dp"}, code: ExitCannot, stderr: "alert24tool: unknown command \"dp\" for \"alert24tool\" (--help lists the commands)\n"},
		"the version":     {args: []string{"--version"}, stdout: "alert24tool version 1.2.3\n"},
		"help of all":     {args: []string{"--help"}, stdout: "  do          Does it\n"},
		"no command":      {stdout: "  do          Does it\n"},
	} {
		t.Run(name, func(t *testing.T) {
			do := &cobra.Command{Use: "do", Short: "Does it", Args: NoArguments}
			output := AddOutput(do.Flags())
			do.RunE = func(cmd *cobra.Command, _ []string) error {
				_, _ = fmt.Fprintln(cmd.OutOrStdout(), "done", output)
				return tt.err
			}
			var stdout, stderr bytes.Buffer
			code := Run(t.Context(), "1.2.3", tt.args, Streams{strings.NewReader(""), &stdout, &stderr}, do)
			assert.Equal(t, tt.code, code)
			assert.Contains(t, stdout.String(), tt.stdout)
			assert.Equal(t, tt.stderr, stderr.String())
		})
	}
}

func TestWriteJSON(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, WriteJSON(&out, map[string]int{"a": 1}))
	assert.Equal(t, "{\n  \"a\": 1\n}\n", out.String())
	require.NoError(t, WriteJSON(&out, "a file\xff"), "the name of a file")
	require.Error(t, WriteJSON(&out, func() {}))
}

// People print JSON to a terminal, too. The texts of alerts must not control it, and a program must read the same.
func TestWriteJSONIsSafeOnATerminal(t *testing.T) {
	const hostile = "esc \x1b[2J csi \u009b2J del \x7f bidi \u202e\u2066\u200f\u061c lines \u2028\u2029 bom \ufeff tag \U000e0041 zürich 東京 🔥 \\u009b"
	var out bytes.Buffer
	require.NoError(t, WriteJSON(&out, map[string]string{hostile: hostile}))
	for _, r := range out.String() {
		assert.True(t, r == '\n' || unicode.IsGraphic(r), "%U", r)
	}
	assert.Contains(t, out.String(), `csi \u009b2J del \u007f bidi \u202e\u2066\u200f\u061c lines \u2028\u2029 bom \ufeff tag \udb40\udc41 zürich 東京 🔥 \\u009b"`)
	var read map[string]string
	require.NoError(t, json.Unmarshal(out.Bytes(), &read))
	assert.Equal(t, map[string]string{hostile: hostile}, read)
	out.Reset()
	require.NoError(t, WriteJSON(&out, "\x9b2J \xff"))
	assert.Equal(t, "\"\ufffd2J \ufffd\"\n", out.String(), "no byte that is a control character in other character sets")
}
