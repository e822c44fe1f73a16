// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package protocol

import (
	"bytes"
	"encoding/json"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// mutantEnv names the mutant to look for, in the process that TestMutations starts.
const mutantEnv = "PROTOCOL_MUTANT"

// mutant is this package with one rule switched off. The model must find a history in which that breaks the
// promise: this tests the model, and shows that the rule is needed.
type mutant struct {
	name string
	// world in which it is looked for, within so many histories.
	world     string
	histories int
	// source has functions that take the place of those with their names. The former ones are there as fooOriginal.
	source string
}

// original is the end of the name that a function has in a mutant which replaces it.
const original = "Original"

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

// TestMutant looks for a history that breaks the mutant which it is compiled into: a fixed one of its name, or a random one.
func TestMutant(t *testing.T) {
	name := os.Getenv(mutantEnv)
	if name == "" {
		t.Skip("only in a process that TestMutations starts")
	}
	for _, m := range mutants {
		if m.name != name {
			continue
		}
		for _, h := range histories {
			if h.mutant != name {
				continue
			}
			v := try(worlds[h.world], h.steps(t))
			require.NotEmpty(t, v, "survived its history: %s", h.name)
			t.Logf("caught by %q: %.160s", h.name, v)
			return
		}
		n, v := search(worlds[m.world], m.histories)
		require.NotEmpty(t, v, "survived %d histories", n)
		t.Logf("caught by history %d: %.160s", n, v)
		return
	}
	require.Fail(t, "no such mutant", name)
}

// overlay writes the patched sources of m and returns the path of the file that the go command takes them from.
func overlay(t *testing.T, m mutant) string {
	t.Helper()
	replace := map[string]string{}
	if m.source != "" {
		replace = patched(t, m.source)
	}
	list, err := json.Marshal(map[string]any{"Replace": replace})
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), "overlay.json")
	require.NoError(t, os.WriteFile(path, list, 0o600))
	return path
}

// header of the file with a mutant's functions.
const header = `package protocol

import (
	"slices"
	"time"

	"github.com/alert24/otelcol-alert24/internal/incident"
)

var (
	_ = slices.Contains[[]string]
	_ time.Time
	_ incident.Field
)
`

// patched renames the functions that source replaces, adds a file with source, and returns where the changed files are.
func patched(t *testing.T, source string) map[string]string {
	t.Helper()
	fset := token.NewFileSet()
	wanted := declared(t, fset, source)
	files, err := filepath.Glob("*.go")
	require.NoError(t, err)
	dir, replace := t.TempDir(), map[string]string{}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		tree, err := parser.ParseFile(fset, file, nil, parser.ParseComments)
		require.NoError(t, err)
		changed := false
		for _, d := range tree.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && wanted[signature(f)] {
				delete(wanted, signature(f))
				f.Name.Name += original
				changed = true
			}
		}
		if !changed {
			continue
		}
		var b bytes.Buffer
		require.NoError(t, format.Node(&b, fset, tree))
		path, err := filepath.Abs(file)
		require.NoError(t, err)
		replace[path] = filepath.Join(dir, file)
		require.NoError(t, os.WriteFile(replace[path], b.Bytes(), 0o600))
	}
	require.Empty(t, wanted, "no such function")
	added, err := filepath.Abs("mutant.go")
	require.NoError(t, err)
	replace[added] = filepath.Join(dir, "mutant.go")
	require.NoError(t, os.WriteFile(replace[added], []byte(header+source), 0o600))
	return replace
}

// declared returns the signatures of the functions of a mutant.
func declared(t *testing.T, fset *token.FileSet, source string) map[string]bool {
	t.Helper()
	tree, err := parser.ParseFile(fset, "", "package protocol\n"+source, 0)
	require.NoError(t, err)
	names := map[string]bool{}
	for _, d := range tree.Decls {
		if f, ok := d.(*ast.FuncDecl); ok {
			names[signature(f)] = true
		}
	}
	return names
}

// signature is the function's name with that of its receiver's type.
func signature(f *ast.FuncDecl) string {
	if f.Recv == nil {
		return f.Name.Name
	}
	kind := f.Recv.List[0].Type
	if star, ok := kind.(*ast.StarExpr); ok {
		kind = star.X
	}
	ident, ok := kind.(*ast.Ident)
	if !ok {
		return f.Name.Name
	}
	return ident.Name + "." + f.Name.Name
}
