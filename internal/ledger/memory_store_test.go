// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"bytes"
	"context"
	"errors"
	"sync/atomic"
)

// Memory is a Store that forgets its records when the process ends.
type Memory struct {
	records map[string][]byte
	size    atomic.Int64
}

var _ Store = (*Memory)(nil)

// NewMemory returns a Store without records.
func NewMemory() *Memory { return &Memory{records: map[string][]byte{}} }

// Load implements Store.
func (m *Memory) Load(_ context.Context, each func(Loaded) error, _ func(string, []byte) []byte) error {
	for key, record := range m.records {
		if err := each(Loaded{Key: key, Record: record, Where: key}); err != nil && !errors.Is(err, ErrUnreadable) {
			return err
		}
	}
	return nil
}

// Commit implements Store.
func (m *Memory) Commit(_ context.Context, changes []Change, _ bool) error {
	for _, c := range changes {
		m.size.Add(int64(len(c.Record) - len(m.records[c.Key])))
		if c.Record == nil {
			delete(m.records, c.Key)
		} else {
			m.records[c.Key] = bytes.Clone(c.Record)
		}
	}
	return nil
}

// Settle implements Store. No commit of this store is uncertain.
func (*Memory) Settle(context.Context) (there bool, err error) { return false, nil }

// Check implements Store.
func (*Memory) Check(context.Context) error { return nil }

// Size implements Store.
func (m *Memory) Size() int64 { return m.size.Load() }

// Close implements Store.
func (*Memory) Close(context.Context) error { return nil }
