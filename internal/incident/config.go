// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package incident

import (
	"maps"
	"slices"
	"unicode/utf8"

	"github.com/alert24/otelcol-alert24/internal/problems"
	"github.com/alert24/otelcol-alert24/internal/text"
)

// maxSourceRunes is what Alert24's database holds.
const maxSourceRunes = 50

// Keys of the exporter's configuration that more than one place names.
const (
	keyServices   = "incident::services"
	keyAssignedTo = "incident::assigned_to"
	keySeverity   = "incident::severity::map"
)

// Config is what the user decides about the text of incidents. The keys are those of the exporter's configuration, which
// documents them. Templates are Go's text/template.
type Config struct {
	Source               string
	Severity             SeverityConfig
	Title, Description   string
	DescriptionFormat    Format
	ImpactDescription    string
	Tags                 TagsConfig
	SendLabels           SendLabels
	Services, AssignedTo IDConfig
	// ServicesByName: a value of the services' label that the map does not have is the name of a service.
	ServicesByName bool
}

// SeverityConfig says how bad an alert is.
type SeverityConfig struct {
	Label, Annotation, Template string
	Map                         map[string]string
	Default, Min                string
	Ignore                      []string
}

// TagsConfig says what tags an incident has besides our own.
type TagsConfig struct {
	Labels   []string
	Template string
}

// IDConfig finds an id by the value of a label.
type IDConfig struct {
	Label string
	Map   map[string]string
}

// SendLabels is which calls carry the worst alert's labels.
type SendLabels string

// Calls that carry labels.
const (
	LabelsInCreates SendLabels = "create"
	LabelsAlways    SendLabels = "always"
	LabelsNever     SendLabels = "never"
)

// Format of the description.
type Format string

// Formats of the description.
const (
	Text     Format = "text"
	Markdown Format = "markdown"
)

// DefaultConfig is what applies without a word from the user.
func DefaultConfig() Config {
	return Config{
		Source:            "prometheus",
		Severity:          SeverityConfig{Default: Medium.String(), Label: "severity", Ignore: []string{"none"}},
		DescriptionFormat: Text,
		Tags:              TagsConfig{Labels: []string{allLabels}},
		SendLabels:        LabelsInCreates,
	}
}

// check finds what is wrong apart from templates and severities, which are compiled.
func (c Config) check(p *problems.List) {
	n := utf8.RuneCountInString(c.Source)
	p.If(n == 0 || n > maxSourceRunes || text.Line(c.Source, n) != c.Source, "incident::source: must be 1 to %d printable characters", maxSourceRunes)
	p.If(c.DescriptionFormat != Text && c.DescriptionFormat != Markdown,
		"incident::description_format: must be %s or %s, not %q", Text, Markdown, c.DescriptionFormat)
	p.If(slices.Contains(c.Tags.Labels, ""), "incident::tags::labels: must not hold an empty name")
	p.If(!slices.Contains([]SendLabels{LabelsInCreates, LabelsAlways, LabelsNever}, c.SendLabels),
		"incident::send_labels: must be %s, %s or %s, not %q", LabelsInCreates, LabelsAlways, LabelsNever, c.SendLabels)
	if !c.ServicesByName {
		c.Services.check(p, keyServices)
	}
	c.AssignedTo.check(p, keyAssignedTo)
}

func (c IDConfig) check(p *problems.List, key string) {
	p.If((c.Label == "") != (len(c.Map) == 0), "%s: label and map go together", key)
	for _, value := range slices.Sorted(maps.Keys(c.Map)) {
		p.If(c.Map[value] == "", "%s::map::%s: must not be empty", key, value)
	}
}
