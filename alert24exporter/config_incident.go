// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alert24exporter

import "github.com/alert24/otelcol-alert24/internal/incident"

// IncidentConfig is the content of incidents. Templates are Go's text/template, see docs/incidents.md.
type IncidentConfig struct {
	// Source names to Alert24 where incidents come from (1 to 50 characters).
	Source string `mapstructure:"source"`
	// Title is a template; empty: the summary, else the message, else the alert's name and scope.
	Title string `mapstructure:"title"`
	// Description is a template; empty: the description, links, labels and members.
	Description string `mapstructure:"description"`
	// DescriptionFormat is text or markdown. With markdown, text from alerts is escaped.
	DescriptionFormat DescriptionFormat `mapstructure:"description_format"`
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

// DescriptionFormat is how descriptions are written.
type DescriptionFormat string

// SendLabels is which calls carry labels.
type SendLabels string

// ServicesBy is how services are found.
type ServicesBy string

// The values of keys that have few.
const (
	DescriptionText     DescriptionFormat = "text"
	DescriptionMarkdown DescriptionFormat = "markdown"

	SendLabelsCreate SendLabels = "create"
	SendLabelsAlways SendLabels = "always"
	SendLabelsNever  SendLabels = "never"

	ServicesByID   ServicesBy = "id"
	ServicesByName ServicesBy = "name"
)

// Content converts c for package incident.
func (c *IncidentConfig) Content() incident.Config {
	return incident.Config{
		Source:            c.Source,
		Title:             c.Title,
		Description:       c.Description,
		DescriptionFormat: incident.Format(c.DescriptionFormat),
		ImpactDescription: c.ImpactDescription,
		Severity: incident.SeverityConfig{
			Label: c.Severity.Label, Annotation: c.Severity.Annotation, Template: c.Severity.Template,
			Map: c.Severity.Map, Default: c.Severity.Default, Min: c.Severity.Min, Ignore: c.Severity.Ignore,
		},
		Tags:       incident.TagsConfig(c.Tags),
		SendLabels: incident.SendLabels(c.SendLabels),
		Services:   incident.IDConfig{Label: c.Services.Label, Map: c.Services.Map},
		AssignedTo: incident.IDConfig(c.AssignedTo),

		ServicesByName: c.Services.By == ServicesByName,
	}
}
