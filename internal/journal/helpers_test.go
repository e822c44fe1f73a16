// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/open-telemetry/opentelemetry-collector-contrib/extension/storage/filestorage"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/extension/extensiontest"
	"go.opentelemetry.io/collector/extension/xextension/storage"

	"github.com/alert24/otelcol-alert24/internal/ledger"
)

// disk is a storage that lists its keys in random order, and keeps the values that it is given.
type disk struct {
	values map[string][]byte
	fails  bool
	writes int
}

var errDisk = errors.New("disk failed")

func newDisk() *disk { return &disk{values: map[string][]byte{}} }

func (d *disk) Batch(_ context.Context, ops ...*storage.Operation) error {
	if d.fails {
		return errDisk
	}
	for _, op := range ops {
		switch op.Type {
		case storage.Set:
			d.values[op.Key] = op.Value
			d.writes++
		case storage.Delete:
			delete(d.values, op.Key)
			d.writes++
		case storage.Get:
			op.Value = bytes.Clone(d.values[op.Key])
		}
	}
	return nil
}

func (d *disk) Walk(ctx context.Context, fn storage.WalkFunc) error {
	var all []*storage.Operation
	for key, value := range d.values {
		value = bytes.Clone(value)
		ops, err := fn(key, value)
		if err != nil {
			return err
		}
		clear(value) // it is only valid during the call
		all = append(all, ops...)
	}
	return d.Batch(ctx, all...)
}

func (d *disk) Get(ctx context.Context, key string) ([]byte, error) {
	op := storage.GetOperation(key)
	err := d.Batch(ctx, op)
	return op.Value, err
}

func (d *disk) Set(ctx context.Context, key string, value []byte) error {
	return d.Batch(ctx, storage.SetOperation(key, value))
}

func (d *disk) Delete(ctx context.Context, key string) error {
	return d.Batch(ctx, storage.DeleteOperation(key))
}

func (d *disk) Close(context.Context) error { return nil }

// owner stands in for the ledger: it has the live records.
type owner map[string]string

func (o owner) current(key string, b []byte) []byte { return append(b, o[key]...) }

// load opens a journal and takes its records.
func (o owner) load(ctx context.Context, j *Journal) (lost []ledger.Loaded, err error) {
	err = j.Load(ctx, func(l ledger.Loaded) error {
		if l.Record == nil {
			lost = append(lost, l)
			return nil
		}
		o[l.Key] = string(l.Record)
		return nil
	}, o.current)
	return lost, err
}

// commit writes records; an empty one deletes.
func (o owner) commit(ctx context.Context, j *Journal, records owner) error {
	changes := make([]ledger.Change, 0, len(records))
	for key, record := range records {
		c := ledger.Change{Key: key}
		if record != "" {
			c.Record = []byte(record)
		}
		changes = append(changes, c)
	}
	if err := j.Commit(ctx, changes, false); err != nil {
		return err
	}
	for key, record := range records {
		if o[key] = record; record == "" {
			delete(o, key)
		}
	}
	return nil
}

// realistic is the record of an alert of a typical Prometheus rule. value changes the text.
func realistic(i, value int) (key, record string) {
	host := fmt.Sprintf("api-%05d.prod.example.com:9100", i)
	random := rand.New(rand.NewPCG(uint64(i), uint64(value)))
	var b strings.Builder
	fmt.Fprintf(&b, `{"schema":1,"members":[{"alert":{"fingerprint":"%016x","name":"HighErrorRate","severity":3,`, random.Uint64())
	fmt.Fprintf(&b, `"starts_at":"2026-11-23T10:%02d:%02d.%09dZ","labels":{"alertname":"HighErrorRate",`, i%60, value%60, random.IntN(1e9))
	fmt.Fprintf(&b, `"cluster":"prod-eu","env":"prod","instance":%q,"job":"node","namespace":"shop",`, host)
	fmt.Fprintf(&b, `"pod":"shop-7d9f8b6c5-%05d","service":"shop","severity":"warning","team":"checkout"},`, i)
	fmt.Fprintf(&b, `"annotations":{"description":"Value %d: 5xx above 5 %% for ten minutes on %s.",`, value, host)
	fmt.Fprintf(&b, `"runbook_url":"https://runbooks.example.com/high-error-rate","summary":"High error rate on %s"},`, host)
	b.WriteString(`"group_labels":{"alertname":"HighErrorRate","cluster":"prod-eu"},"external_url":"http://am1:9093",`)
	b.WriteString(`"generator_url":"http://prometheus:9090/graph?g0.expr=rate%28http_errors%5B5m%5D%29+%3E+0.05&g0.tab=1"},`)
	fmt.Fprintf(&b, `"firing":true,"epoch":"0123456789abcdef","seq":%d}],"incident":{"state":1,"id":"%x"},"version":%d}`, i, random.Uint64(), value)
	return "HighErrorRate:" + host, b.String()
}

// openFile returns a client of the real file storage.
func openFile(tb testing.TB, dir string) storage.Client {
	tb.Helper()
	return openStorage(tb, dir, func(*filestorage.Config) {})
}

// openBounded is openFile for a file of at most maxSize bytes.
func openBounded(tb testing.TB, dir string, maxSize int64) storage.Client {
	tb.Helper()
	return openStorage(tb, dir, func(cfg *filestorage.Config) { cfg.MaxSize = maxSize })
}

func openStorage(tb testing.TB, dir string, set func(*filestorage.Config)) storage.Client {
	tb.Helper()
	factory := filestorage.NewFactory()
	cfg, ok := factory.CreateDefaultConfig().(*filestorage.Config)
	require.True(tb, ok)
	cfg.Directory = dir
	set(cfg)
	ext, err := factory.Create(tb.Context(), extensiontest.NewNopSettings(factory.Type()), cfg)
	require.NoError(tb, err)
	require.NoError(tb, ext.Start(tb.Context(), componenttest.NewNopHost()))
	tb.Cleanup(func() { require.NoError(tb, ext.Shutdown(context.WithoutCancel(tb.Context()))) })
	se, ok := ext.(storage.Extension)
	require.True(tb, ok)
	c, err := se.GetClient(tb.Context(), component.KindExporter, component.MustNewID("alert24"), "ledger")
	require.NoError(tb, err)
	tb.Cleanup(func() { require.NoError(tb, c.Close(context.WithoutCancel(tb.Context()))) })
	return c
}

// segmentKeys returns the keys of the segments of a disk, in order.
func (d *disk) segmentKeys() (keys []string) {
	for key := range d.values {
		if strings.HasPrefix(key, segmentPrefix) {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return keys
}
