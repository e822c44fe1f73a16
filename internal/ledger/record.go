// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"go.opentelemetry.io/collector/extension/xextension/storage"
)

// Keys of the storage client: one per alias, and the bytes of records that could not be read.
const (
	keyPrefix   = "alias/"
	asidePrefix = "unreadable/"
)

// ErrSchema is returned when the storage holds records of a newer version of this program.
var ErrSchema = errors.New("the ledger was written by a newer version; start that version, or give this one another storage directory")

// recordOptions read what appendRecord writes: text that was not UTF-8 is mended, and that may make two names of labels
// the same.
var recordOptions = json.JoinOptions(jsontext.AllowInvalidUTF8(true), jsontext.AllowDuplicateNames(true))

// decode reads a record. Its error is ErrSchema for one of a newer version.
func decode(alias string, record []byte) (*Entry, error) {
	e := &Entry{}
	if err := json.Unmarshal(record, e, recordOptions); err != nil {
		if newer(record) {
			return nil, ErrSchema
		}
		return nil, fmt.Errorf("not a record of the ledger: %w", err)
	}
	e.Alias = alias
	switch {
	case e.Schema > Schema:
		return nil, ErrSchema
	case e.Schema < 1:
		return nil, errors.New("not a record of the ledger: no schema")
	}
	if err := e.check(); err != nil {
		return nil, err
	}
	return e, nil
}

// newer reports whether a record that this version cannot read says that it is of a newer one.
func newer(record []byte) bool {
	var head struct {
		Schema int `json:"schema"`
	}
	return json.Unmarshal(record, &head) == nil && head.Schema > Schema
}

// check finds what no version has written: acting on it could reach another alias's incident.
func (e *Entry) check() error {
	needsID := e.Inflight.Kind == Update || e.Inflight.Kind == Close || e.Inflight.Kind == Reopen
	switch {
	case e.Incident.State > Unknown:
		return fmt.Errorf("the record has an incident in state %d", e.Incident.State)
	case e.Incident.State == Open && e.Incident.ID == "":
		return errors.New("the record has an open incident without an id")
	case e.Inflight.Kind >= Lookup || needsID && e.Inflight.ID == "":
		return fmt.Errorf("the record has a call of kind %d to %q", e.Inflight.Kind, e.Inflight.ID)
	case e.Refused.Kind > Lookup:
		return fmt.Errorf("the record has a refused call of kind %d", e.Refused.Kind)
	}
	return nil
}

// load reads all records. An unreadable one is moved aside, and its alias becomes one of which nothing is known
// but that there may be an incident.
func (s *store) load(ctx context.Context) (unreadable []string, err error) {
	if s.client == nil {
		return nil, nil
	}
	walker, ok := s.client.(storage.Walker)
	if !ok {
		return nil, errors.New("the storage extension cannot list its keys; use file_storage")
	}
	err = walker.Walk(ctx, func(key string, value []byte) ([]*storage.Operation, error) {
		alias, ok := strings.CutPrefix(key, keyPrefix)
		if !ok {
			return nil, nil
		}
		e, err := decode(alias, value)
		if err == nil {
			e.size = len(value)
			s.entries[alias] = e
			return nil, nil
		}
		if errors.Is(err, ErrSchema) {
			return nil, err
		}
		unreadable = append(unreadable, alias)
		e = &Entry{Schema: Schema, Alias: alias, Incident: Incident{State: Unknown}, Doubt: Doubt{Set: true}}
		s.entries[alias] = e
		return []*storage.Operation{
			storage.SetOperation(asidePrefix+alias, bytes.Clone(value)),
			storage.SetOperation(key, appendRecord(nil, e)),
		}, nil
	})
	if err != nil {
		return nil, fmt.Errorf("cannot read the ledger from storage: %w", err)
	}
	_ = s.client.Delete(ctx, probeKey) // a probe may have been killed
	s.reserve.keep(ctx)
	return unreadable, nil
}
