// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package preview

import (
	"strings"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"

	"github.com/alert24/otelcol-alert24/internal/attrs"
	"github.com/alert24/otelcol-alert24/internal/incident"
	"github.com/alert24/otelcol-alert24/internal/labels"
)

// record is a log record with what belongs to it.
type record struct {
	position int
	alias    string
	resource pcommon.Resource
	log      plog.LogRecord
}

func recordsOf(logs plog.Logs) []record {
	records := make([]record, 0, logs.LogRecordCount())
	for _, rl := range logs.ResourceLogs().All() {
		for _, sl := range rl.ScopeLogs().All() {
			for _, lr := range sl.LogRecords().All() {
				r := record{position: len(records), resource: rl.Resource(), log: lr}
				r.alias = incident.BoundAlias(r.first(attrs.OverrideAlias, attrs.Alias))
				records = append(records, r)
			}
		}
	}
	return records
}

// byAlias groups records, in the order in which their aliases come first.
func byAlias(records []record) [][]record {
	var groups [][]record
	place := map[string]int{}
	for _, r := range records {
		i, ok := place[r.alias]
		if !ok {
			i = len(groups)
			place[r.alias] = i
			groups = append(groups, nil)
		}
		groups[i] = append(groups[i], r)
	}
	return groups
}

// first returns the first of the attributes that the record has.
func (r record) first(names ...string) string {
	for _, name := range names {
		if v, ok := r.log.Attributes().Get(name); ok && v.AsString() != "" {
			return v.AsString()
		}
	}
	return ""
}

func (r record) status() string {
	if s := r.first(attrs.OverrideStatus, attrs.AlertStatus); s != "" {
		return s
	}
	return attrs.StatusFiring
}

func (r record) firing() bool { return r.status() == attrs.StatusFiring }

// leavesClosing: the end of the alert does not close its incident.
func (r record) leavesClosing() bool {
	var annotations labels.Set
	for name, v := range r.log.Attributes().All() {
		if rest, ok := strings.CutPrefix(name, attrs.AlertAnnotationPrefix); ok {
			annotations = append(annotations, labels.Label{Name: rest, Value: v.AsString()})
		}
	}
	annotations.Sort()
	return !incident.ResolvesByItself(annotations)
}

// fire returns the record as it was while the alert fired.
func (r record) fire() record {
	log := plog.NewLogRecord()
	r.log.CopyTo(log)
	log.Attributes().PutStr(attrs.OverrideStatus, attrs.StatusFiring)
	r.log = log
	return r
}
