// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package arch

import (
	"go/ast"
	"go/token"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// levels are the logger methods whose lines people see.
var levels = []string{"Info", "Warn", "Error"}

// messages returns the texts of the lines that a package logs.
func messages(t *testing.T, room string) []string {
	t.Helper()
	var found []string
	add := func(e ast.Expr) {
		if sum, ok := e.(*ast.BinaryExpr); ok {
			e = sum.X // the rest varies
		}
		if lit, ok := e.(*ast.BasicLit); ok && lit.Kind == token.STRING {
			text, err := strconv.Unquote(lit.Value)
			require.NoError(t, err)
			found = append(found, text)
		}
	}
	for n := range nodes(t, room) {
		switch n := n.(type) {
		case *ast.CallExpr:
			if to, ok := n.Fun.(*ast.SelectorExpr); ok && len(n.Args) > 0 && slices.Contains(levels, to.Sel.Name) {
				add(n.Args[0])
			}
		case *ast.AssignStmt: // message = "…"
			if to, ok := n.Lhs[0].(*ast.Ident); ok && to.Name == "message" && len(n.Rhs) == 1 {
				add(n.Rhs[0])
			}
		}
	}
	return found
}

// logRow matches a row of the tables of log lines.
var logRow = regexp.MustCompile("(?m)^\\| `([^`]+)` \\|")

// Every log line has a row in the runbook, and every row has a log line.
func TestLogLinesAreThoseOfTheRunbook(t *testing.T) {
	text, err := os.ReadFile(root + "/docs/runbook.md")
	require.NoError(t, err)
	_, section, there := strings.Cut(string(text), "\n## Log lines\n")
	require.True(t, there)
	section, _, _ = strings.Cut(section, "\n## ")
	var documented []string
	for _, m := range logRow.FindAllStringSubmatch(section, -1) {
		documented = append(documented, m[1])
	}
	var logged []string
	for _, room := range []string{"alert24exporter", "alertmanagerreceiver", "internal/postgres"} {
		logged = append(logged, messages(t, room)...)
	}
	slices.Sort(documented)
	slices.Sort(logged)
	assert.Equal(t, slices.Compact(logged), documented)
}

// changers are functions that change a logger, or the global logger.
var changers = []string{
	"WithOptions", "WrapCore", "AddStacktrace", "NewSamplerWithOptions", "NewTee", "ReplaceGlobals", "RedirectStdLog", "IncreaseLevel",
}

// The collector's configuration decides what is logged and how. The components use its logger unchanged.
func TestComponentsLeaveTheLoggerAsItIs(t *testing.T) {
	for _, room := range []string{"alert24exporter", "alertmanagerreceiver", "internal/seldom"} {
		for n := range nodes(t, room) {
			switch n := n.(type) {
			case *ast.SelectorExpr:
				assert.NotContains(t, changers, n.Sel.Name, room)
			case *ast.AssignStmt:
				for _, to := range n.Lhs {
					if field, ok := to.(*ast.SelectorExpr); ok {
						assert.NotEqual(t, "Logger", field.Sel.Name, room)
					}
				}
			}
		}
	}
}
