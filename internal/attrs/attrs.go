// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

// Package attrs names the log attributes that alertmanagerreceiver writes and alert24exporter reads.
//
// Names of labels and annotations follow their prefix verbatim, so a dot in a label name is never ambiguous.
package attrs

// EventName is the log record's event name for an alert.
const EventName = "alertmanager.alert"

// SyncEventName is the log record's event name for a list of all alerts of an Alertmanager. It has these attributes, and Epoch
// and Seq: its place in the order of arrival is that of the questions.
const (
	SyncEventName = "alertmanager.sync"
	// SyncSource is who was asked: the id of the receiver component, and a hash of the addresses.
	SyncSource = "alertmanager.sync.source"
	// SyncComplete is true if an alert that is not listed does not fire.
	SyncComplete = "alertmanager.sync.complete"
	// SyncAge is how long ago the first question was asked when the record was made, in milliseconds, rounded up.
	SyncAge = "alertmanager.sync.age"
	// SyncActive and SyncSuppressed are the keys of the listed alerts, one after the other: those that nothing suppresses, and
	// those that a silence, an inhibition or a time interval does.
	SyncActive     = "alertmanager.sync.active"
	SyncSuppressed = "alertmanager.sync.suppressed"
	// SyncSilences is a list of maps, one for each silence of a listed alert, with the names below: who made it, when it ends (RFC
	// 3339), and the keys of the alerts that it silences.
	SyncSilences = "alertmanager.sync.silences"
	SilenceID    = "id"
	SilenceBy    = "by"
	SilenceUntil = "until"
	SilenceKeys  = "keys"
	// SyncAbsentFor is how long an alert must be absent until it counts as resolved, in milliseconds.
	SyncAbsentFor = "alertmanager.sync.absent_for"
)

// Resource attributes.
const (
	ServiceName      = "service.name"
	ServiceNameValue = "alertmanager"
	// Receiver is the name of Alertmanager's receiver, as it sends it.
	Receiver = "alertmanager.receiver"
	// ExternalURL is the address under which the sending Alertmanager says it is reached.
	ExternalURL = "alertmanager.external_url"
)

// Record attributes of the delivery.
const (
	// Alias is the deduplication key.
	Alias = "alertmanager.alias"
	// Epoch is a random id of the receiver process; Seq counts arrivals within it.
	Epoch = "alertmanager.epoch"
	Seq   = "alertmanager.seq"

	GroupKey           = "alertmanager.group.key"
	GroupLabelPrefix   = "alertmanager.group.label."
	NotificationReason = "alertmanager.notification.reason"
	// TruncatedAlerts is present only when Alertmanager cut alerts off the group.
	TruncatedAlerts = "alertmanager.truncated_alerts"
	// RouteLabelPrefix precedes the labels of the route that matched (Alertmanager 0.34 and later).
	RouteLabelPrefix = "alertmanager.route.label."
	// OrgID is the number of Grafana's organisation.
	OrgID = "alertmanager.org_id"
	// CutValues says how many labels, annotations and other texts of the record the receiver's limits shortened or
	// left out. It is present only when there are some.
	CutValues = "alertmanager.cut_values"
	// ResolveWait is present on a resolve that waits for the next sync: how long at the most, in milliseconds.
	ResolveWait = "alertmanager.resolve_wait"
	// ListedBy is the SyncSource of the list that brought the alert. It is absent if a webhook did.
	ListedBy = "alertmanager.listed_by"
	// ClientAddress is the peer of the webhook: replicas of one cluster share ExternalURL.
	ClientAddress = "client.address"
)

// Record attributes of the alert. Times are RFC 3339 with nanoseconds.
const (
	AlertName        = "alertmanager.alert.name"
	AlertStatus      = "alertmanager.alert.status"
	AlertFingerprint = "alertmanager.alert.fingerprint"
	// AlertKey tells alerts apart whatever their alias: 16 bytes.
	AlertKey              = "alertmanager.alert.key"
	AlertStartsAt         = "alertmanager.alert.starts_at"
	AlertEndsAt           = "alertmanager.alert.ends_at"
	AlertGeneratorURL     = "alertmanager.alert.generator_url"
	AlertLabelPrefix      = "alertmanager.alert.label."
	AlertAnnotationPrefix = "alertmanager.alert.annotation."
)

// Record attributes that only Grafana's alerts have. Links are there only if they are http or https.
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

// Overrides that any processor or any other log source may set; they win over what the alert says.
const (
	OverrideAlias            = "alert24.alias"
	OverrideStatus           = "alert24.status"
	OverrideTitle            = "alert24.title"
	OverrideDescription      = "alert24.description"
	OverrideSeverity         = "alert24.severity"
	OverrideTags             = "alert24.tags"
	OverrideAffectedServices = "alert24.affected_services"
	// OverrideStaleAfter resolves the alert when it was not heard of for so long, as "1m".
	OverrideStaleAfter = "alert24.stale_after"
)
