// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

// Package attrs names the log attributes that alertmanagerreceiver writes and alert24exporter reads.
//
// Names of labels and annotations follow their prefix verbatim, so a dot in a label name is never ambiguous.
package attrs

// EventName is the log record's event name for an alert.
const EventName = "alertmanager.alert"

// SyncEventName is the log record's event name for a list of all alerts of an Alertmanager. The record has these attributes, and
// Epoch and Seq, which give the place of the requests in the order of arrival.
const (
	SyncEventName = "alertmanager.sync"
	// SyncSource identifies the source: the id of the receiver component, and a hash of the addresses.
	SyncSource = "alertmanager.sync.source"
	// SyncComplete is true if every alert that fires is in the list.
	SyncComplete = "alertmanager.sync.complete"
	// SyncAge is the time between the first request and the record, in milliseconds, rounded up.
	SyncAge = "alertmanager.sync.age"
	// SyncActive and SyncSuppressed are the keys of the listed alerts, one after the other: the active ones, and those suppressed
	// by a silence, an inhibition or a time interval.
	SyncActive     = "alertmanager.sync.active"
	SyncSuppressed = "alertmanager.sync.suppressed"
	// SyncSilences is a list of maps, one for each silence of a listed alert, with the names below: its author, its end (RFC 3339),
	// and the keys of the silenced alerts.
	SyncSilences = "alertmanager.sync.silences"
	SilenceID    = "id"
	SilenceBy    = "by"
	SilenceUntil = "until"
	SilenceKeys  = "keys"
	// SyncAbsentFor is how long an alert must be absent before it counts as resolved, in milliseconds.
	SyncAbsentFor = "alertmanager.sync.absent_for"
)

// Resource attributes.
const (
	ServiceName      = "service.name"
	ServiceNameValue = "alertmanager"
	// Receiver is the name of Alertmanager's receiver in the webhook.
	Receiver = "alertmanager.receiver"
	// ExternalURL is the external URL of the sending Alertmanager.
	ExternalURL = "alertmanager.external_url"
)

// Record attributes of the webhook.
const (
	// Alias is the deduplication key.
	Alias = "alertmanager.alias"
	// Epoch is a random id of the receiver process; Seq counts arrivals within it.
	Epoch = "alertmanager.epoch"
	Seq   = "alertmanager.seq"

	GroupKey           = "alertmanager.group.key"
	GroupLabelPrefix   = "alertmanager.group.label."
	NotificationReason = "alertmanager.notification.reason"
	// TruncatedAlerts is present only if Alertmanager cut alerts off the group.
	TruncatedAlerts = "alertmanager.truncated_alerts"
	// RouteLabelPrefix precedes the labels of the route that matched (Alertmanager 0.34 and later).
	RouteLabelPrefix = "alertmanager.route.label."
	// OrgID is the number of Grafana's organisation.
	OrgID = "alertmanager.org_id"
	// CutValues counts the labels, annotations and other texts of the record that the receiver's limits shortened or removed. It is
	// present only if there are any.
	CutValues = "alertmanager.cut_values"
	// ResolveWait is present on a resolve that waits for the next sync: the longest wait, in milliseconds.
	ResolveWait = "alertmanager.resolve_wait"
	// ListedBy is the SyncSource of the list that brought the alert. It is absent if a webhook brought it.
	ListedBy = "alertmanager.listed_by"
	// ClientAddress is the peer that sent the webhook: replicas of one cluster share ExternalURL.
	ClientAddress = "client.address"
)

// Record attributes of the alert. Times are RFC 3339 with nanoseconds.
const (
	AlertName        = "alertmanager.alert.name"
	AlertStatus      = "alertmanager.alert.status"
	AlertFingerprint = "alertmanager.alert.fingerprint"
	// AlertKey identifies the alert, whatever its alias: 16 bytes.
	AlertKey              = "alertmanager.alert.key"
	AlertStartsAt         = "alertmanager.alert.starts_at"
	AlertEndsAt           = "alertmanager.alert.ends_at"
	AlertGeneratorURL     = "alertmanager.alert.generator_url"
	AlertLabelPrefix      = "alertmanager.alert.label."
	AlertAnnotationPrefix = "alertmanager.alert.annotation."
)

// Record attributes that only Grafana's alerts have. Links are present only if they are http or https.
const (
	AlertRuleUID      = "alertmanager.alert.rule_uid"
	AlertDashboardURL = "alertmanager.alert.dashboard_url"
	AlertPanelURL     = "alertmanager.alert.panel_url"
	AlertSilenceURL   = "alertmanager.alert.silence_url"
	AlertImageURL     = "alertmanager.alert.image_url"
	AlertValueString  = "alertmanager.alert.value_string"
	// AlertValuePrefix precedes the reference id of a query; the value is a number.
	AlertValuePrefix = "alertmanager.alert.value."
)

// Values of AlertStatus and OverrideStatus.
const (
	StatusFiring   = "firing"
	StatusResolved = "resolved"
)

// Overrides, which any processor or other log source may set. They win over the alert's own values.
const (
	OverrideAlias            = "alert24.alias"
	OverrideStatus           = "alert24.status"
	OverrideTitle            = "alert24.title"
	OverrideDescription      = "alert24.description"
	OverrideSeverity         = "alert24.severity"
	OverrideTags             = "alert24.tags"
	OverrideAffectedServices = "alert24.affected_services"
	// OverrideStaleAfter resolves the alert if it is not repeated for this long, as "1m".
	OverrideStaleAfter = "alert24.stale_after"
)
