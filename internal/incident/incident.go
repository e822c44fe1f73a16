// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package incident

import (
	"time"

	"github.com/alert24/otelcol-alert24/internal/labels"
)

// Alert is the part of an alert that an incident shows. Two equal Alerts make equal incidents. [Packed] writes the same JSON.
type Alert struct {
	Fingerprint  string     `json:"fp"`
	Name         string     `json:"name,omitempty"`
	Severity     Severity   `json:"sev"`
	StartsAt     time.Time  `json:"start"`
	Labels       labels.Set `json:"labels,omitempty"`
	Annotations  labels.Set `json:"annotations,omitempty"`
	GroupLabels  labels.Set `json:"group,omitempty"`
	GeneratorURL string     `json:"generator,omitempty"`
	ExternalURL  string     `json:"external,omitempty"`
	// Grafana means that a Grafana sent the alert. It gives the SilenceURL and the Values of its queries, as text.
	Grafana    bool   `json:"grafana,omitzero"`
	SilenceURL string `json:"silence,omitempty"`
	Values     string `json:"values,omitempty"`
	// Truncated is how many alerts of the group Alertmanager cut off.
	Truncated int64 `json:"truncated,omitzero"`

	// Overrides from the alert24.* attributes; empty means not set.
	Title            string   `json:"title,omitempty"`
	Description      string   `json:"description,omitempty"`
	Tags             []string `json:"tags,omitempty"`
	AffectedServices []string `json:"services,omitempty"`
}

// Context is what an incident says in addition to its alerts.
type Context struct {
	// Now is the time of the rendering. A start after it is not shown, because the sender's clock is wrong; zero shows all.
	Now time.Time
	// Members is the number of alerts that fire, if only the worst of them are rendered.
	Members int
	// Since is the oldest start of all members; zero: of the rendered ones.
	Since time.Time
	// Continues is the number of the incident that this one continues; 0 if there is none.
	Continues int64
	// Silence is a silence of one of the alerts; zero if none is known. Silenced is the number of alerts that are silenced.
	Silence  Silence
	Silenced int
}

// Silence is a person's decision not to send alerts for a while.
type Silence struct {
	By    string
	Until time.Time
}

// Content is what an incident shows in Alert24, apart from its status.
type Content struct {
	// Title is one line of 1 to 255 characters.
	Title string
	// Description is at most 32 KiB.
	Description string
	Severity    Severity
	Source      string
	Labels      labels.Set
	// LabelsInUpdates says that updates carry the labels too, not only the create.
	LabelsInUpdates bool
	// Tags begins with the alias tag, see [AliasTag].
	Tags []string
	// AffectedServices are ids of services, AssignedTo is the id of a user.
	AffectedServices  []string
	ImpactDescription string
	AssignedTo        string

	// News has hashes of what the alerts say, without what changes by itself.
	News Hashes
}
