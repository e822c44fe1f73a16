// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"errors"
	"fmt"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// ErrSchema is returned when the storage holds records of a newer version of this program.
var ErrSchema = errors.New("the ledger was written by a newer version; start that version, or give this one another storage directory")

// recordOptions read what appendRecord writes: text that was not UTF-8 is mended, and that may make two names of labels
// the same.
var recordOptions = json.JoinOptions(jsontext.AllowInvalidUTF8(true), jsontext.AllowDuplicateNames(true))

// schemaEntry is what a record says, in JSON.
type schemaEntry struct {
	Schema int `json:"schema"`
	Entry
}

// decode reads a record. Its error is ErrSchema for one of a newer version.
func decode(alias string, record []byte) (*Entry, error) {
	var r schemaEntry
	if err := json.Unmarshal(record, &r, recordOptions); err != nil {
		if newer(record) {
			return nil, ErrSchema
		}
		return nil, fmt.Errorf("not a record of the ledger: %w", err)
	}
	switch {
	case r.Schema > Schema:
		return nil, ErrSchema
	case r.Schema < 1:
		return nil, errors.New("not a record of the ledger: no schema")
	}
	if err := r.check(); err != nil {
		return nil, err
	}
	r.Alias = alias
	return &r.Entry, nil
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
