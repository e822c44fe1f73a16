// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package protocol

import (
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"time"
	"unique"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/alert24/otelcol-alert24/internal/incident"
)

// head is the JSON form of a record.
type head struct {
	Schema      int               `json:"schema"`
	Members     []wireMember      `json:"members,omitempty"`
	Buckets     int               `json:"buckets,omitzero"`
	Incident    Incident          `json:"incident,omitzero"`
	Written     wireWritten       `json:"written,omitzero"`
	Unsure      []wireContent     `json:"unsure,omitempty"`
	Inflight    wireCall          `json:"inflight,omitzero"`
	Doubt       Doubt             `json:"doubt,omitzero"`
	Refused     Refusal           `json:"refused,omitzero"`
	Extra       []string          `json:"extra,omitempty"`
	Foreign     string            `json:"foreign,omitempty"`
	Reopening   string            `json:"reopening,omitempty"`
	Reopened    bool              `json:"reopened,omitzero"`
	Dismissed   bool              `json:"dismissed,omitzero"`
	Continues   int64             `json:"continues,omitzero"`
	Renewed     incident.Severity `json:"renewed,omitzero"`
	Peak        incident.Severity `json:"peak,omitzero"`
	Left        bool              `json:"left,omitzero"`
	Unseen      bool              `json:"unseen,omitzero"`
	QuietSince  time.Time         `json:"quiet_since,omitzero"`
	ConfirmedAt time.Time         `json:"confirmed_at,omitzero"`
	Version     uint64            `json:"version"`
	Pending     int64             `json:"pending,omitzero"` // see PendingSince
}

type wireMember struct {
	Key        wireKey         `json:"key"`
	Alert      incident.Packed `json:"alert"`
	LeftOpen   bool            `json:"left_open,omitzero"`
	Firing     bool            `json:"firing,omitzero"`
	HeldUntil  time.Time       `json:"held_until,omitzero"`
	Epoch      string          `json:"epoch,omitempty"`
	Seq        int64           `json:"seq,omitzero"`
	LastSeen   time.Time       `json:"last_seen"`
	StaleAfter int64           `json:"stale_after,omitzero"` // nanoseconds
	Witness    int64           `json:"witness,omitzero"`
	Final      bool            `json:"final,omitzero"`
	EndsAt     time.Time       `json:"ends_at,omitzero"`
	ResolvedBy string          `json:"resolved_by,omitempty"`
	ResolvedAt time.Time       `json:"resolved_at,omitzero"`
	ShownBy    string          `json:"shown_by,omitempty"`
}

type wireWritten struct {
	News    wireHashes        `json:"news,omitzero"`
	Shown   wireHashes        `json:"shown,omitzero"`
	Theirs  FieldSet          `json:"theirs,omitzero"`
	Cleaned FieldSet          `json:"cleaned,omitzero"`
	Peak    incident.Severity `json:"peak,omitzero"`
}

type wireContent struct {
	News     wireHashes        `json:"news,omitzero"`
	Sent     wireHashes        `json:"sent,omitzero"`
	Severity incident.Severity `json:"severity,omitzero"`
}

type wireCall struct {
	Kind    Kind        `json:"kind,omitzero"`
	ID      string      `json:"id,omitempty"`
	At      time.Time   `json:"at,omitzero"`
	Content wireContent `json:"content,omitzero"`
}

type wireKey Key

// UnmarshalText reads what writeMember writes.
func (k *wireKey) UnmarshalText(text []byte) error {
	b, err := base64.RawStdEncoding.AppendDecode(nil, text)
	if err != nil || copy(k[:], b) != len(k) || len(b) != len(k) {
		return errors.New("not the key of an alert")
	}
	return nil
}

type wireHashes incident.Hashes

// UnmarshalText reads what writeHashes writes.
func (h *wireHashes) UnmarshalText(text []byte) error {
	b, err := base64.RawStdEncoding.AppendDecode(nil, text)
	if err != nil || len(b) != 8*len(h) {
		return errors.New("not the hashes of an incident's fields")
	}
	for i := range h {
		h[i] = binary.LittleEndian.Uint64(b[8*i:])
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
	n := &Member{
		Key: Key(m.Key), Alert: m.Alert, Firing: m.Firing, HeldUntil: m.HeldUntil, Epoch: m.Epoch, Seq: m.Seq, LastSeen: m.LastSeen,
		StaleAfter: max(0, time.Duration(m.StaleAfter)), EndsAt: m.EndsAt, ResolvedBy: m.ResolvedBy, ResolvedAt: m.ResolvedAt,
		ShownBy: unique.Make(m.ShownBy).Value(),     // thousands of members share it
		Witness: Witness(m.Witness), Final: m.Final, //nolint:gosec // the same bits
	}
	n.Alert.LeftOpen = m.LeftOpen
	if n.Key == (Key{}) {
		return nil, errors.New("the record has a member without a key")
	}
	return n, nil
}

func (c *wireContent) content() Content {
	return Content{News: incident.Hashes(c.News), Sent: incident.Hashes(c.Sent), Severity: c.Severity}
}

func (h *head) entry(alias string) *Entry {
	e := &Entry{
		Alias:    alias,
		Incident: h.Incident,
		Written: Written{
			News: incident.Hashes(h.Written.News), Shown: incident.Hashes(h.Written.Shown), Theirs: h.Written.Theirs,
			Cleaned: h.Written.Cleaned, Peak: h.Written.Peak,
		},
		Doubt: h.Doubt, Refused: h.Refused,
		Extra: h.Extra, Foreign: h.Foreign, Reopening: h.Reopening, Reopened: h.Reopened, Dismissed: h.Dismissed,
		Continues: h.Continues, Renewed: h.Renewed, Peak: h.Peak, Left: h.Left, Unseen: h.Unseen,
		QuietSince: h.QuietSince, ConfirmedAt: h.ConfirmedAt, Version: h.Version,
	}
	e.setInflight(Call{Kind: h.Inflight.Kind, ID: h.Inflight.ID, At: h.Inflight.At, Content: h.Inflight.Content.content()})
	for i := range h.Unsure {
		e.Unsure = append(e.Unsure, h.Unsure[i].content())
	}
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
