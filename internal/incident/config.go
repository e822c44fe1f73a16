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

// Config sets the content of incidents: the exporter's key incident. Templates are Go's text/template, see docs/incidents.md.
type Config struct {
	// Source is the source of our incidents in Alert24 (1 to 50 characters).
	Source string `mapstructure:"source"`
	// Title is a template. If it is empty, the title is the summary, else the message, else the alert's name and scope.
	Title string `mapstructure:"title"`
	// Description is a template. If it is empty, the description has the alert's description, links, labels and members.
	Description string `mapstructure:"description"`
	// DescriptionFormat is text or markdown. In markdown, text from alerts is escaped.
	DescriptionFormat Format `mapstructure:"description_format"`
	// ImpactDescription is a template. If it is empty, the field is not sent.
	ImpactDescription string `mapstructure:"impact_description"`
	// Severity sets how the severity of an alert is found.
	Severity SeverityConfig `mapstructure:"severity"`
	// Tags sets the tags of incidents in addition to our own.
	Tags TagsConfig `mapstructure:"tags"`
	// SendLabels is create, always (updates too) or never: which calls send the labels of the worst alert.
	SendLabels SendLabels `mapstructure:"send_labels"`
	// Services finds the affected services in Alert24 by the value of a label.
	Services ServicesConfig `mapstructure:"services"`
	// AssignedTo finds the id of the user to assign by the value of a label.
	AssignedTo IDConfig `mapstructure:"assigned_to"`
	// InitialStatus is the status of a new incident: one of Alert24's open ones. If it is empty, Alert24 decides.
	InitialStatus string `mapstructure:"initial_status"`
}

// SeverityConfig sets how the severity of an alert is found.
type SeverityConfig struct {
	// Label is the label with the severity, as a word.
	Label string `mapstructure:"label"`
	// Annotation is used instead of the label, for alerts that have it.
	Annotation string `mapstructure:"annotation"`
	// Template writes the word from labels and annotations. If the result is blank, Annotation and Label are used.
	Template string `mapstructure:"template"`
	// Map gives Alert24's severity for a word, in upper or lower case. It adds to the known words, and overrides them.
	Map map[string]string `mapstructure:"map"`
	// Default is the severity for an unknown word, and for an alert without one.
	Default string `mapstructure:"default"`
	// Min is the lowest severity that opens an incident.
	Min string `mapstructure:"min"`
	// Ignore lists words that open no incident, for example none.
	Ignore []string `mapstructure:"ignore"`
	// OnlyRises keeps an incident at its worst severity until its alerts have resolved.
	OnlyRises bool `mapstructure:"only_rises"`
}

// TagsConfig sets the tags of incidents in addition to our own.
type TagsConfig struct {
	// Labels lists the labels that become tags "name:value". "*" means all except those that begin with "__".
	Labels []string `mapstructure:"labels"`
	// Template writes further tags, one per line.
	Template string `mapstructure:"template"`
}

// IDConfig finds an id by the value of a label.
type IDConfig struct {
	// Label is the name of the label.
	Label string `mapstructure:"label"`
	// Map gives the id for a value.
	Map map[string]string `mapstructure:"map"`
}

// ServicesConfig finds the services that an alert affects.
type ServicesConfig struct {
	// Label is the name of the label.
	Label string `mapstructure:"label"`
	// Map gives the id of a service for a value.
	Map map[string]string `mapstructure:"map"`
	// By is id or name: whether a value that is not in the map is the name of a service in Alert24.
	By ServicesBy `mapstructure:"by"`
}

// Format is the format of descriptions.
type Format string

// SendLabels says which calls send labels.
type SendLabels string

// ServicesBy says how services are found.
type ServicesBy string

// Values of the keys of these types.
const (
	Text     Format = "text"
	Markdown Format = "markdown"

	LabelsInCreates SendLabels = "create"
	LabelsAlways    SendLabels = "always"
	LabelsNever     SendLabels = "never"

	ServicesByID   ServicesBy = "id"
	ServicesByName ServicesBy = "name"
)

// DefaultConfig returns the default configuration.
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

// check finds all mistakes except those in templates and severities, which are compiled.
func (c Config) check(p *problems.List) {
	n := utf8.RuneCountInString(c.Source)
	p.If(n == 0 || n > maxSourceRunes || text.Line(c.Source, n) != c.Source, "incident::source: must be 1 to %d printable characters", maxSourceRunes)
	p.If(c.DescriptionFormat != Text && c.DescriptionFormat != Markdown,
		"incident::description_format: must be %s or %s, not %q", Text, Markdown, c.DescriptionFormat)
	p.If(slices.Contains(c.Tags.Labels, ""), "incident::tags::labels: must not contain an empty name")
	p.If(!slices.Contains([]SendLabels{LabelsInCreates, LabelsAlways, LabelsNever}, c.SendLabels),
		"incident::send_labels: must be %s, %s or %s, not %q", LabelsInCreates, LabelsAlways, LabelsNever, c.SendLabels)
	p.If(c.Services.By != ServicesByID && c.Services.By != ServicesByName,
		"incident::services::by: must be %s or %s, not %q", ServicesByID, ServicesByName, c.Services.By)
	if c.Services.By == ServicesByID {
		IDConfig{c.Services.Label, c.Services.Map}.check(p, keyServices)
	} else {
		checkIDs(p, keyServices, c.Services.Map)
	}
	p.If(c.InitialStatus != "" && !slices.Contains(OpenStatuses, c.InitialStatus),
		"incident::initial_status: must be one of %s, not %q", strings.Join(OpenStatuses, ", "), c.InitialStatus)
	c.AssignedTo.check(p, keyAssignedTo)
}

func (c IDConfig) check(p *problems.List, key string) {
	p.If((c.Label == "") != (len(c.Map) == 0), "%s: label and map go together", key)
	checkIDs(p, key, c.Map)
}

func checkIDs(p *problems.List, key string, ids map[string]string) {
	for _, value := range slices.Sorted(maps.Keys(ids)) {
		p.If(text.Blank(ids[value]), "%s::map::%s: must not be empty", key, value)
	}
}

// OpenStatuses are the statuses of an incident that is not closed, in the order of an incident's life (Alert24's reference
// of the incidents API).
var OpenStatuses = []string{"new", "acknowledged", "open", "investigating", "identified", "monitoring"}
