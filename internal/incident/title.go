// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package incident

import (
	"cmp"
	"strconv"
	"strings"

	"github.com/alert24/otelcol-alert24/internal/labels"
	"github.com/alert24/otelcol-alert24/internal/text"
)

// scope lists the labels that best say where an alert fires.
var scope = []string{"instance", "pod", "node", "host", "hostname", "service", "deployment", "job", "namespace", "cluster"}

// titles are the annotations for a title, the best first.
var titles = []string{"summary", "message"}

func (w *rendering) title(c *Content) (news uint64) {
	suffix := ""
	if more := w.more.Members - 1; more > 0 {
		suffix = " (+" + strconv.Itoa(more) + ")"
	}
	title := text.Line(override(w.worst.Title, w.worst.Annotations, annotationTitle), maxTitleRunes)
	still := title
	if title == "" && w.Renderer.title != nil {
		title, still = w.template(w.Renderer.title, Text)
		title, still = text.Line(title, maxTitleRunes), text.Line(still, maxTitleRunes)
	}
	if title == "" {
		title = defaultTitle(w.alias, w.worst, maxTitleRunes)
		still = title
	}
	c.Title = text.Cut(title, maxTitleRunes-len(suffix)) + suffix
	return HashText(still + suffix)
}

// Title returns the title of Render. It calls no function of an Option.
func (r *Renderer) Title(alias string, firing []Alert, more Context) string {
	quiet := *r
	quiet.onTemplateFailed = func(string, string, error) {}
	more.Members = max(more.Members, len(firing))
	w := rendering{Renderer: &quiet, alias: alias, firing: firing, worst: &firing[0], more: more}
	var c Content
	w.title(&c)
	return c.Title
}

// override returns the value with which an alert overrides the configuration: the attribute, else the annotation.
func override(attribute string, annotations labels.Set, name string) string {
	if !text.Blank(attribute) {
		return attribute
	}
	if value := annotations.Get(name); !failed(value) {
		return value
	}
	return ""
}

// defaultTitle is one line of 1 to n characters.
func defaultTitle(alias string, a *Alert, n int) string {
	if title := datasourceTitle(a, n); title != "" {
		return title
	}
	if title := summary(a, n); title != "" {
		return title
	}
	if name := text.Line(cmp.Or(a.Name, a.Labels.Get(labelAlertName)), n); name != "" {
		for _, label := range scope {
			if where := text.Line(a.Labels.Get(label), n); where != "" {
				return text.Line(name+" on "+where, n)
			}
		}
		return name
	}
	return cmp.Or(text.Line(alias, n), "Alert")
}

func summary(a *Alert, n int) string {
	for _, name := range titles {
		value := a.Annotations.Get(name)
		if failed(value) {
			continue
		}
		if title := text.Line(value, n); title != "" {
			return title
		}
	}
	return ""
}

// datasource has Grafana's names for the alert that replaces a rule's alert when its query returns nothing or fails, and how their titles
// begin. The annotations are still the rule's, so the summary is about something unknown.
var datasource = map[string]string{"DatasourceNoData": "No data: ", "DatasourceError": "Query failed: "}

// datasourceTitle returns a title for a Grafana rule that could not be evaluated; "" for other alerts.
func datasourceTitle(a *Alert, n int) string {
	title := datasource[cmp.Or(a.Name, a.Labels.Get(labelAlertName))]
	if title == "" {
		return ""
	}
	rule := text.Line(a.Labels.Get("rulename"), n)
	if rule == "" {
		return ""
	}
	title += rule
	if problem := text.Line(a.Annotations.Get("Error"), n); problem != "" {
		title += ": " + problem
	}
	return text.Line(title, n)
}

// failed reports whether an annotation is the text that Prometheus writes when its template fails.
func failed(annotation string) bool {
	return strings.HasPrefix(strings.TrimLeft(annotation, " \t\r\n"), "<error expanding template")
}
