// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

// Package event makes events for the ledger of log records: those of the alertmanager receiver, and any other with an alias.
// It is pure: it keeps nothing of a record's memory but strings, and reads no clock.
package event

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"

	"github.com/alert24/otelcol-alert24/internal/attrs"
	"github.com/alert24/otelcol-alert24/internal/incident"
	"github.com/alert24/otelcol-alert24/internal/labels"
	"github.com/alert24/otelcol-alert24/internal/protocol"
)

var errNoAlias = errors.New("the record has neither " + attrs.OverrideAlias + " nor " + attrs.Alias)

// Rules say how bad an alert is, and whether it is to have no incident. word is what the record itself says; "" is nothing.
type Rules interface {
	Severity(ls, annotations labels.Set, word string) incident.Severity
	Ignored(ls, annotations labels.Set, word string) bool
	// Watch returns the source of the alert, 0 if that does not matter, and whether it is a watchdog.
	Watch(ls labels.Set) (w protocol.Witness, watchdog bool)
}

// Bad are the records of one webhook that cannot be used.
type Bad struct {
	Count int64
	// First is why the first of them cannot be used.
	First error
}

// Read returns the events of all records that can be used, in their order, and the snapshots among them.
func Read(logs plog.Logs, rules Rules) (events []protocol.Event, snapshots []*protocol.Snapshot, bad Bad) {
	events = make([]protocol.Event, 0, logs.LogRecordCount())
	refuse := func(err error) {
		bad.Count++
		bad.First = cmp.Or(bad.First, err)
	}
	r := reader{rules: rules}
	r.alert.Labels, r.alert.Annotations = make(labels.Set, 0, usualLabels), make(labels.Set, 0, usualAnnotations)
	for _, rl := range logs.ResourceLogs().All() {
		r.resource(rl.Resource().Attributes())
		for _, sl := range rl.ScopeLogs().All() {
			for _, record := range sl.LogRecords().All() {
				if record.EventName() == attrs.SyncEventName {
					if snapshot, err := readSnapshot(record.Attributes()); err != nil {
						refuse(err)
					} else {
						snapshots = append(snapshots, snapshot)
					}
				} else if ev, err := r.event(record); err != nil {
					refuse(err)
				} else {
					events = append(events, ev)
				}
			}
		}
	}
	return events, snapshots, bad
}

// usualLabels and usualAnnotations are as many as most alerts have.
const (
	usualLabels      = 16
	usualAnnotations = 4
)

// reader makes events of log records. One serves one webhook.
type reader struct {
	rules       Rules
	externalURL string
	overrides   overrides      // of the resource
	alert       incident.Alert // of the record at hand; packing it copies it, so its sets are used again
	last        sent           // most records of a push have one sender
}

// sent is what makes a sender, and the sender.
type sent struct{ externalURL, client, groupKey, sender string }

// overrides are the alert24.* attributes, and what stands in their place where they are empty.
type overrides struct {
	alias, status, severity, title, description string
	tags, services                              []string
	staleAfter                                  time.Duration

	ownAlias, ownStatus string
	client, groupKey    string
	key                 protocol.Key
	hasKey              bool
}

func (r *reader) resource(m pcommon.Map) {
	r.externalURL, r.overrides = "", overrides{}
	for name, v := range m.All() {
		if name == attrs.ExternalURL {
			r.externalURL = textOf(v)
		}
		r.overrides.read(name, v)
	}
}

