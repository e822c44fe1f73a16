// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

// Package arch checks the code against docs/architecture.md.
package arch

import (
	"go/ast"
	"go/parser"
	"go/token"
	"iter"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const (
	module = "github.com/alert24/otelcol-alert24/"
	root   = "../.."
)

func document(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../../docs/architecture.md")
	require.NoError(t, err)
	return string(text)
}

// files returns the files of a package, without tests.
func files(t *testing.T, room string) []*ast.File {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(root, room, "*.go"))
	require.NoError(t, err)
	var all []*ast.File
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		require.NoError(t, err)
		all = append(all, file)
	}
	require.NotEmpty(t, all, "there is no package %s", room)
	return all
}

// nodes returns the syntax nodes of a package, without tests.
func nodes(t *testing.T, room string) iter.Seq[ast.Node] {
	t.Helper()
	all := files(t, room)
	return func(yield func(ast.Node) bool) {
		for _, file := range all {
			for n := range ast.Preorder(file) {
				if !yield(n) {
					return
				}
			}
		}
	}
}

// row is a line of the table of packages.
var row = regexp.MustCompile("(?m)^\\| `([^`]+)` \\| [^|]+ \\| ([^|]*)\\|$")

var quoted = regexp.MustCompile("`([^`]+)`")

func TestImportsAreThoseOfTheTable(t *testing.T) {
	rows := row.FindAllStringSubmatch(document(t), -1)
	require.Greater(t, len(rows), 12)
	for _, r := range rows {
		var allowed, found []string
		for _, m := range quoted.FindAllStringSubmatch(r[2], -1) {
			allowed = append(allowed, m[1])
		}
		for _, file := range files(t, r[1]) {
			for _, spec := range file.Imports {
				path, err := strconv.Unquote(spec.Path.Value)
				require.NoError(t, err)
				if path, ours := strings.CutPrefix(path, module); ours && !strings.HasSuffix(path, "/internal/metadata") {
					found = append(found, path)
				}
			}
		}
		slices.Sort(found)
		slices.Sort(allowed)
		assert.Equal(t, allowed, slices.Compact(found), "imports of %s", r[1])
	}
}

// Every room of internal/ is in the document.
func TestEveryPackageIsThere(t *testing.T) {
	text := document(t)
	entries, err := os.ReadDir("..")
	require.NoError(t, err)
	for _, e := range entries {
		if e.IsDir() {
			assert.Contains(t, text, "`internal/"+e.Name()+"`")
		}
	}
}

// name matches a function or method in the document: "Policy.Decide", "event.Read", "handler.ServeHTTP".
var name = regexp.MustCompile(`^(?:[a-z0-9]+\.)?([A-Za-z0-9]+)\.([A-Za-z]+)$`)

func TestEveryNameExists(t *testing.T) {
	known := map[string]bool{}
	for _, room := range row.FindAllStringSubmatch(document(t), -1) {
		for _, file := range files(t, room[1]) {
			for _, decl := range file.Decls {
				switch d := decl.(type) {
				case *ast.FuncDecl:
					owner := file.Name.Name
					if d.Recv != nil {
						owner = receiverOf(d.Recv.List[0].Type)
					}
					known[owner+"."+d.Name.Name], known[d.Name.Name] = true, true
				case *ast.GenDecl:
					for _, spec := range d.Specs {
						if typ, ok := spec.(*ast.TypeSpec); ok {
							known[file.Name.Name+"."+typ.Name.Name], known[typ.Name.Name] = true, true
						}
					}
				}
			}
		}
	}
	_, walk, found := strings.Cut(document(t), "## One alert")
	require.True(t, found)
	checked := 0
	for _, m := range quoted.FindAllStringSubmatch(walk, -1) {
		text := m[1]
		if strings.ContainsAny(text, "/ ") || strings.HasSuffix(text, ".go") || strings.HasSuffix(text, ".yaml") {
			if _, err := os.Stat(filepath.Join(root, text)); strings.Contains(text, "/") && err != nil {
				assert.Fail(t, "no such file", text)
			}
			continue
		}
		if info, err := os.Stat(filepath.Join(root, text)); err == nil && info.IsDir() {
			continue
		}
		if parts := name.FindStringSubmatch(text); parts != nil {
			text = parts[1] + "." + parts[2]
		}
		checked++
		assert.True(t, known[text], "%s is named in docs/architecture.md and does not exist", text)
	}
	assert.Greater(t, checked, 20)
}

// receiverOf returns the type name of a method's receiver.
func receiverOf(expr ast.Expr) string {
	switch e := expr.(type) {
	case *ast.StarExpr:
		return receiverOf(e.X)
	case *ast.IndexExpr:
		return receiverOf(e.X)
	case *ast.Ident:
		return e.Name
	default:
		return ""
	}
}
