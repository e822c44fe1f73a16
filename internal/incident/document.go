// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package incident

import (
	"strconv"
	"strings"
	"unicode"

	"github.com/alert24/otelcol-alert24/internal/labels"
	"github.com/alert24/otelcol-alert24/internal/text"
)

// document writes the sections of a description, with a blank line between the sections that are not empty. It hashes the text that
// is news.
type document struct {
	Format

	b       strings.Builder
	news    hash
	quiet   bool // the text being written is not news
	between bool // a blank line was just written
}

// moving calls f, which writes text that is not news.
func (d *document) moving(f func()) {
	before := d.quiet
	d.quiet = true
	f()
	d.quiet = before
}

func (d *document) part(parts ...string) {
	for _, part := range parts {
		d.b.WriteString(part)
		if !d.quiet {
			d.news.add(part)
		}
	}
}

func (d *document) line(parts ...string) {
	d.part(parts...)
	d.b.WriteByte('\n')
	d.between = false
}

func (d *document) section() {
	if !d.quiet {
		d.news.add("") // even if the section before is empty
	}
	if d.b.Len() > 0 && !d.between {
		d.b.WriteByte('\n')
		d.between = true
	}
}

// escape escapes an alert's text for the format. It looks at the lines that remain without control characters.
func (f Format) escape(s string) string {
	if f == Markdown {
		return escapeMarkdown(text.Lines(s))
	}
	return s
}

// name escapes the name of a label for a template. Usual names stay as they are, because templates look them up.
func (f Format) name(s string) string {
	unusual := func(r rune) bool { return !unicode.IsPrint(r) || strings.ContainsRune("\\`*[]<>#|~&", r) }
	if f == Markdown && strings.ContainsFunc(s, unusual) {
		return f.escape(s)
	}
	return s
}

// link escapes a link, so that none of its characters ends the link or begins other markup.
func (f Format) link(url string) string {
	if f == Markdown {
		return inParentheses.Replace(url)
	}
	return url
}

func (d *document) text(s string) { d.line(d.escape(s)) }

// link writes a link, if there is one. Its time range is not news.
func (d *document) link(name, url string) {
	if url == "" {
		return
	}
	if !d.quiet {
		d.news.add(name)
		d.news.add(stillLink(url))
	}
	d.moving(func() {
		if d.Format == Markdown {
			d.line("- ", name, ": <", urlInBrackets.Replace(url), ">")
		} else {
			d.line(name, ": ", url)
		}
	})
}

// item writes a text in the list of links.
func (d *document) item(name, value string) {
	if d.Format == Markdown {
		d.part("- ")
	}
	d.line(name, ": ", d.escape(value))
}

// labels writes the labels that are not shown elsewhere.
func (d *document) labels(set labels.Set, elsewhere func(labels.Label) bool) {
	limit, left := 0, 0
	for _, l := range set {
		switch {
		case elsewhere(l):
			continue
		case limit == 0:
			d.line("Labels:")
			d.listStart()
			limit = d.b.Len() + maxLabelsBytes
		case d.b.Len() > limit:
			left++
			continue
		}
		d.line("- ", d.escape(text.Line(l.Name, maxLineRunes)), ": ", d.escape(text.Line(l.Value, maxLineRunes)))
	}
	d.rest(left)
}

// listStart makes Markdown begin a list instead of continuing the paragraph.
func (d *document) listStart() {
	if d.Format == Markdown {
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
	inParentheses = strings.NewReplacer("<", "%3C", ">", "%3E", `\`, "%5C", "(", "%28", ")", "%29", "`", "%60")
	inMarkdown    = strings.NewReplacer(
		`\`, `\\`, "`", "\\`", "*", `\*`, "_", `\_`, "[", `\[`, "]", `\]`, "<", `\<`, ">", `\>`, "#", `\#`, "|", `\|`,
		"~", `\~`, "&", `\&`,
	)
)

// escapeMarkdown makes Markdown show s unchanged, line by line (CommonMark 0.31, 2.4 and 6.7).
func escapeMarkdown(s string) string {
	in := strings.Split(s, "\n")
	for i, line := range in {
		line = inMarkdown.Replace(strings.TrimSpace(line))
		digits := len(line) - len(strings.TrimLeft(line, "0123456789"))
		if digits < len(line) && strings.IndexByte("-+=.)", line[digits]) >= 0 && (digits == 0) == (strings.IndexByte("-+=", line[digits]) >= 0) {
			// At the start of a line, these characters make lists, rules and headings.
			line = line[:digits] + `\` + line[digits:]
		}
		if line != "" && i+1 < len(in) && strings.TrimSpace(in[i+1]) != "" {
			line += `\` // keeps the line break
		}
		in[i] = line
	}
	return strings.Join(in, "\n")
}
