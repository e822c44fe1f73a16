// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

// Package event turns log records into events for the ledger: records of the alertmanager receiver, and any others with an alias. It is
// pure: it keeps only strings of a record's memory, and reads no clock.
package event

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"

	"github.com/alert24/otelcol-alert24/internal/attrs"
	"github.com/alert24/otelcol-alert24/internal/incident"
	"github.com/alert24/otelcol-alert24/internal/labels"
	"github.com/alert24/otelcol-alert24/internal/protocol"
	"github.com/alert24/otelcol-alert24/internal/text"
)

var errNoAlias = errors.New("the record has neither " + attrs.OverrideAlias + " nor " + attrs.Alias)

// Rules decide how bad an alert is, and whether it gets an incident. word is the severity in the record itself; "" means none.
type Rules interface {
	Severity(ls, annotations labels.Set, word string) incident.Severity
	Ignored(ls, annotations labels.Set, word string) bool
	// Watch returns the source of the alert, 0 if it does not matter, and whether the alert is a watchdog.
	Watch(ls labels.Set) (w protocol.Witness, watchdog bool)
}

// Bad counts the records of one webhook that cannot be used.
type Bad struct {
	Count int64
	// First is the error of the first such record.
	First error
}

// Read returns the events and the snapshots of all usable records, in order.
func Read(logs plog.Logs, rules Rules) (events []protocol.Event, snapshots []*protocol.Snapshot, bad Bad) {
	events = make([]protocol.Event, 0, logs.LogRecordCount())
	refuse := func(err error) {
		bad.Count++
		bad.First = cmp.Or(bad.First, err)
	}
	r := readers.Get().(*reader)
	r.rules = rules
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
	r.release()
	return events, snapshots, bad
}

// reader turns the log records of one webhook after the other into events.
type reader struct {
	rules       Rules
	externalURL string
	overrides   overrides      // of the resource
	alert       incident.Alert // of the current record; packing copies it, so its sets are reused
	last        sent           // most records have the sender of the one before
}

var readers = sync.Pool{New: func() any { return new(reader) }}

// maxPooledLabels is the largest set that the pool keeps.
const maxPooledLabels = 1024

// release gives the reader back to the pool, without the texts of the last alert.
func (r *reader) release() {
	a := &r.alert
	for _, s := range []labels.Set{a.Labels, a.Annotations, a.GroupLabels} {
		if cap(s) > maxPooledLabels {
			return
		}
		clear(s[:cap(s)])
	}
	*r = reader{alert: incident.Alert{Labels: a.Labels[:0], Annotations: a.Annotations[:0], GroupLabels: a.GroupLabels[:0]}, last: r.last}
	readers.Put(r)
}

// sent holds the parts of a sender, and the sender.
type sent struct{ externalURL, client, groupKey, sender string }

// overrides holds the alert24.* attributes, and the values used if they are empty.
type overrides struct {
	alias, status, severity, title, description string
	tags, services                              []string
	staleAfter                                  time.Duration

	ownAlias, ownStatus string
	client, groupKey    string
	key                 protocol.Key
	hasKey, ordered     bool // the key and the sequence number can be read
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
	given := r.read(&ev, record.Attributes())
	a.Fingerprint = bounded(a.Fingerprint)
	if ev.Alias = cmp.Or(given.alias, given.ownAlias); ev.Alias == "" {
		return ev, errNoAlias
	}
	ev.Alias = incident.BoundAlias(ev.Alias)
	ev.Pinned = given.alias != ""
	if ev.Firing, err = firing(cmp.Or(given.status, given.ownStatus)); err != nil {
		return ev, err
	}
	if !given.ordered {
		ev.Epoch = "" // the order is unknown: the event is not older than all others
	}
	a.Title, a.Description, a.Tags, a.AffectedServices = given.title, given.description, given.tags, given.services
	ev.StaleAfter = given.staleAfter
	if ev.Sender = r.sender(given); ev.ListedBy != "" {
		ev.Sender = "sync" // the same whichever Alertmanager listed it
	}
	if ev.Key = given.key; !given.hasKey {
		ev.Key = keyOf(ev.Alias, a.Fingerprint)
	}
	if a.Name == "" && len(a.Labels) == 0 {
		given.severity = plain(a, record, given.severity)
	}
	if a.StartsAt.IsZero() && ev.Firing && record.Timestamp() != 0 {
		a.StartsAt, ev.Undated = record.Timestamp().AsTime(), true
	}
	if !ev.Firing && ev.EndsAt.IsZero() && record.Timestamp() != 0 && a.Name == "" {
		ev.EndsAt = record.Timestamp().AsTime()
	}
	a.Severity = r.rules.Severity(a.Labels, a.Annotations, given.severity)
	r.watch(&ev, r.rules.Ignored(a.Labels, a.Annotations, given.severity))
	ev.Alert = incident.Pack(a)
	return ev, nil
}

// watch decides whether the alert gets an incident. If not, an incident that it already has closes.
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

// plain reads a record that is not an alert but another kind of log, from its body, its severity and its attributes. It returns the severity.
// An alert without labels looks the same. The address of its sender is not among the labels, because it changes from replica to replica.
func plain(a *incident.Alert, record plog.LogRecord, severity string) string {
	body := textOf(record.Body())
	if a.Title == "" {
		a.Title = body
	}
	whole := strings.TrimSpace(body)
	if a.Description == "" && (len(a.Title) > maxTitle || strings.Contains(whole, "\n") || !strings.Contains(a.Title, whole)) {
		a.Description = body
	}
	for name, v := range record.Attributes().All() {
		if !strings.HasPrefix(name, "alert24.") && !strings.HasPrefix(name, "alertmanager.") && name != attrs.ClientAddress {
			a.Labels = append(a.Labels, labels.Label{Name: text.Storable(name), Value: textOf(v)})
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

// maxTitle is how long a title can be. A body that the title does not show in full becomes the description, too.
const maxTitle = 255

// sender distinguishes replicas of Alertmanager, and groups of one Alertmanager: webhooks of two groups can overtake each other like
// those of two replicas.
func (r *reader) sender(given overrides) string {
	l := &r.last
	if l.sender != "" && l.externalURL == r.externalURL && l.client == given.client && l.groupKey == given.groupKey {
		return l.sender
	}
	group := ""
	if given.groupKey != "" {
		sum := sha256.Sum256([]byte(given.groupKey))
		group = " " + hex.EncodeToString(sum[:4])
	}
	*l = sent{externalURL: r.externalURL, client: given.client, groupKey: given.groupKey, sender: bounded(r.externalURL + " " + given.client + group)}
	return l.sender
}

// bounded shortens what the ledger keeps even of resolved alerts.
func bounded(s string) string {
	const most = 255
	if len(s) > most {
		return incident.BoundAlias(s)
	}
	return s
}

// keyOf makes the key of a record that has none. It identifies the alert only within its alias.
func keyOf(alias, fingerprint string) (k protocol.Key) {
	sum := sha256.Sum256([]byte(alias + "\x00" + fingerprint))
	copy(k[:], sum[:])
	return k
}

func firing(status string) (bool, error) {
	switch strings.ToLower(strings.TrimSpace(status)) {
	case "", attrs.StatusFiring:
		return true, nil
	case attrs.StatusResolved:
		return false, nil
	}
	return false, fmt.Errorf("the record's status is neither %s nor %s", attrs.StatusFiring, attrs.StatusResolved)
}
