// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package incident

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/alert24/otelcol-alert24/internal/labels"
	"github.com/alert24/otelcol-alert24/internal/problems"
	"github.com/alert24/otelcol-alert24/internal/text"
)

const (
	// maxTitleRunes is what Alert24's database holds. A longer title causes a server error.
	maxTitleRunes       = 255
	maxImpactRunes      = 1024
	maxDescriptionBytes = 32 << 10
	// maxLineRunes bounds lines of the description.
	maxLineRunes  = 256
	maxServices   = 50
	maxTags       = 50 // our own included
	maxTagRunes   = 200
	maxLabels     = 64
	maxLabelRunes = 1024

	allLabels      = "*"
	labelAlertName = "alertname"
)

// Annotations that override the configuration.
const (
	annotationTitle       = "alert24_title"
	annotationDescription = "alert24_description"
	annotationSeverity    = "alert24_severity"
	annotationService     = "alert24_service"
	annotationIgnore      = "alert24_ignore"
	annotationResolve     = "alert24_resolve"
)

// Renderer turns alerts into the content of incidents. It is safe for concurrent use.
type Renderer struct {
	cfg                             Config
	severities                      *severities
	title, description, impact, tag *textTemplate // nil: none
	onTemplateFailed                func(key, alias string, err error)
	onUnknownValue                  func(key, value, used string)
	serviceID                       func(name string) string
}

// Option changes a Renderer.
type Option func(*Renderer)

// WithTemplateFailed calls f whenever a template fails on an alert and the default is used instead. key is the template's place in
// the configuration. alias is "" for the template of the severity, which needs only the labels. err is one line.
func WithTemplateFailed(f func(key, alias string, err error)) Option {
	return func(r *Renderer) { r.onTemplateFailed = f }
}

// WithUnknownValue calls f whenever the map at key has no entry for the value of an alert's label. used is the severity that the alert
// gets; it is empty if key is not about severities.
func WithUnknownValue(f func(key, value, used string)) Option {
	return func(r *Renderer) { r.onUnknownValue = f }
}

// WithServiceID finds the id of a service by its name; "" is none. Without it a name stands for its id.
func WithServiceID(f func(name string) string) Option {
	return func(r *Renderer) { r.serviceID = f }
}

// NewRenderer compiles cfg. Its error lists everything that is wrong with cfg; each part begins with the key.
func NewRenderer(cfg Config, opts ...Option) (*Renderer, error) {
	r := &Renderer{
		cfg:              cfg,
		onTemplateFailed: func(string, string, error) {},
		onUnknownValue:   func(string, string, string) {},
		serviceID:        func(name string) string { return name },
	}
	for _, opt := range opts {
		opt(r)
	}
	var p problems.List
	cfg.check(&p)
	r.severities = newSeverities(cfg.Severity, &p)
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
		*t.to, err = newTextTemplate(t.key, t.text)
		p.Add(err)
	}
	if err := p.Err(); err != nil {
		return nil, err
	}
	return r, nil
}

// rendering makes one Content.
type rendering struct {
	*Renderer
	alias  string
	firing []Alert // worst first
	worst  *Alert
	more   Context
	still  []Alert // the part of firing that is news; computed when it is needed
}

// Render returns the content of the incident of alias while the alerts in firing fire: the worst ones, worst first, and at least
// one, see maxShown.
func (r *Renderer) Render(alias string, firing []Alert, more Context) Content {
	more.Members = max(more.Members, len(firing))
	w := rendering{Renderer: r, alias: alias, firing: firing, worst: &firing[0], more: more}
	c := Content{
		Severity:         w.worst.Severity,
		Source:           r.cfg.Source,
		AffectedServices: r.services(firing),
		AssignedTo:       r.lookup(keyAssignedTo, r.cfg.AssignedTo, w.worst),
	}
	if r.cfg.SendLabels != LabelsNever {
		c.Labels = boundLabels(w.worst.Labels)
		c.LabelsInUpdates = r.cfg.SendLabels == LabelsAlways
	}
	title := w.title(&c)
	impact := w.impact(&c)
	tags := w.tags(&c)
	description := w.description(&c)
	c.News = Hashes{
		FieldTitle: title, FieldDescription: description, FieldTags: tags, FieldImpact: impact,
		FieldSeverity: HashText(c.Severity.String()), FieldServices: HashList(c.AffectedServices), FieldLabels: c.labelsHash(),
	}
	return c
}

