// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package arch

import (
	"io/fs"
	"os"
	"path"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var (
	codeBlock = regexp.MustCompile("(?s)```.*?```")
	heading   = regexp.MustCompile(`(?m)^#+ (.+)$`)
	linkTo    = regexp.MustCompile(`\]\(\s*([^)\s]+)\s*\)`)
	notInSlug = regexp.MustCompile(`[^\p{L}\p{N}_\- ]`)
)

// Every relative link of a Markdown page leads to a file, and every anchor to a heading.
func TestLinksOfTheDocuments(t *testing.T) {
	root := os.DirFS("../..")
	pages := map[string]string{} // without code
	err := fs.WalkDir(root, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if base := entry.Name(); entry.IsDir() && name != "." && (strings.HasPrefix(base, ".") || base == "build" || base == "testdata") {
			return fs.SkipDir
		}
		if path.Ext(name) == ".md" {
			text, err := fs.ReadFile(root, name)
			pages[name] = codeBlock.ReplaceAllString(string(text), "")
			return err
		}
		return nil
	})
	require.NoError(t, err)
	anchors := map[string]bool{}
	for name, text := range pages {
		for _, m := range heading.FindAllStringSubmatch(text, -1) {
			anchors[name+"#"+slug(m[1])] = true
		}
	}
	checked := 0
	for name, text := range pages {
		for _, m := range linkTo.FindAllStringSubmatch(text, -1) {
			if strings.Contains(m[1], "://") {
				continue
			}
			checked++
			file, anchor, _ := strings.Cut(m[1], "#")
			target := name
			if file != "" {
				target = path.Join(path.Dir(name), file)
			}
			_, err := fs.Stat(root, target)
			assert.NoError(t, err, "%s links to %s", name, m[1])
			if anchor != "" {
				assert.True(t, anchors[target+"#"+anchor], "%s links to %s, and there is no such heading", name, m[1])
			}
		}
	}
	assert.Greater(t, checked, 50)
}

// slug returns the anchor that GitHub gives a heading.
func slug(heading string) string {
	return strings.ReplaceAll(notInSlug.ReplaceAllString(strings.ToLower(strings.TrimSpace(heading)), ""), " ", "-")
}
