// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package event

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"

	"github.com/alert24/otelcol-alert24/internal/attrs"
	"github.com/alert24/otelcol-alert24/internal/incident"
	"github.com/alert24/otelcol-alert24/internal/protocol"
)

func key(first byte) protocol.Key { return protocol.Key{first, 15: 9} }

func keyBytes(keys ...protocol.Key) (b []byte) {
	for _, k := range keys {
		b = append(b, k[:]...)
	}
	return b
}

// syncRecord adds a sync record with two active alerts and a suppressed one.
func syncRecord(ld plog.Logs) plog.LogRecord {
	r := record(ld, map[string]string{attrs.SyncSource: "alertmanager/prod", attrs.Epoch: "e"})
	r.SetEventName(attrs.SyncEventName)
	a := r.Attributes()
	a.PutBool(attrs.SyncComplete, true)
	a.PutInt(attrs.SyncAbsentFor, 120_000)
	a.PutInt(attrs.SyncAge, 30_000)
	a.PutInt(attrs.Seq, 7)
	a.PutEmptyBytes(attrs.SyncActive).FromRaw(keyBytes(key(1), key(2)))
	a.PutEmptyBytes(attrs.SyncSuppressed).FromRaw(keyBytes(key(2), key(3)))
	return r
}

func TestReadSnapshot(t *testing.T) {
	ld := plog.NewLogs()
	record(ld, map[string]string{attrs.Alias: "a"})
	syncRecord(ld)
	events, snapshots, bad := Read(ld, words{})
	require.NoError(t, bad.First)
	require.Len(t, events, 1)
	assert.Equal(t, []*protocol.Snapshot{{
		Source: "alertmanager/prod", Complete: true, Epoch: "e", Seq: 7, AbsentFor: 2 * time.Minute, Age: 30 * time.Second,
		Listed: map[protocol.Key]bool{key(1): true, key(2): true, key(3): false},
	}}, snapshots)
}

// TestReadSnapshotRefuses: a damaged list must not report an alert as absent.
func TestReadSnapshotRefuses(t *testing.T) {
	for name, change := range map[string]func(r plog.LogRecord){
		"half a key":        func(r plog.LogRecord) { r.Attributes().PutEmptyBytes(attrs.SyncActive).FromRaw(make([]byte, 17)) },
		"keys as text":      func(r plog.LogRecord) { r.Attributes().PutStr(attrs.SyncSuppressed, "0123456789012345") },
		"without a source":  func(r plog.LogRecord) { r.Attributes().Remove(attrs.SyncSource) },
		"with no source":    func(r plog.LogRecord) { r.Attributes().PutStr(attrs.SyncSource, "") },
		"keys as a number":  func(r plog.LogRecord) { r.Attributes().PutInt(attrs.SyncActive, 1) },
		"keys as a boolean": func(r plog.LogRecord) { r.Attributes().PutBool(attrs.SyncActive, true) },
	} {
		t.Run(name, func(t *testing.T) {
			ld := plog.NewLogs()
			change(syncRecord(ld))
			events, snapshots, bad := Read(ld, words{})
			assert.Empty(t, events)
			assert.Empty(t, snapshots)
			assert.EqualValues(t, 1, bad.Count)
			require.ErrorContains(t, bad.First, "the sync record")
		})
	}
}

// TestReadSnapshotIsCareful: missing attributes have safe defaults.
func TestReadSnapshotIsCareful(t *testing.T) {
	read := func(change func(m pcommon.Map)) *protocol.Snapshot {
		ld := plog.NewLogs()
		change(syncRecord(ld).Attributes())
		_, snapshots, bad := Read(ld, words{})
		require.NoError(t, bad.First)
		require.Len(t, snapshots, 1)
		return snapshots[0]
	}
	assert.False(t, read(func(m pcommon.Map) { m.PutStr(attrs.SyncComplete, "true") }).Complete, "a text")
	assert.False(t, read(func(m pcommon.Map) { m.PutBool(attrs.SyncComplete, false) }).Complete)
	for _, wait := range []int64{-1, 0} {
		s := read(func(m pcommon.Map) { m.PutInt(attrs.SyncAbsentFor, wait) })
		assert.False(t, s.Complete, "one absence alone resolves nothing")
		assert.Zero(t, s.AbsentFor)
	}
	assert.Greater(t, read(func(m pcommon.Map) { m.PutInt(attrs.SyncAge, math.MaxInt64) }).Age, time.Hour, "it does not overflow")
}

func TestReadResolveWait(t *testing.T) {
	wait := func(status, severity string) time.Duration {
		ld := plog.NewLogs()
		r := record(ld, map[string]string{attrs.Alias: "a", attrs.AlertStatus: status, attrs.AlertLabelPrefix + "severity": severity})
		r.Attributes().PutInt(attrs.ResolveWait, 1500)
		events, _, bad := Read(ld, words{})
		require.NoError(t, bad.First)
		return events[0].Wait
	}
	assert.Equal(t, 1500*time.Millisecond, wait("resolved", "critical"))
	assert.Zero(t, wait("firing", "none"), "what is to have no incident has none at once")
}

// TestReadSilences: invalid silences are skipped, and the list still counts.
func TestReadSilences(t *testing.T) {
	ld := plog.NewLogs()
	all := syncRecord(ld).Attributes().PutEmptySlice(attrs.SyncSilences)
	silence := func(by, until string, keys []byte) {
		m := all.AppendEmpty().SetEmptyMap()
		m.PutStr(attrs.SilenceID, "s1")
		m.PutStr(attrs.SilenceBy, by)
		m.PutStr(attrs.SilenceUntil, until)
		m.PutEmptyBytes(attrs.SilenceKeys).FromRaw(keys)
	}
	silence("jane", "2026-11-26T12:00:00Z", keyBytes(key(3)))
	silence("", "2026-11-26T12:00:00Z", keyBytes(key(3)))
	silence("joe", "soon", keyBytes(key(3)))
	silence("joe", "2026-11-26T12:00:00Z", []byte("half"))
	all.AppendEmpty().SetStr("no map")
	_, snapshots, bad := Read(ld, words{})
	require.NoError(t, bad.First)
	assert.Equal(t, []protocol.Silence{{ID: "s1", Silence: incident.Silence{By: "jane", Until: noon}, Keys: []protocol.Key{key(3)}}}, snapshots[0].Silences)
	assert.Len(t, snapshots[0].Listed, 3)
}

// TestReadListedAlert: all listed alerts have one sender, whichever Alertmanager listed them.
func TestReadListedAlert(t *testing.T) {
	ev := one(t, map[string]string{attrs.Alias: "a", attrs.ListedBy: "alertmanager@1", attrs.ClientAddress: "10.0.0.1", attrs.GroupKey: "g"}, nil)
	assert.Equal(t, "alertmanager@1", ev.ListedBy)
	assert.Equal(t, "sync", ev.Sender)
	assert.Empty(t, one(t, map[string]string{attrs.Alias: "a"}, nil).ListedBy)
}
