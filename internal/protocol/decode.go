// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package protocol

import (
	"errors"
	"fmt"
	"time"
	"unique"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/alert24/otelcol-alert24/internal/jsonobject"
)

// head is the JSON form of a record: the entry, and what only a record has.
type head struct {
	Schema  int          `json:"schema"`
	Members []wireMember `json:"members,omitempty"`
	Buckets int          `json:"buckets,omitzero"`
	Entry
	Pending int64 `json:"pending,omitzero"` // see PendingSince
}

// wireMember is the JSON form of a member. Its own fields have another form than those of the member.
type wireMember struct {
	Member
	Key        wireKey `json:"key"`
	LeftOpen   bool    `json:"left_open,omitzero"`
	StaleAfter int64   `json:"stale_after,omitzero"` // nanoseconds
	Witness    int64   `json:"witness,omitzero"`
}

type wireKey Key

// UnmarshalText reads what writeMember writes.
func (k *wireKey) UnmarshalText(text []byte) error {
	if !jsonobject.Fill(k[:], text) {
		return errors.New("not the key of an alert")
	}
	return nil
}

// recordOptions accept what AppendRecord writes: text that was not UTF-8 is mended, which can make two label names equal.
var recordOptions = json.JoinOptions(jsontext.AllowInvalidUTF8(true), jsontext.AllowDuplicateNames(true))

// Decode reads the record of alias, and the records of its buckets, which bucket returns. The entry keeps these buckets, so that a store
// can rewrite any of them alone. The error is ErrSchema for a record of a newer version.
func Decode(alias string, record []byte, bucket func(i int) []byte) (*Entry, error) {
	h, err := readHead(record)
	if err != nil {
		return nil, err
	}
	if h.Buckets < 0 || h.Buckets > maxBuckets {
		return nil, fmt.Errorf("the record has %d buckets", h.Buckets)
	}
	members := h.Members
	for i := range h.Buckets {
		var b struct {
			Schema  int          `json:"schema"`
			Members []wireMember `json:"members"`
		}
		if err := decode(bucket(i), &b, &b.Schema); err != nil {
			return nil, err
		}
		members = append(members, b.Members...)
	}
	e := h.entry(alias)
	if h.Buckets > 0 {
		e.Members.spread(h.Buckets)
	}
	for i := range members {
		m, err := members[i].member()
		if err != nil {
			return nil, err
		}
		e.Members.set(m)
	}
	e.Members.seal()
	if err := e.check(); err != nil {
		return nil, err
	}
	return e, nil
}

func readHead(record []byte) (head, error) {
	var fast head // on the stack
	if fast.read(string(record)) {
		return fast, nil
	}
	var h head
	err := decode(record, &h, &h.Schema)
	return h, err
}

func decode(record []byte, v any, schema *int) error {
	err := json.Unmarshal(record, v, recordOptions)
	var only struct {
		Schema int `json:"schema"`
	}
	switch {
	case err == nil && *schema == Schema:
		return nil
	case *schema > Schema, json.Unmarshal(record, &only) == nil && only.Schema > Schema:
		return ErrSchema
	case err != nil:
		return fmt.Errorf("not a record of the ledger: %w", err)
	default:
		return errors.New("not a record of the ledger: no schema")
	}
}

func (m *wireMember) member() (*Member, error) {
	n := &m.Member
	n.Key = Key(m.Key)
	if n.Key == (Key{}) {
		return nil, errors.New("the record has a member without a key")
	}
	n.Alert.LeftOpen, n.StaleAfter = m.LeftOpen, max(0, time.Duration(m.StaleAfter))
	n.Witness = Witness(m.Witness)             //nolint:gosec // the same bits
	n.ShownBy = unique.Make(n.ShownBy).Value() // thousands of members share it
	return n, nil
}

func (h *head) entry(alias string) *Entry {
	e := h.copy()
	e.Alias = alias
	e.setInflight(e.Inflight()) // nil if the record has an empty one
	return e
}

// check rejects what no version has written: acting on it could change another alias's incident.
func (e *Entry) check() error {
	needsID := e.Inflight().Kind == Update || e.Inflight().Kind == Close || e.Inflight().Kind == Reopen
	switch {
	case e.Incident.State > Unknown:
		return fmt.Errorf("the record has an incident in state %d", e.Incident.State)
	case e.Incident.State == Open && e.Incident.ID == "":
		return errors.New("the record has an open incident without an id")
	case e.Inflight().Kind >= Lookup || needsID && e.Inflight().ID == "":
		return fmt.Errorf("the record has a call of kind %d to %q", e.Inflight().Kind, e.Inflight().ID)
	case e.Refused.Kind > Lookup:
		return fmt.Errorf("the record has a refused call of kind %d", e.Refused.Kind)
	}
	return nil
}

// Lost returns the entry of a record that cannot be read. There may be an incident; nothing else is known.
func Lost(alias string) *Entry {
	return &Entry{Alias: alias, Incident: Incident{State: Unknown}, Doubt: Doubt{Set: true}}
}

// Uncertain returns e in doubt because a newer record of it may be lost: any call may have been carried out since, at any time.
func Uncertain(e *Entry) *Entry {
	n := e.copy()
	n.Doubt.Set, n.Doubt.Since, n.Written = true, time.Time{}, Written{}
	n.Doubt.Creates = max(1, n.Doubt.Creates)
	return n
}
