// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package incident

import (
	"maps"
	"slices"
	"strings"
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

// Config is what the user decides about the content of incidents: the exporter's key incident. Templates are Go's text/template,
// see docs/incidents.md.
type Config struct {
	// Source names to Alert24 where incidents come from (1 to 50 characters).
	Source string `mapstructure:"source"`
	// Title is a template; empty: the summary, else the message, else the alert's name and scope.
	Title string `mapstructure:"title"`
	// Description is a template; empty: the description, links, labels and members.
	Description string `mapstructure:"description"`
	// DescriptionFormat is text or markdown. With markdown, text from alerts is escaped.
	DescriptionFormat Format `mapstructure:"description_format"`
	// ImpactDescription is a template; empty: not sent.
	ImpactDescription string `mapstructure:"impact_description"`
	// Severity is where an alert's severity comes from.
	Severity SeverityConfig `mapstructure:"severity"`
	// Tags of an incident, next to our own.
	Tags TagsConfig `mapstructure:"tags"`
	// SendLabels is create, always or never: which calls carry the worst alert's labels in the field labels.
	SendLabels SendLabels `mapstructure:"send_labels"`
	// Services gives the ids of Alert24's services by a label's value.
	Services ServicesConfig `mapstructure:"services"`
	// AssignedTo gives the id of a user by a label's value.
	AssignedTo IDConfig `mapstructure:"assigned_to"`
	// InitialStatus of a new incident: one of Alert24's open ones. Empty leaves it to Alert24.
	InitialStatus string `mapstructure:"initial_status"`
}

// SeverityConfig is where an alert's severity comes from.
type SeverityConfig struct {
	// Label holds the word.
	Label string `mapstructure:"label"`
	// Annotation holds it instead, where an alert has it.
	Annotation string `mapstructure:"annotation"`
	// Template makes the word from labels and annotations; what is blank falls back to Annotation and Label.
	Template string `mapstructure:"template"`
	// Map gives Alert24's severity by the alert's word, in any case. It adds to the words that are known.
	Map map[string]string `mapstructure:"map"`
	// Default is for a word that is not known, and for none.
	Default string `mapstructure:"default"`
	// Min is the least severity that opens an incident.
	Min string `mapstructure:"min"`
	// Ignore lists words that open no incident, as none.
	Ignore []string `mapstructure:"ignore"`
	// OnlyRises keeps an incident at the worst severity that it had.
	OnlyRises bool `mapstructure:"only_rises"`
}

// TagsConfig is the tags of an incident, next to our own.
type TagsConfig struct {
	// Labels become tags "name:value"; "*" is all but those that begin with "__".
	Labels []string `mapstructure:"labels"`
	// Template makes further tags, one a line.
	Template string `mapstructure:"template"`
}

// IDConfig finds an id by the value of a label.
type IDConfig struct {
	// Label holds the value.
	Label string `mapstructure:"label"`
	// Map gives the id by the value.
	Map map[string]string `mapstructure:"map"`
}

// ServicesConfig finds the services that an alert affects.
type ServicesConfig struct {
	// Label holds the value.
	Label string `mapstructure:"label"`
	// Map gives the id of a service by the value.
	Map map[string]string `mapstructure:"map"`
	// By is id or name: whether a value that the map does not have is the name of a service in Alert24.
	By ServicesBy `mapstructure:"by"`
}

// Format is how descriptions are written.
type Format string

// SendLabels is which calls carry labels.
type SendLabels string

// ServicesBy is how services are found.
type ServicesBy string

// The values of keys that have few.
const (
	Text     Format = "text"
	Markdown Format = "markdown"

	LabelsInCreates SendLabels = "create"
	LabelsAlways    SendLabels = "always"
	LabelsNever     SendLabels = "never"

	ServicesByID   ServicesBy = "id"
	ServicesByName ServicesBy = "name"
)

// DefaultConfig is what applies without a word from the user.
func DefaultConfig() Config {
	return Config{
		Source:            "prometheus",
		Severity:          SeverityConfig{Default: Medium.String(), Label: "severity", Ignore: []string{"none"}},
		DescriptionFormat: Text,
		Tags:              TagsConfig{Labels: []string{allLabels}},
		SendLabels:        LabelsInCreates,
		Services:          ServicesConfig{By: ServicesByID},
		InitialStatus:     "new",
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
	p.If(c.Services.By != ServicesByID && c.Services.By != ServicesByName,
		"incident::services::by: must be %s or %s, not %q", ServicesByID, ServicesByName, c.Services.By)
	if c.Services.By == ServicesByID {
		IDConfig{c.Services.Label, c.Services.Map}.check(p, keyServices)
	}
	p.If(c.InitialStatus != "" && !slices.Contains(OpenStatuses, c.InitialStatus),
		"incident::initial_status: must be one of %s, not %q", strings.Join(OpenStatuses, ", "), c.InitialStatus)
	c.AssignedTo.check(p, keyAssignedTo)
}

func (c IDConfig) check(p *problems.List, key string) {
	p.If((c.Label == "") != (len(c.Map) == 0), "%s: label and map go together", key)
	for _, value := range slices.Sorted(maps.Keys(c.Map)) {
		p.If(c.Map[value] == "", "%s::map::%s: must not be empty", key, value)
	}
}

// OpenStatuses are the statuses of an incident that is not closed, in the order of an incident's life (Alert24's reference
// of the incidents API).
var OpenStatuses = []string{"new", "acknowledged", "open", "investigating", "identified", "monitoring"}
