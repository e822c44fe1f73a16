// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

// Package snippet finds the examples in Markdown.
package snippet

import (
	"errors"
	"slices"
	"strings"
)

// Block is a fenced code block.
type Block struct {
	Line int // of the opening fence, from 1
	Text string
}

// YAML returns the YAML blocks of a Markdown text.
func YAML(markdown string) ([]Block, error) { return Blocks(markdown, "yaml", "yml") }

// Blocks returns the blocks of a Markdown text in these languages. An unclosed block is an error.
func Blocks(markdown string, languages ...string) ([]Block, error) {
	var (
		blocks []Block
		open   *Block
		fence  string // the fence that closes the open block, and the indentation before it
		indent string
		text   strings.Builder
	)
	for i, line := range strings.Split(markdown, "\n") {
		trimmed := strings.TrimLeft(line, " ")
		switch {
		case fence == "" && strings.HasPrefix(trimmed, "```"):
			info := strings.TrimLeft(trimmed, "`")
			indent, fence = line[:len(line)-len(trimmed)], trimmed[:len(trimmed)-len(info)]
			if language, _, _ := strings.Cut(info, " "); slices.Contains(languages, language) {
				open = &Block{Line: i + 1}
				text.Reset()
			}
		case fence != "" && strings.TrimRight(line, " ") == indent+fence:
			if open != nil {
				open.Text = text.String()
				blocks = append(blocks, *open)
			}
			open, fence = nil, ""
		case open != nil:
			text.WriteString(strings.TrimPrefix(line, indent) + "\n")
		}
	}
	if fence != "" {
		return nil, errors.New("a code block is not closed")
	}
	return blocks, nil
}
