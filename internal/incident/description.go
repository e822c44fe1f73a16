// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package incident

import (
	"net/url"
	"strconv"
	"strings"
)

// The parts of a description are bounded one by one, so that a long one does not push out what comes after it.
const (
	maxTextBytes   = 12 << 10
	maxLabelsBytes = 6 << 10
	maxMembers     = 20
	maxMemberRunes = 128
)

func (r *Renderer) renderDescription(alias string, firing []Alert) string {
	worst := &firing[0]
	text := lines(override(worst.Description, worst.Annotations, annotationDescription))
	if text == "" && r.description != nil {
		text = lines(r.execute(r.description, newTemplateData(alias, firing, r.escaper()), maxDescriptionBytes))
	}
	if text == "" {
		text = r.defaultDescription(alias, firing)
	}
	return cutDescription(text)
}

func cutDescription(s string) string {
	if len(s) <= maxDescriptionBytes {
		return s
	}
	return cutBytes(s, maxDescriptionBytes-len(ellipsis)) + ellipsis
}

// escaper returns what makes text safe in the description's format; nil: nothing.
func (r *Renderer) escaper() func(string) string {
	if r.cfg.DescriptionFormat == Markdown {
		return escapeMarkdown
	}
	return nil
}

func (r *Renderer) defaultDescription(alias string, firing []Alert) string {
	worst := &firing[0]
	d := document{markdown: r.cfg.DescriptionFormat == Markdown}
	d.b.Grow(1024)

	if text := lines(worst.Annotations.Get("description")); text != "" {
		if len(text) > maxTextBytes {
			text = cutBytes(text, maxTextBytes) + ellipsis
		}
		d.text(text)
	}
	d.section()
	for _, l := range linksOf(worst) {
		d.link(l.name, l.url)
	}
	d.section()
	d.labels(worst.Labels)
	if len(firing) > 1 {
		d.section()
		d.members(alias, firing)
	}
	if worst.Truncated > 0 {
		d.section()
		d.line("Alertmanager cut ", strconv.FormatInt(worst.Truncated, 10), " more alerts off this group (max_alerts).")
	}
	return strings.TrimSpace(d.b.String())
}

// Names of links.
const (
	linkRunbook   = "Runbook"
	linkDashboard = "Dashboard"
	linkPanel     = "Panel"
	linkSource    = "Source"
	linkSilence   = "Silence"
)

type namedLink struct{ name, url string }

// linksOf returns the alert's links that are safe to click, in the order in which people want them.
func linksOf(a *Alert) []namedLink {
	either := func(name, other string) string {
		if l := link(a.Annotations.Get(name)); l != "" {
			return l
		}
		return link(a.Annotations.Get(other))
	}
	all := [...]namedLink{
		{linkRunbook, either("runbook_url", "runbook")},
		{linkDashboard, either("dashboard_url", "dashboard")},
		{linkPanel, link(a.Annotations.Get("panel_url"))},
		{linkSource, link(a.GeneratorURL)},
		{linkSilence, silenceLink(a)},
	}
	links := make([]namedLink, 0, len(all))
	for _, l := range all {
		if l.url != "" {
			links = append(links, l)
		}
	}
	return links
}

var matcherValue = strings.NewReplacer("\\", "\\\\", "\"", "\\\"", "\n", "\\n")

// silenceLink opens the form for a new silence of exactly this alert, in Alertmanager's page or in Grafana's. A form
// with fewer matchers would silence more than this alert, so a link that grows too long is left out.
func silenceLink(a *Alert) string {
	base := strings.TrimRight(link(a.ExternalURL), "/")
	if base == "" || len(a.Labels) == 0 {
		return ""
	}
	if _, grafana := a.Labels.Lookup("grafana_folder"); grafana {
		query := url.Values{"alertmanager": {"grafana"}}
		for _, l := range a.Labels {
			query.Add("matcher", l.Name+"="+l.Value)
		}
		return link(base + "/alerting/silence/new?" + query.Encode())
	}
	filter := make([]byte, 0, 256)
	for _, l := range a.Labels {
		filter = append(filter, ',')
		filter = append(filter, l.Name...)
		filter = append(filter, `="`...)
		filter = append(filter, matcherValue.Replace(l.Value)...)
		filter = append(filter, '"')
	}
	// In a fragment a plus is no space.
	return link(base + "/#/silences/new?filter=%7B" + strings.ReplaceAll(url.QueryEscape(string(filter[1:])), "+", "%20") + "%7D")
}
