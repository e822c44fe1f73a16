// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

// Package incident decides what an incident says: severity, title, description, tags, owners. It is pure: the same
// alerts and configuration always give the same [Content]. [Content.Hashes] says field by field what is sent, and
// Content.News what of it the alerts say, apart from links, values and times that change by themselves. It imports
// internal/labels, internal/severity and internal/text. Start with [Renderer.Render].
//
// # Precedence
//
// Each field is taken from the first of these that has it:
//
//  1. the record's attribute: alert24.title, alert24.description, alert24.severity, alert24.tags,
//     alert24.affected_services; any processor can set them
//  2. the alert's annotation: alert24_title, alert24_description, alert24_severity, alert24_service
//  3. the configuration: templates, maps
//  4. what the alert says itself
//
// Where several alerts share an incident, the worst one speaks for all, except that affected services are those of
// the worst [MaxShown]. Two more annotations say what is to happen: alert24_ignore: "true" opens no incident,
// alert24_resolve: "false" leaves closing to a person.
package incident
