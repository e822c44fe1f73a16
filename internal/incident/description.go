// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package incident

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/alert24/otelcol-alert24/internal/labels"
	"github.com/alert24/otelcol-alert24/internal/text"
)

// Each part of a description has its own bound, so a long part does not push out the later ones.
const (
	maxTextBytes   = 12 << 10
	maxLabelsBytes = 6 << 10
	maxMemberRunes = 160
	// maxFailureRunes bounds Prometheus's text about a failed template.
	maxFailureRunes = 1024
	// maxShown is how many members a description lists. Further ones need not be rendered.
	maxShown = 20
)

// minutes is the format of times in a description: people compare them with their clocks.
const minutes = "2006-01-02 15:04 UTC"

func (w *rendering) description(c *Content) (news uint64) {
	body := text.Lines(override(w.worst.Description, w.worst.Annotations, annotationDescription))
	still := body
	if body == "" && w.Renderer.description != nil {
		body, still = w.template(w.Renderer.description, w.cfg.DescriptionFormat)
		body, still = text.Lines(body), text.CutBytes(text.Lines(still), maxDescriptionBytes)
	}
	if body != "" {
		c.Description, news = w.end(body), HashText(still)
		return news
	}
	d := w.defaultDescription(c)
	c.Description = w.end(strings.TrimSpace(d.b.String()))
	return d.news.sum()
}

// end appends the last lines to the body, and cuts the body to make room.
func (w *rendering) end(body string) string {
	last := AliasLine(w.alias)
	if w.more.Continues != 0 {
		last = "Continues #" + strconv.FormatInt(w.more.Continues, 10) + "\n\n" + last
	}
	if s := w.more.Silence; s.By != "" {
		last = w.silenced() + w.cfg.DescriptionFormat.escape(text.Line(s.By, maxMemberRunes)) + " until " + minute(s.Until) + "\n\n" + last
	}
	if body == "" {
		return last
	}
	const between = "\n\n"
	if room := maxDescriptionBytes - len(between) - len(last); len(body) > room {
		body = strings.TrimRight(text.CutBytes(body, room-len(text.Ellipsis)), " \n\t") + text.Ellipsis
	}
	return body + between + last
}

// silenced says how many alerts are silenced, unless all are.
func (w *rendering) silenced() string {
	if n := w.more.Silenced; n < w.more.Members {
		return strconv.Itoa(n) + " of " + strconv.Itoa(w.more.Members) + " alerts silenced, by "
	}
	return "Silenced by "
}

func (w *rendering) defaultDescription(c *Content) *document {
	d := &document{Format: w.cfg.DescriptionFormat}
	d.b.Grow(1024)

	w.says(d)
	d.section()
	links(d, w.worst)
	d.section()
	d.moving(func() { w.facts(d) })
	d.section()
	d.labels(w.worst.Labels, func(l labels.Label) bool {
		return w.tagged(l.Name) && slices.Contains(c.Tags, text.Printable(tagOf(l))) // else the tag is cut, or one too many
	})
	if w.more.Members > 1 {
		d.section()
		w.members(d)
	}
	if w.worst.Truncated > 0 {
		d.section()
		d.news.add("truncated")
		d.moving(func() {
			d.line("Alertmanager cut ", text.Count(w.worst.Truncated, "more alert", "more alerts"), " off this group (max_alerts).")
		})
	}
	return d
}

// says writes the alert's own text. If a template failed, it writes the failure, for the person who repairs the rule.
func (w *rendering) says(d *document) {
	a := w.worst
	if datasourceTitle(a, maxTitleRunes) != "" {
		if line := summary(a, maxTitleRunes); line != "" {
			d.text(line)
			d.section()
		}
	}
	body := a.Annotations.Get("description")
	if !failed(body) {
		if body = text.Lines(body); body != "" {
			if len(body) > maxTextBytes {
				body = text.CutBytes(body, maxTextBytes) + text.Ellipsis
			}
			d.text(body)
		}
	}
	for _, name := range [...]string{annotationTitle, "summary", "message", annotationDescription, "description"} {
		if value := a.Annotations.Get(name); failed(value) {
			d.section()
			d.line("The template of annotation ", name, " failed: ", d.escape(text.Line(value, maxFailureRunes)))
		}
	}
}

// facts writes the lines that are not news.
func (w *rendering) facts(d *document) {
	since := w.more.Since
	for i := range w.firing {
		if start := w.firing[i].StartsAt; !start.IsZero() && (since.IsZero() || start.Before(since)) {
			since = start
		}
	}
	if w.began(since) {
		d.line("Firing since ", minute(since))
	}
	if values := text.Line(valuesOf(w.worst), maxLineRunes); values != "" {
		if w.began(since) && d.Format == Markdown {
			d.section()
		}
		d.line("Values: ", d.escape(values))
	}
}

// began reports whether the start is known and in the past.
func (w *rendering) began(start time.Time) bool {
	return !start.IsZero() && (w.more.Now.IsZero() || !start.After(w.more.Now))
}

func minute(t time.Time) string { return t.UTC().Format(minutes) }

func (w *rendering) members(d *document) {
	d.line("Firing alerts: ", strconv.Itoa(w.more.Members))
	d.listStart()
	shown := w.firing[:min(len(w.firing), maxShown)]
	names := differing(shown)
	for i := range shown {
		a := &shown[i]
		d.part("- ", a.Severity.String(), ": ", d.escape(w.member(a, names)))
		d.moving(func() {
			if w.began(a.StartsAt) {
				d.part(", since ", minute(a.StartsAt))
			}
		})
		d.line()
	}
	d.rest(w.more.Members - len(shown))
}

// member names the member a by the labels that differ, and by its title if the rules differ.
func (w *rendering) member(a *Alert, names []string) string {
	var b strings.Builder
	title := false
	for _, name := range names {
		value := a.Labels.Get(name)
		if name == labelAlertName {
			title = true
		}
		if value == "" || name == w.cfg.Severity.Label || name == labelAlertName || labels.IsExcluded(name) {
			continue
		}
		if b.Len() > 0 {
			b.WriteString(", ")
		}
		b.WriteString(name)
		b.WriteByte('=')
		b.WriteString(value)
	}
	pairs := text.Line(b.String(), maxMemberRunes)
	switch {
	case pairs == "":
		return defaultTitle(w.alias, a, maxMemberRunes)
	case title:
		return defaultTitle(w.alias, a, maxMemberRunes) + " (" + pairs + ")"
	}
	return pairs
}