func (r *reader) event(record plog.LogRecord) (ev protocol.Event, err error) {
	a := &r.alert
	*a = incident.Alert{
		ExternalURL: r.externalURL,
		Labels:      a.Labels[:0], Annotations: a.Annotations[:0], GroupLabels: a.GroupLabels[:0],
	}
	said := r.read(&ev, record.Attributes())
	if ev.Alias = cmp.Or(said.alias, said.ownAlias); ev.Alias == "" {
		return ev, errNoAlias
	}
	ev.Alias = incident.BoundAlias(ev.Alias)
	ev.Pinned = said.alias != ""
	if ev.Firing, err = firing(cmp.Or(said.status, said.ownStatus)); err != nil {
		return ev, err
	}
	a.Title, a.Description, a.Tags, a.AffectedServices = said.title, said.description, said.tags, said.services
	ev.StaleAfter = said.staleAfter
	if ev.Sender = r.sender(said); ev.ListedBy != "" {
		ev.Sender = "sync" // whichever Alertmanager listed it
	}
	if ev.Key = said.key; !said.hasKey {
		ev.Key = keyOf(ev.Alias, a.Fingerprint)
	}
	if a.Name == "" && len(a.Labels) == 0 {
		said.severity = plain(a, record, said.severity)
	}
	if a.StartsAt.IsZero() && ev.Firing && record.Timestamp() != 0 {
		a.StartsAt = record.Timestamp().AsTime()
	}
	if !ev.Firing && ev.EndsAt.IsZero() && record.Timestamp() != 0 && a.Name == "" {
		ev.EndsAt = record.Timestamp().AsTime()
	}
	a.Severity = r.rules.Severity(a.Labels, a.Annotations, said.severity)
	r.watch(&ev, r.rules.Ignored(a.Labels, a.Annotations, said.severity))
	ev.Alert = incident.Pack(a)
	return ev, nil
}

// watch sees whether the alert is to have an incident. One from before ends.
func (r *reader) watch(ev *protocol.Event, ignored bool) {
	var watchdog bool
	if ev.Witness, watchdog = r.rules.Watch(r.alert.Labels); watchdog {
		ev.Heartbeat = ev.Firing
		ev.Ignored, ev.Firing, ev.Wait = true, false, 0
	} else if ignored {
		ev.Ignored = ev.Firing
		ev.Firing, ev.Wait = false, 0
	}
}

// plain reads a record that is not an alert but a log of another kind: what it says is its body, its severity and its attributes.
func plain(a *incident.Alert, record plog.LogRecord, severity string) string {
	body := textOf(record.Body())
	if a.Title == "" {
		a.Title = body
	}
	if a.Description == "" && (len(body) > maxTitle || strings.Contains(strings.TrimSpace(body), "\n")) {
		a.Description = body
	}
	for name, v := range record.Attributes().All() {
		if !strings.HasPrefix(name, "alert24.") && !strings.HasPrefix(name, "alertmanager.") {
			a.Labels = append(a.Labels, labels.Label{Name: mended(name), Value: textOf(v)})
		}
	}
	a.Labels = labels.New(a.Labels...)
	switch {
	case severity != "":
		return severity
	case record.SeverityText() != "":
		return record.SeverityText()
	case record.SeverityNumber() != plog.SeverityNumberUnspecified:
		return strings.TrimRight(record.SeverityNumber().String(), "234") // Warn2 is a Warn
	}
	return ""
}

// maxTitle is what a title shows of a body; a longer one is the description, too.
const maxTitle = 255

// sender tells replicas apart, and the groups of one Alertmanager: two groups can be late to each other as two replicas can.
func (r *reader) sender(said overrides) string {
	l := &r.last
	if l.sender != "" && l.externalURL == r.externalURL && l.client == said.client && l.groupKey == said.groupKey {
		return l.sender
	}
	*l = sent{externalURL: r.externalURL, client: said.client, groupKey: said.groupKey, sender: r.externalURL + " " + said.client}
	if l.groupKey != "" {
		sum := sha256.Sum256([]byte(l.groupKey))
		l.sender += " " + hex.EncodeToString(sum[:4])
	}
	return l.sender
}

// keyOf is for records that bring no key: it knows the alert under its alias only.
func keyOf(alias, fingerprint string) (k protocol.Key) {
	sum := sha256.Sum256([]byte(alias + "\x00" + fingerprint))
	copy(k[:], sum[:])
	return k
}

func firing(status string) (bool, error) {
	switch strings.ToLower(status) {
	case "", attrs.StatusFiring:
		return true, nil
	case attrs.StatusResolved:
		return false, nil
	}
	return false, fmt.Errorf("the record's status is neither %s nor %s", attrs.StatusFiring, attrs.StatusResolved)
}
