// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package protocol

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// mutantEnv names the mutant to look for, in the process that TestMutations starts.
const mutantEnv = "PROTOCOL_MUTANT"

// mutant is this package with one rule switched off. The model must find a history that breaks the promise. This tests the model and shows
// that the rule is needed.
type mutant struct {
	name string
	// world in which the test searches, within so many histories.
	world     string
	histories int
	// source has functions that replace those with the same names. The original of foo is fooOriginal.
	source string
}

// original is the suffix of the name of a replaced function.
const original = "Original"

// TestMutations builds this package with all mutants in it and finds a history that breaks each.
func TestMutations(t *testing.T) {
	if testing.Short() {
		t.Skip("builds this package once more")
	}
	program := filepath.Join(t.TempDir(), "mutants")
	cmd := exec.CommandContext(t.Context(), "go", "test", "-c", "-vet=off", "-overlay="+overlay(t), "-o="+program, ".")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0") // as in the Makefile, so that the build cache is used
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
	for _, m := range mutants {
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()
			cmd := exec.CommandContext(t.Context(), program, "-test.run=^TestMutant$", "-test.v")
			cmd.Env = append(os.Environ(), mutantEnv+"="+m.name)
			out, err := cmd.CombinedOutput()
			require.NoError(t, err, "%s", out)
			_, caught, found := strings.Cut(string(out), "caught ")
			require.True(t, found, "%s", out)
			t.Log(strings.SplitN(caught, "\n", 2)[0])
		})
	}
}

// TestMutant finds a history that breaks the mutant named in the environment: its fixed one, or a random one.
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

// overlay writes this package's sources with all mutants in them and returns the path of the overlay file for the go command.
func overlay(t *testing.T) string {
	t.Helper()
	dir, fset := t.TempDir(), token.NewFileSet()
	replace := map[string]string{}
	write := func(file, content string) {
		path, err := filepath.Abs(file)
		require.NoError(t, err)
		replace[path] = filepath.Join(dir, file)
		require.NoError(t, os.WriteFile(replace[path], []byte(content), 0o600))
	}
	var numbers strings.Builder
	replaced := map[string][]int{}
	for i, m := range mutants {
		number := i + 1
		fmt.Fprintf(&numbers, "\t%q: %d,\n", m.name, number)
		tree, err := parser.ParseFile(fset, m.name, header+m.source, 0)
		require.NoError(t, err)
		for _, d := range tree.Decls {
			if f, ok := d.(*ast.FuncDecl); ok {
				replaced[signature(f)] = append(replaced[signature(f)], number)
				f.Name.Name += strconv.Itoa(number)
			}
		}
		write(fmt.Sprintf("mutant%d.go", number), show(t, fset, tree))
	}
	write("mutants.go", fmt.Sprintf("package protocol\n\nimport \"os\"\n\nvar mutantNumber = map[string]int{\n%s}[os.Getenv(%q)]\n", numbers.String(), mutantEnv))
	for file, content := range switched(t, fset, replaced) {
		write(file, content)
	}
	list, err := json.Marshal(map[string]any{"Replace": replace})
	require.NoError(t, err)
	path := filepath.Join(dir, "overlay.json")
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

// switched renames each function that mutants replace and adds a function to its file that calls the mutant's.
func switched(t *testing.T, fset *token.FileSet, replaced map[string][]int) map[string]string {
	t.Helper()
	files, err := filepath.Glob("*.go")
	require.NoError(t, err)
	changed := map[string]string{}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		tree, err := parser.ParseFile(fset, file, nil, parser.ParseComments)
		require.NoError(t, err)
		var added strings.Builder
		for _, d := range tree.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok || replaced[signature(f)] == nil {
				continue
			}
			added.WriteString(choice(t, fset, f, replaced[signature(f)]))
			delete(replaced, signature(f))
			f.Name.Name += original
		}
		if added.Len() > 0 {
			changed[file] = show(t, fset, tree) + added.String()
		}
	}
	require.Empty(t, replaced, "no such functions")
	return changed
}

// choice returns a function in place of f. It calls the version of the process's mutant, or else the original.
func choice(t *testing.T, fset *token.FileSet, f *ast.FuncDecl, numbers []int) string {
	t.Helper()
	var params, args, results []string
	for _, field := range f.Type.Params.List {
		for range max(1, len(field.Names)) {
			name := fmt.Sprintf("p%d", len(params))
			params = append(params, name+" "+show(t, fset, field.Type))
			if _, variadic := field.Type.(*ast.Ellipsis); variadic {
				name += "..."
			}
			args = append(args, name)
		}
	}
	if f.Type.Results != nil {
		for _, field := range f.Type.Results.List {
			for range max(1, len(field.Names)) {
				results = append(results, show(t, fset, field.Type))
			}
		}
	}
	receiver, on := "", ""
	if f.Recv != nil {
		receiver, on = "(m "+show(t, fset, f.Recv.List[0].Type)+") ", "m."
	}
	call := func(name string) string {
		call := on + f.Name.Name + name + "(" + strings.Join(args, ", ") + ")"
		if results == nil {
			return call + "; return"
		}
		return "return " + call
	}
	var text strings.Builder
	fmt.Fprintf(&text, "\nfunc %s%s(%s) (%s) {\n\tswitch mutantNumber {\n", receiver, f.Name.Name, strings.Join(params, ", "), strings.Join(results, ", "))
	for _, number := range numbers {
		fmt.Fprintf(&text, "\tcase %d: %s\n", number, call(strconv.Itoa(number)))
	}
	text.WriteString("\tdefault: " + call(original) + "\n\t}\n}\n")
	return text.String()
}

func show(t *testing.T, fset *token.FileSet, node any) string {
	t.Helper()
	var b strings.Builder
	require.NoError(t, format.Node(&b, fset, node))
	return b.String()
}

// signature returns the function's name after the name of its receiver's type.
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
