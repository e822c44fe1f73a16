// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package incident

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"unicode/utf8"
)

// maxSourceRunes is what Alert24's database holds.
const maxSourceRunes = 50

// Config is what the user decides about the text of incidents. Templates are Go's text/template with the data and
// functions that README describes.
type Config struct {
	// Source names to Alert24 where incidents come from (1 to 50 characters).
	Source   string         `mapstructure:"source"`
	Severity SeverityConfig `mapstructure:"severity"`
	// Title is a template; empty: the summary, else the message, else the alert's name and scope.
	Title string `mapstructure:"title"`
	// Description is a template; empty: the description, links, labels and members.
	Description string `mapstructure:"description"`
	// DescriptionFormat is text, or markdown, in which what alerts say is escaped.
	DescriptionFormat Format     `mapstructure:"description_format"`
	Tags              TagsConfig `mapstructure:"tags"`
	// SendLabels sends the worst alert's labels in the field labels.
	SendLabels bool `mapstructure:"send_labels"`
	// AffectedServices gives the ids of Alert24's services by a label's value.
	AffectedServices LookupConfig `mapstructure:"affected_services"`
	// AssignedTo gives the id of a user by a label's value.
	AssignedTo LookupConfig `mapstructure:"assigned_to"`
	// ImpactDescription is a template; empty: not sent.
	ImpactDescription string `mapstructure:"impact_description"`
}

// SeverityConfig says how bad an alert is.
type SeverityConfig struct {
	// Map gives Alert24's severity by the alert's word, in any case. It adds to the words that are known.
	Map map[string]string `mapstructure:"map"`
	// Default is for a word that is not known, and for none.
	Default string `mapstructure:"default"`
	// Label holds the word.
	Label string `mapstructure:"label"`
	// Annotation holds it instead, where an alert has it.
	Annotation string `mapstructure:"annotation"`
	// Template makes the word from labels and annotations; what is blank falls back to Annotation and Label.
	Template string `mapstructure:"template"`
	// Min is the least severity that opens an incident.
	Min string `mapstructure:"min"`
	// Ignore lists words that open no incident, as none.
	Ignore []string `mapstructure:"ignore"`
}

// TagsConfig says what tags an incident has besides our own.
type TagsConfig struct {
	// Labels become tags "name:value"; "*" is all but those that begin with "__".
	Labels []string `mapstructure:"labels"`
	// Template makes further tags, one a line.
	Template string `mapstructure:"template"`
}

// LookupConfig finds an id by the value of a label.
type LookupConfig struct {
	Label string            `mapstructure:"label"`
	Map   map[string]string `mapstructure:"map"`
}

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
		Severity:          SeverityConfig{Default: Medium.String(), Label: "severity"},
		DescriptionFormat: Text,
		Tags:              TagsConfig{Labels: []string{allLabels}},
		SendLabels:        true,
	}
}

// Check refuses what cannot work; every message begins with the key. It is not called Validate, because the
// collector calls that by itself and puts the name of a squashed field before the key.
func (c Config) Check() error {
	_, err := NewRenderer(c)
	return err
}

// check finds what is wrong apart from templates and severities, which are compiled.
func (c Config) check() []error {
	var errs []error
	if n := utf8.RuneCountInString(c.Source); n == 0 || n > maxSourceRunes || oneLine(c.Source, n) != c.Source {
		errs = append(errs, fmt.Errorf("source: must be 1 to %d printable characters", maxSourceRunes))
	}
	if c.DescriptionFormat != Text && c.DescriptionFormat != Markdown {
		errs = append(errs, fmt.Errorf("description_format: must be %s or %s, not %q", Text, Markdown, string(c.DescriptionFormat)))
	}
	if slices.Contains(c.Tags.Labels, "") {
		errs = append(errs, errors.New("tags::labels: must not hold an empty name"))
	}
	errs = append(errs, c.AffectedServices.check("affected_services")...)
	return append(errs, c.AssignedTo.check("assigned_to")...)
}

func (c LookupConfig) check(key string) []error {
	var errs []error
	if (c.Label == "") != (len(c.Map) == 0) {
		errs = append(errs, fmt.Errorf("%s: label and map go together", key))
	}
	for _, value := range slices.Sorted(maps.Keys(c.Map)) {
		if c.Map[value] == "" {
			errs = append(errs, fmt.Errorf("%s::map::%s: must not be empty", key, value))
		}
	}
	return errs
}
