// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package webhook

import (
	"slices"

	"github.com/alert24/otelcol-alert24/internal/matcher"
)

// MissingLabel is what takes the place of a label that an alert lacks.
type MissingLabel string

// The values of MissingLabel.
const (
	MissingHash        MissingLabel = "hash"        // of all labels that are not excluded
	MissingFingerprint MissingLabel = "fingerprint" // the alert's
	MissingEmpty       MissingLabel = "empty"       // nothing, between two separators
	MissingSkip        MissingLabel = "skip"        // neither the label nor its separator
)

// AliasRule says how the alias of an alert is made.
type AliasRule struct {
	// Matchers choose the alerts of the rule, in Alertmanager's syntax. All of them must match.
	Matchers []string
	// Labels are joined by Separator.
	Labels       []string
	Separator    string
	MissingLabel MissingLabel
	// Exclude names labels that never make a different problem: hashes leave them out.
	Exclude []string
	// Prefix precedes the alias.
	Prefix string
}

// rule is a compiled AliasRule.
type rule struct {
	AliasRule
	matchers matcher.Set
	// free is the place in Labels whose value may hold the separator without making the alias ambiguous.
	free int
}

func compile(from AliasRule) (rule, error) {
	r := rule{AliasRule: from, free: slices.Index(from.Labels, labelInstance)}
	if r.free < 0 {
		r.free = len(from.Labels) - 1
	}
	var err error
	r.matchers, err = matcher.Parse(from.Matchers...)
	return r, err
}
