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
	// asidePrefix begins the keys of segments with records that could not be read, as they were.
	asidePrefix = "unreadable/"
	// formerPrefix began the keys of records when each had one of its own. They move to the journal.
	formerPrefix = "alias/"
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
	_ = s.client.Batch(ctx, without(fillers(probePrefix, 0))...) // a probe may have been killed
	s.reserve.held = r.reserved / reserveChunk
	s.reserve.want(s.journal.disk, len(s.entries))
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

// survey finds out which records count, and moves those with keys of their own into segments.
func (r *reader) survey(key string, value []byte) ([]*storage.Operation, error) {
	if alias, ok := strings.CutPrefix(key, formerPrefix); ok {
		r.journal.last++
		r.counts[alias] = r.journal.last
		segment := appendSegment(nil, []string{alias}, append(bytes.Clone(value), '\n'))
		return []*storage.Operation{storage.DeleteOperation(key), storage.SetOperation(segmentKey(r.journal.last), segment)}, nil
	}
	if !strings.HasPrefix(key, segmentPrefix) {
		if strings.HasPrefix(key, reservePrefix) {
			r.reserved++
		}
		return nil, nil
	}
	number, err := segmentNumber(key)
	if err != nil || number <= r.journal.last {
		return nil, fmt.Errorf("the key %q is not the ledger's, or the storage extension does not list keys in order; use file_storage", key)
	}
	r.journal.last = number
	aliases, _, _ := cutSegment(value)
	for _, alias := range aliases {
		r.counts[alias] = number
	}
	return nil, nil
}

// read takes the records of a segment that count into memory. It returns what mends a segment with unreadable ones.
func (r *reader) read(key string, value []byte) (mend []*storage.Operation, err error) {
	if !strings.HasPrefix(key, segmentPrefix) {
		return nil, nil
	}
	number, err := segmentNumber(key)
	if err != nil {
		return nil, err
	}
	aliases, records, err := decodeSegment(value)
	if err != nil {
		records = make([][]byte, len(aliases)) // none that can be read
	}
	var lost []string
	mended := r.memory.records[:0]
	for i, alias := range aliases {
		record := records[i]
		if r.counts[alias] == number && string(record) != gone {
			e, err := decode(alias, record)
			if errors.Is(err, ErrSchema) {
				return nil, err
			}
			if err != nil {
				lost = append(lost, alias)
				e = &Entry{Alias: alias, Incident: Incident{State: Unknown}, Doubt: Doubt{Set: true}}
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
	r.memory.records = mended
	r.journal.replace(0, []segment{{number: number, bytes: segmentCost + len(mended), disk: len(value)}})
	if len(lost) > 0 || aliases == nil {
		r.unreadable = append(r.unreadable, Unreadable{Key: key, Aliases: lost})
		mend = []*storage.Operation{
			storage.SetOperation(asidePrefix+key, bytes.Clone(value)),
			storage.SetOperation(key, appendSegment(nil, aliases, mended)),
		}
	}
	return mend, nil
}
