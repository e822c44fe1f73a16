// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

// Package incident decides what an incident says: severity, title, description, tags, owners. It is pure: the same
// alerts and configuration always give the same [Content]. [Content.Hashes] has a hash of each field that is sent.
// Content.News has hashes of what the alerts say, without links, values and times that change by themselves. Start
// with [Renderer.Render].
//
// # Precedence
//
// Each field comes from the first of these that has it:
//
//  1. the record's attribute: alert24.title, alert24.description, alert24.severity, alert24.tags,
//     alert24.affected_services; any processor can set them
//  2. the alert's annotation: alert24_title, alert24_description, alert24_severity, alert24_service
//  3. the configuration: templates, maps
//  4. the alert's own labels and annotations
//
// If several alerts share an incident, the worst one determines its fields, except that affected services are those of
// the worst 20. Two more annotations control the incident: alert24_ignore: "true" opens none,
// alert24_resolve: "false" leaves closing to a person.
package incident
