// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package incident

import (
	"cmp"
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/alert24/otelcol-alert24/internal/labels"
)

const (
	// maxTitleRunes is what Alert24's database holds; a longer title fails there as an error of the server.
	maxTitleRunes       = 255
	maxImpactRunes      = 1024
	maxDescriptionBytes = 32 << 10
	// maxLineRunes bounds lines of the description and outputs of small templates.
	maxLineRunes  = 256
	maxServices   = 50
	maxTags       = 50 // our own included
	maxTagRunes   = 200
	maxLabels     = 64
	maxLabelRunes = 1024

	allLabels = "*"
)

// Annotations by which an alert overrides what the configuration says.
const (
	annotationTitle       = "alert24_title"
	annotationDescription = "alert24_description"
	annotationSeverity    = "alert24_severity"
	annotationService     = "alert24_service"
	annotationIgnore      = "alert24_ignore"
	annotationResolve     = "alert24_resolve"
)

// scope lists the labels that say best where an alert fires.
var scope = []string{"instance", "pod", "node", "host", "hostname", "service", "deployment", "job", "namespace", "cluster"}

// Renderer turns alerts into the content of incidents. It is safe for concurrent use.
type Renderer struct {
	cfg                             Config
	severities                      *severities
	title, description, impact, tag *textTemplate // nil: none
	onTemplateFailed                func(key string, err error)
	onUnknownValue                  func(key, value string)
}

// Option changes a Renderer.
type Option func(*Renderer)

// WithTemplateFailed calls f whenever a template fails on an alert and its default takes its place. key is the
// template's place in the configuration, err is one line.
func WithTemplateFailed(f func(key string, err error)) Option {
	return func(r *Renderer) { r.onTemplateFailed = f }
}

// WithUnknownValue calls f whenever the map at key has no id for the value of an alert's label.
func WithUnknownValue(f func(key, value string)) Option {
	return func(r *Renderer) { r.onUnknownValue = f }
}

