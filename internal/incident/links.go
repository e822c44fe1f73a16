// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package incident

import (
	"cmp"
	"net/url"
	"strings"

	"github.com/alert24/otelcol-alert24/internal/text"
)

// links writes the alert's links that are safe to click, the most useful first.
func links(d *document, a *Alert) {
	runbook := runbookLink(a)
	d.link("Runbook", runbook)
	if note := runbookText(a); runbook == "" && note != "" {
		d.item("Runbook", note)
	}
	d.link("Dashboard", dashboardLink(a))
	d.link("Panel", panelLink(a))
	d.moving(func() {
		d.link("Source", text.Link(a.GeneratorURL))
		d.link("Silence", silenceLink(a))
	})
}

func eitherLink(a *Alert, name, other string) string {
	return cmp.Or(text.Link(a.Annotations.Get(name)), text.Link(a.Annotations.Get(other)))
}

func runbookLink(a *Alert) string   { return eitherLink(a, "runbook_url", "runbook") }
func dashboardLink(a *Alert) string { return eitherLink(a, "dashboard_url", "dashboard") }
func panelLink(a *Alert) string     { return text.Link(a.Annotations.Get("panel_url")) }

// runbookText returns a runbook annotation that is not a link: the text may still help. Of broken links, only those with white space are
// shown, as text. An unsafe link is not.
func runbookText(a *Alert) string {
	for _, name := range []string{"runbook_url", "runbook"} {
		value := a.Annotations.Get(name)
		note := text.Line(value, maxLineRunes)
		scheme, _, _ := strings.Cut(strings.ToLower(note), ":")
		switch scheme {
		case "", "javascript", "vbscript", "data", "file":
			continue
		case "http", "https":
			if text.Link(strings.Join(strings.Fields(value), "")) == "" {
				continue
			}
		}
		return note
	}
	return ""
}

// valuesOf returns the values of Grafana's queries.
func valuesOf(a *Alert) string {
	return cmp.Or(a.Values, a.Annotations.Get("__value_string__"))
}

var matcherValue = strings.NewReplacer("\\", "\\\\", "\"", "\\\"", "\n", "\\n")

// silenceLink opens the form for a new silence of exactly this alert. Grafana sends its own link. For Alertmanager, the link is
// built here. A form with fewer matchers would silence more than this alert, so a link that is too long is left out.
func silenceLink(a *Alert) string {
	if a.SilenceURL != "" || a.Grafana {
		return text.Link(a.SilenceURL)
	}
	base := strings.TrimRight(text.Link(a.ExternalURL), "/")
	if base == "" || len(a.Labels) == 0 {
		return ""
	}
	filter := make([]byte, 0, 256)
	for _, l := range a.Labels {
		filter = append(filter, ',')
		filter = append(filter, l.Name...)
		filter = append(filter, `="`...)
		filter = append(filter, matcherValue.Replace(l.Value)...)
		filter = append(filter, '"')
	}
	// In a fragment a plus is not a space.
	return text.Link(base + "/#/silences/new?filter=%7B" + strings.ReplaceAll(url.QueryEscape(string(filter[1:])), "+", "%20") + "%7D")
}

// NamedLink is a link that is safe to click: http or https, with a host.
type NamedLink struct {
	Name string `json:"name"`
	URL  string `json:"url"`
}

// Links returns the links of an alert, the most useful first.
func Links(a *Alert) []NamedLink {
	var found []NamedLink
	for _, l := range []NamedLink{
		{"Runbook", runbookLink(a)},
		{"Dashboard", dashboardLink(a)},
		{"Panel", panelLink(a)},
		{"Source", text.Link(a.GeneratorURL)},
		{"Alertmanager", text.Link(a.ExternalURL)},
		{"Silence", silenceLink(a)},
	} {
		if l.URL != "" {
			found = append(found, l)
		}
	}
	return found
}
