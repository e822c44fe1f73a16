// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"

	"go.opentelemetry.io/collector/extension/xextension/storage"
)

const (
	// asidePrefix begins the keys of what could not be read, as it was.
	asidePrefix = "aside/"
	// formerPrefix began the keys of records when each had one of its own. Such a record is deleted when there is one in the
	// journal. The key without an alias holds a record that lets those former versions refuse to start.
	formerPrefix = "alias/"
	formerGuard  = `{"schema":2}`
	formerProbe  = "probe"
)

// Unreadable says what of the storage could not be read. It is kept aside there.
type Unreadable struct {
	Key string
	// Aliases whose records are lost. Nothing is known of them but that there may be incidents, which will be looked up.
	// If there are none, the aliases are not known.
	Aliases []string
}

// load reads all records.
func (s *store) load(ctx context.Context) (unreadable []Unreadable, err error) {
	if s.client == nil {
		return nil, nil
	}
	walker, ok := s.client.(storage.Walker)
	if !ok {
		return nil, errors.New("the storage extension cannot list its keys; use file_storage")
	}
	r := reader{store: s, counts: map[string]uint64{}}
	if err = walker.Walk(ctx, r.survey); err == nil {
		err = walker.Walk(ctx, r.read)
	}
	if err != nil {
		return nil, fmt.Errorf("cannot read the ledger from storage: %w", err)
	}
	s.journal.index(s.entries)
	s.reserve.held = r.reserved / reserveChunk
	s.reserve.want(s.journal.disk, len(s.entries))
	// A probe may have been killed.
	_ = s.client.Batch(ctx, append(without(fillers(probePrefix, 0)),
		storage.DeleteOperation(formerProbe), storage.SetOperation(formerPrefix, []byte(formerGuard)))...)
	s.reserve.fill(ctx)
	return r.unreadable, nil
}

// reader reads the storage into memory, in two passes, so that only the records that count are decoded.
type reader struct {
	*store
	counts     map[string]uint64 // the segment with the record that counts, by alias
	reserved   int               // keys of the reserve
	unreadable []Unreadable
}

// survey finds out which records of the journal count, and reads those with keys of their own, which are older.
func (r *reader) survey(key string, value []byte) ([]*storage.Operation, error) {
	if alias, ok := strings.CutPrefix(key, formerPrefix); ok && alias != "" {
		return r.readFormer(alias, value)
	}
	if !strings.HasPrefix(key, segmentPrefix) {
		if strings.HasPrefix(key, reservePrefix) {
			r.reserved++
		}
		return nil, nil
	}
	number, err := segmentNumber(key)
	if err != nil || number <= r.journal.last || key != segmentKey(number) {
		return nil, fmt.Errorf("the key %q is not the ledger's, or the storage extension does not list keys in order; use file_storage", key)
	}
	r.journal.last = number
	aliases, _, _ := cutSegment(value)
	for _, alias := range aliases {
		r.counts[alias] = number
	}
	return nil, nil
}

// readFormer takes a record with a key of its own into memory.
func (r *reader) readFormer(alias string, record []byte) (mend []*storage.Operation, err error) {
	e, readable, err := orLost(alias, record)
	if err != nil {
		return nil, err
	}
	if !readable {
		key := formerPrefix + alias
		r.unreadable = append(r.unreadable, Unreadable{Key: key, Aliases: []string{alias}})
		mend = []*storage.Operation{
			storage.SetOperation(asidePrefix+key, bytes.Clone(record)),
			storage.SetOperation(key, appendRecord(nil, e)),
		}
	}
	e.former = true
	r.entries[alias] = e
	return mend, nil
}

// orLost returns the entry of a record. If that cannot be read, the entry is one of which nothing is known but that there may
// be an incident. The error is ErrSchema.
func orLost(alias string, record []byte) (e *Entry, readable bool, err error) {
	e, err = decode(alias, record)
	if err == nil || errors.Is(err, ErrSchema) {
		return e, true, err
	}
	return &Entry{Alias: alias, Incident: Incident{State: Unknown}, Doubt: Doubt{Set: true}}, false, nil
}

// read takes the records of a segment that count into memory. It returns what mends a segment with unreadable ones.
func (r *reader) read(key string, value []byte) (mend []*storage.Operation, err error) {
	if !strings.HasPrefix(key, segmentPrefix) {
		return nil, nil
	}
	number, _ := segmentNumber(key) // survey has checked it
	aliases, records, err := decodeSegment(value)
	if err != nil {
		records = make([][]byte, len(aliases)) // none that can be read
	}
	var unreadable []string
	mended := r.buffers.records[:0]
	for i, alias := range aliases {
		record := records[i]
		switch {
		case r.counts[alias] != number:
		case string(record) == gone:
			delete(r.entries, alias) // a former one
		default:
			e, readable, err := orLost(alias, record)
			if err != nil {
				return nil, err
			}
			if !readable {
				unreadable = append(unreadable, alias)
				record = append(appendRecord(nil, e), '\n')
			}
			e.written(number, len(record)-1)
			r.entries[alias] = e
		}
		if record == nil {
			record = []byte(gone) // there is a newer one
		}
		mended = append(mended, record...)
	}
	r.buffers.records = mended
	if len(unreadable) > 0 || aliases == nil {
		r.unreadable = append(r.unreadable, Unreadable{Key: key, Aliases: unreadable})
		mend = append(mend, storage.SetOperation(asidePrefix+key, bytes.Clone(value)))
		value = appendSegment(nil, aliases, mended)
		mend = append(mend, storage.SetOperation(key, value))
	}
	r.journal.replace(0, []segment{{number: number, bytes: segmentCost + len(mended), disk: len(value)}})
	return mend, nil
}
