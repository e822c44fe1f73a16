// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package pgtest

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
)

// oldest is the first version of PostgreSQL that the tests accept.
const oldest = 15

var version = regexp.MustCompile(`\(PostgreSQL\) (\d+)`)

// binaries returns the directory of PostgreSQL's programs, and the directory of their libraries if the system does not find them.
func binaries(ctx context.Context) (bin, libraries string, err error) {
	var candidates []string
	if p, err := exec.LookPath("postgres"); err == nil {
		if p, err = filepath.EvalSymlinks(p); err == nil {
			candidates = append(candidates, filepath.Dir(p))
		}
	}
	candidates = append(candidates, glob("/usr/lib/postgresql/*/bin")...)
	tools := filepath.Join(root(), ".tools", "postgresql")
	candidates = append(candidates, glob(filepath.Join(tools, "usr", "lib", "postgresql", "*", "bin"))...)
	for _, dir := range candidates {
		libs := ""
		if rel, err := filepath.Rel(tools, dir); err == nil && filepath.IsLocal(rel) {
			libs = filepath.Join(tools, "lib")
		}
		if usable(ctx, dir, libs) {
			return dir, libs, nil
		}
	}
	return "", "", errors.New("PostgreSQL 15 or newer is missing: run scripts/postgresql.sh on Debian, or install it so that postgres and initdb are on the PATH")
}

// glob returns the matches, the highest version first.
func glob(pattern string) []string {
	found, err := filepath.Glob(pattern)
	if err != nil {
		return nil
	}
	slices.Sort(found)
	slices.Reverse(found)
	return found
}

func usable(ctx context.Context, dir, libraries string) bool {
	if _, err := os.Stat(filepath.Join(dir, "initdb")); err != nil {
		return false
	}
	cmd := exec.CommandContext(ctx, filepath.Join(dir, "postgres"), "--version") //nolint:gosec // what the machine has
	cmd.Env = environment(libraries)
	out, err := cmd.Output()
	if err != nil {
		return false
	}
	m := version.FindSubmatch(out)
	if m == nil {
		return false
	}
	n, err := strconv.Atoi(string(m[1]))
	return err == nil && n >= oldest
}

// root returns the directory of go.mod.
func root() string {
	dir, err := os.Getwd()
	for ; err == nil && dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
	}
	return "."
}

// environment is the environment of PostgreSQL's programs. It contains none of the tester's own settings for PostgreSQL.
func environment(libraries string) []string {
	env := []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C", "TZ=UTC"}
	if libraries != "" {
		env = append(env, "LD_LIBRARY_PATH="+libraries)
	}
	return env
}