// NewRenderer compiles cfg. Its error is all that is wrong with cfg, each part beginning with the key.
func NewRenderer(cfg Config, opts ...Option) (*Renderer, error) {
	r := &Renderer{
		cfg:              cfg,
		onTemplateFailed: func(string, error) {},
		onUnknownValue:   func(string, string) {},
	}
	for _, opt := range opts {
		opt(r)
	}
	errs := cfg.check()
	s, severityErrs := newSeverities(cfg.Severity)
	r.severities = s
	errs = append(errs, severityErrs...)
	for _, t := range []struct {
		to        **textTemplate
		key, text string
	}{
		{&r.title, "incident::title", cfg.Title},
		{&r.description, "incident::description", cfg.Description},
		{&r.impact, "incident::impact_description", cfg.ImpactDescription},
		{&r.tag, "incident::tags::template", cfg.Tags.Template},
		{&r.severities.template, "incident::severity::template", cfg.Severity.Template},
	} {
		var err error
		if *t.to, err = newTextTemplate(t.key, t.text); err != nil {
			errs = append(errs, err)
		}
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	return r, nil
}

// Render says what the incident of alias says while the alerts in firing fire. They come worst first, and there is at
// least one.
func (r *Renderer) Render(alias string, firing []Alert) Content {
	worst := &firing[0]
	c := Content{
		Title:            r.renderTitle(alias, firing),
		Description:      r.renderDescription(alias, firing),
		Severity:         worst.Severity,
		Source:           r.cfg.Source,
		Tags:             r.renderTags(alias, firing),
		AffectedServices: r.services(firing),
		AssignedTo:       r.lookup(keyAssignedTo, r.cfg.AssignedTo, worst),
	}
	if r.cfg.SendLabels != LabelsNever {
		c.Labels = boundLabels(worst.Labels)
		c.LabelsInUpdates = r.cfg.SendLabels == LabelsAlways
	}
	if r.impact != nil {
		c.ImpactDescription = cutRunes(lines(r.execute(r.impact, newTemplateData(alias, firing, nil), maxImpactRunes)), maxImpactRunes)
	}
	return c
}

func (r *Renderer) renderTitle(alias string, firing []Alert) string {
	worst := &firing[0]
	suffix := ""
	if more := len(firing) - 1; more > 0 {
		suffix = " (+" + strconv.Itoa(more) + ")"
	}
	n := maxTitleRunes - len(suffix)
	title := oneLine(override(worst.Title, worst.Annotations, annotationTitle), n)
	if title == "" && r.title != nil {
		title = oneLine(r.execute(r.title, newTemplateData(alias, firing, nil), 4*maxTitleRunes), n)
	}
	return cmp.Or(title, defaultTitle(alias, worst, n)) + suffix
}

// override returns what an alert says instead of the configuration: the attribute, else the annotation.
func override(attribute string, annotations labels.Set, name string) string {
	if !blank(attribute) {
		return attribute
	}
	return annotations.Get(name)
}

// defaultTitle is one line of 1 to n characters.
func defaultTitle(alias string, a *Alert, n int) string {
	for _, name := range []string{"summary", "message"} {
		if title := oneLine(a.Annotations.Get(name), n); title != "" {
			return title
		}
	}
	if name := oneLine(cmp.Or(a.Name, a.Labels.Get("alertname")), n); name != "" {
		for _, label := range scope {
			if where := oneLine(a.Labels.Get(label), n); where != "" {
				return oneLine(name+" on "+where, n)
			}
		}
		return name
	}
	return cmp.Or(oneLine(alias, n), "Alert")
}

// boundLabels returns ls itself unless there is something to cut.
func boundLabels(ls labels.Set) labels.Set {
	fits := func(s string) bool { return len(s) <= maxLabelRunes }
	if len(ls) <= maxLabels && !slices.ContainsFunc(ls, func(l labels.Label) bool { return !fits(l.Name) || !fits(l.Value) }) {
		return ls
	}
	cut := make(labels.Set, 0, maxLabels)
	for _, l := range ls[:min(len(ls), maxLabels)] {
		cut = append(cut, labels.Label{Name: cutRunes(l.Name, maxLabelRunes), Value: cutRunes(l.Value, maxLabelRunes)})
	}
	return cut
}

func (r *Renderer) renderTags(alias string, firing []Alert) []string {
	worst := &firing[0]
	tags := make([]string, 1, 1+min(len(worst.Labels)+len(worst.Tags), maxTags))
	tags[0] = AliasTag(alias)
	add := func(tag string) {
		if tag = oneLine(tag, maxTagRunes); tag != "" && len(tags) < maxTags && !slices.Contains(tags, tag) {
			tags = append(tags, tag)
		}
	}
	if len(worst.Tags) > 0 {
		for _, tag := range worst.Tags {
			add(tag)
		}
		return tags
	}
	all := slices.Contains(r.cfg.Tags.Labels, allLabels)
	for _, l := range worst.Labels {
		if (all && !strings.HasPrefix(l.Name, "__")) || slices.Contains(r.cfg.Tags.Labels, l.Name) {
			add(l.Name + ":" + l.Value)
		}
	}
	if r.tag != nil {
		for tag := range strings.Lines(r.execute(r.tag, newTemplateData(alias, firing, nil), maxTags*maxTagRunes)) {
			add(tag)
		}
	}
	return tags
}

// services returns the ids of the services that the alerts affect, sorted.
func (r *Renderer) services(firing []Alert) []string {
	var ids []string
	add := func(id string) {
		if id != "" && len(ids) < maxServices && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	for i := range firing {
		a := &firing[i]
		given := a.AffectedServices
		if len(given) == 0 {
			if named := a.Annotations.Get(annotationService); !blank(named) {
				given = strings.Split(named, ",")
			}
		}
		if len(given) == 0 {
			add(r.lookup(keyServices, r.cfg.Services, a))
		}
		for _, service := range given {
			// A service can be given by its name in the map or by its id.
			service = oneLine(service, maxLineRunes)
			add(cmp.Or(r.cfg.Services.Map[service], service))
		}
	}
	slices.Sort(ids)
	return ids
}

// lookup returns the id for the alert's label, or "".
func (r *Renderer) lookup(key string, cfg IDConfig, a *Alert) string {
	if cfg.Label == "" {
		return ""
	}
	value := a.Labels.Get(cfg.Label)
	id := cfg.Map[value]
	if id == "" && value != "" {
		r.onUnknownValue(key, value)
	}
	return id
}