// template returns the template's output, and the part of it that is news.
func (w *rendering) template(t *textTemplate, format Format) (out, news string) {
	out, ok := w.execute(t, newTemplateData(w.alias, w.firing, w.more, format))
	if !ok {
		return "", ""
	}
	if w.still == nil {
		w.still = make([]Alert, len(w.firing))
		for i := range w.firing {
			w.still[i] = w.firing[i].still()
		}
	}
	more := Context{Members: w.more.Members}
	news, err := t.output(newTemplateData(w.alias, w.still, more, format))
	if err != nil { // the template fails without the other parts, as in {{ slice .Values 0 9 }}
		news = strconv.FormatUint(HashText(fmt.Sprint(w.still, more)), 16)
	}
	return out, news
}

func (w *rendering) impact(c *Content) (news uint64) {
	if w.Renderer.impact == nil {
		return 0
	}
	out, still := w.template(w.Renderer.impact, Text)
	c.ImpactDescription = text.Cut(text.Lines(out), maxImpactRunes)
	return HashText(text.Cut(text.Lines(still), maxImpactRunes))
}

// boundLabels returns ls itself if there is nothing to cut. If two names are equal after the cut, the first counts.
func boundLabels(ls labels.Set) labels.Set {
	fits := func(s string) bool { return len(s) <= maxLabelRunes }
	if len(ls) <= maxLabels && !slices.ContainsFunc(ls, func(l labels.Label) bool { return !fits(l.Name) || !fits(l.Value) }) {
		return ls
	}
	bound := make(labels.Set, 0, maxLabels)
	for _, l := range ls {
		name := text.Cut(l.Name, maxLabelRunes)
		if slices.ContainsFunc(bound, func(other labels.Label) bool { return other.Name == name }) {
			continue
		}
		if len(bound) == maxLabels {
			break
		}
		bound = append(bound, labels.Label{Name: name, Value: text.Cut(l.Value, maxLabelRunes)})
	}
	return bound
}

func (w *rendering) tags(c *Content) (news uint64) {
	tags := tagList(AliasTag(w.alias), len(w.worst.Labels)+len(w.worst.Tags))
	for _, tag := range w.worst.Tags {
		tags.add(tag)
	}
	for _, l := range w.worst.Labels {
		if w.tagged(l.Name) {
			tags.add(tagOf(l))
		}
	}
	still := tags
	if w.tag != nil && len(w.worst.Tags) == 0 {
		out, stillText := w.template(w.tag, Text)
		still.tags = slices.Clone(tags.tags)
		for tag := range strings.Lines(out) {
			tags.add(tag)
		}
		for tag := range strings.Lines(stillText) {
			still.add(tag)
		}
	}
	c.Tags = tags.tags
	return HashList(still.tags)
}

// tagged reports whether the label becomes a tag.
func (w *rendering) tagged(label string) bool {
	return len(w.worst.Tags) == 0 && (slices.Contains(w.cfg.Tags.Labels, allLabels) && !strings.HasPrefix(label, "__") ||
		slices.Contains(w.cfg.Tags.Labels, label))
}

// tagOf returns the tag of a label, which is not cut.
func tagOf(l labels.Label) string { return l.Name + ":" + l.Value }

// tagSet collects tags within their bounds, each tag once. Only the first is one of our own: another would name another alias.
type tagSet struct{ tags []string }

func tagList(own string, room int) tagSet {
	return tagSet{append(make([]string, 0, 1+min(room, maxTags)), own)}
}

func (s *tagSet) add(tag string) {
	if tag = text.Line(tag, maxTagRunes); tag != "" && !IsAliasTag(tag) && len(s.tags) < maxTags && !slices.Contains(s.tags, tag) {
		s.tags = append(s.tags, tag)
	}
}
