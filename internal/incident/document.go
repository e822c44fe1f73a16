// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package incident

import (
	"strconv"
	"strings"
	"time"

	"github.com/alert24/otelcol-alert24/internal/labels"
)

// document writes the sections of a description, with a blank line between those that are not empty.
type document struct {
	b        strings.Builder
	markdown bool
	between  bool // a blank line was just written
}

func (d *document) line(parts ...string) {
	for _, part := range parts {
		d.b.WriteString(part)
	}
	d.b.WriteByte('\n')
	d.between = false
}

func (d *document) section() {
	if d.b.Len() > 0 && !d.between {
		d.b.WriteByte('\n')
		d.between = true
	}
}

// escape returns what an alert says in the description's format.
func (d *document) escape(s string) string {
	if d.markdown {
		return escapeMarkdown(s)
	}
	return s
}

func (d *document) text(s string) { d.line(d.escape(s)) }

func (d *document) link(name, url string) {
	if d.markdown {
		d.line("- ", name, ": <", urlInBrackets.Replace(url), ">")
		return
	}
	d.line(name, ": ", url)
}

func (d *document) labels(set labels.Set) {
	if len(set) == 0 {
		return
	}
	d.line("Labels:")
	d.listStart()
	limit := d.b.Len() + maxLabelsBytes
	for i, l := range set {
		if d.b.Len() > limit {
			d.rest(len(set) - i)
			return
		}
		d.line("- ", d.escape(oneLine(l.Name, maxLineRunes)), ": ", d.escape(oneLine(l.Value, maxLineRunes)))
	}
}

func (d *document) members(alias string, firing []Alert) {
	d.line("Firing alerts: ", strconv.Itoa(len(firing)))
	d.listStart()
	for i := range firing[:min(len(firing), maxMembers)] {
		a := &firing[i]
		since := ""
		if !a.StartsAt.IsZero() {
			since = ", since " + a.StartsAt.UTC().Format(time.RFC3339)
		}
		d.line("- ", a.Severity.String(), ": ", d.escape(defaultTitle(alias, a, maxMemberRunes)), since)
	}
	d.rest(len(firing) - maxMembers)
}

// listStart makes Markdown begin a list instead of going on with the paragraph.
func (d *document) listStart() {
	if d.markdown {
		d.section()
	}
}

func (d *document) rest(n int) {
	if n > 0 {
		d.line("- and ", strconv.Itoa(n), " more")
	}
}

var (
	urlInBrackets = strings.NewReplacer("<", "%3C", ">", "%3E", `\`, "%5C")
	inMarkdown    = strings.NewReplacer(
		`\`, `\\`, "`", "\\`", "*", `\*`, "_", `\_`, "[", `\[`, "]", `\]`, "<", `\<`, ">", `\>`, "#", `\#`, "|", `\|`,
		"~", `\~`, "&", `\&`,
	)
)

// escapeMarkdown makes Markdown show s as it is, line by line (CommonMark 0.31, 2.4 and 6.7).
func escapeMarkdown(s string) string {
	in := strings.Split(s, "\n")
	for i, line := range in {
		line = inMarkdown.Replace(strings.TrimSpace(line))
		digits := len(line) - len(strings.TrimLeft(line, "0123456789"))
		if digits < len(line) && strings.IndexByte("-+=.)", line[digits]) >= 0 && (digits == 0) == (strings.IndexByte("-+=", line[digits]) >= 0) {
			// At a line's start these make lists, rules and headings.
			line = line[:digits] + `\` + line[digits:]
		}
		if line != "" && i+1 < len(in) && strings.TrimSpace(in[i+1]) != "" {
			line += `\` // a line break stays one
		}
		in[i] = line
	}
	return strings.Join(in, "\n")
}
