// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

// Package snippet finds the examples in Markdown and tells which program a YAML example is for. So a test can pass every example of
// the documentation to that program.
package snippet

import (
	"errors"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
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

// Kind is the program that a YAML text is for.
type Kind string

// Kinds of YAML.
const (
	Collector    Kind = "collector"    // the collector's configuration, whole or in part
	Alertmanager Kind = "alertmanager" // Alertmanager's configuration, whole or in part
	Prometheus   Kind = "prometheus"   // Prometheus's configuration
	Rules        Kind = "rules"        // Prometheus's alert rules
	Builder      Kind = "builder"      // ocb's configuration, whole or in part
	Kubernetes   Kind = "kubernetes"   // manifests
)

// KindOf returns the kind of a text by its top-level keys.
func KindOf(text string) (Kind, error) {
	var top map[string]yaml.Node
	if err := yaml.Unmarshal([]byte(text), &top); err != nil {
		return "", err
	}
	list := func(key string) bool {
		node, ok := top[key]
		return ok && node.Kind == yaml.SequenceNode
	}
	has := func(keys ...string) bool {
		for _, key := range keys {
			if _, ok := top[key]; ok {
				return true
			}
		}
		return false
	}
	switch {
	case has("apiVersion"):
		return Kubernetes, nil
	case has("groups"):
		return Rules, nil
	case has("scrape_configs", "rule_files", "alerting"):
		return Prometheus, nil
	case has("dist", "replaces") || strings.Contains(text, "- gomod:"):
		return Builder, nil
	case has("route", "inhibit_rules") || list("receivers"):
		return Alertmanager, nil
	case has("receivers", "exporters", "processors", "connectors", "extensions", "service"):
		return Collector, nil
	}
	return "", errors.New("it is for no program known here: begin it with a top-level key of the collector, Alertmanager, Prometheus or ocb")
}
