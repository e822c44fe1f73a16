// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package event

import (
	"errors"
	"math"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/alert24/otelcol-alert24/internal/attrs"
	"github.com/alert24/otelcol-alert24/internal/incident"
	"github.com/alert24/otelcol-alert24/internal/protocol"
)

var (
	errNoSource = errors.New("the sync record has no " + attrs.SyncSource)
	errKeys     = errors.New("the keys in the sync record are damaged")
)

// readSnapshot reads a sync record. If its keys are damaged, it refuses the whole record: an alert that it seems to lack may fire.
func readSnapshot(m pcommon.Map) (*protocol.Snapshot, error) {
	s := &protocol.Snapshot{Listed: map[protocol.Key]bool{}}
	whole := true
	for name, v := range m.All() {
		switch name {
		case attrs.SyncSource:
			s.Source = v.AsString()
		case attrs.SyncComplete:
			s.Complete = v.Type() == pcommon.ValueTypeBool && v.Bool()
		case attrs.SyncActive:
			whole = readKeys(s.Listed, v, true) && whole
		case attrs.SyncSuppressed:
			whole = readKeys(s.Listed, v, false) && whole
		case attrs.SyncSilences:
			s.Silences = readSilences(v)
		case attrs.SyncAge:
			s.Age = milliseconds(v)
		case attrs.SyncAbsentFor:
			s.AbsentFor = milliseconds(v)
		case attrs.Epoch:
			s.Epoch = v.AsString()
		case attrs.Seq:
			s.Seq = v.Int()
		}
	}
	switch {
	case !whole:
		return nil, errKeys
	case s.Source == "":
		return nil, errNoSource
	}
	s.Complete = s.Complete && s.AbsentFor > 0 // one absence alone resolves nothing
	return s, nil
}

// readKeys adds keys to listed, and reports whether they are whole. If one Alertmanager suppresses an alert and another does not, the
// alert is active.
func readKeys(listed map[protocol.Key]bool, v pcommon.Value, active bool) (whole bool) {
	if v.Type() != pcommon.ValueTypeBytes {
		return false
	}
	b := v.Bytes().AsRaw()
	for len(b) >= len(protocol.Key{}) {
		k := protocol.Key(b)
		listed[k] = listed[k] || active
		b = b[len(k):]
	}
	return len(b) == 0
}

// readSilences skips invalid silences, because nothing depends on them.
func readSilences(v pcommon.Value) (silences []protocol.Silence) {
	if v.Type() != pcommon.ValueTypeSlice {
		return nil
	}
	for _, item := range v.Slice().All() {
		if item.Type() != pcommon.ValueTypeMap {
			continue
		}
		m := item.Map()
		s := protocol.Silence{ID: member(m, attrs.SilenceID), Silence: incident.Silence{By: member(m, attrs.SilenceBy)}}
		if until, ok := m.Get(attrs.SilenceUntil); ok {
			s.Until = timeOf(until)
		}
		listed := map[protocol.Key]bool{}
		if keys, ok := m.Get(attrs.SilenceKeys); !ok || !readKeys(listed, keys, false) || s.By == "" || s.Until.IsZero() {
			continue
		}
		for k := range listed {
			s.Keys = append(s.Keys, k)
		}
		silences = append(silences, s)
	}
	return silences
}

func member(m pcommon.Map, name string) string {
	if v, ok := m.Get(name); ok {
		return textOf(v)
	}
	return ""
}

// milliseconds reads a duration that is not negative.
func milliseconds(v pcommon.Value) time.Duration {
	n := min(max(v.Int(), 0), math.MaxInt64/int64(time.Millisecond))
	return time.Duration(n) * time.Millisecond
}
