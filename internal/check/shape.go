// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package check

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/alert24/otelcol-alert24/internal/incident"
)

// Forms of answers, lists and times: the behaviours in findings.
const (
	inData         = "data"
	inDataIncident = "data_incident"
	inIncident     = "incident"
	bare           = "bare"
	noIncident     = "none"

	atTop  = "top"
	inMeta = "meta"
	absent = "absent"

	formList  = "list"
	formJSON  = "json_text"
	formComma = "comma_text"
	formNull  = "null"

	timeISO        = "iso"
	timeSQLite     = "sqlite"
	timeUnreadable = "unreadable"
	timeMixed      = "mixed"
)

// object is a JSON object as it was read.
type object map[string]any

// seen is an incident as an answer shows it. Its fields are nil if the answer shows none.
type seen struct {
	object
	envelope     string
	deduplicated string // where the answer says deduplicated: true
}

// incidentIn finds the incident in an answer.
func (r *reply) incidentIn() seen {
	var top object
	s := seen{envelope: noIncident, deduplicated: absent}
	if !r.ok() || json.Unmarshal(r.body, &top) != nil {
		return s
	}
	data, _ := top["data"].(map[string]any)
	within, _ := data["incident"].(map[string]any)
	alone, _ := top["incident"].(map[string]any)
	meta, _ := top["meta"].(map[string]any)
	switch {
	case within["id"] != nil:
		s.object, s.envelope = within, inDataIncident
	case data["id"] != nil:
		s.object, s.envelope = data, inData
	case alone["id"] != nil:
		s.object, s.envelope = alone, inIncident
	case top["id"] != nil:
		s.object, s.envelope = top, bare
	}
	switch {
	case top.deduplicated() && s.envelope != bare:
		s.deduplicated = atTop
	case object(data).deduplicated(), s.object.deduplicated():
		s.deduplicated = inData
	case object(meta).deduplicated():
		s.deduplicated = inMeta
	}
	return s
}

// rowsIn finds the rows of a list.
func (r *reply) rowsIn() (rows []object, meta object, ok bool) {
	var top struct {
		Data      []object `json:"data"`
		Incidents []object `json:"incidents"`
		Services  []object `json:"services"`
		Meta      object   `json:"meta"`
	}
	if !r.ok() || json.Unmarshal(r.body, &top) != nil || top.Data == nil && top.Incidents == nil && top.Services == nil {
		return nil, nil, false
	}
	return slices.Concat(top.Data, top.Incidents, top.Services), top.Meta, true
}

// text returns a field as text; a number as its digits.
func (o object) text(name string) string {
	switch v := o[name].(type) {
	case string:
		return v
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	default:
		return ""
	}
}

// deduplicated reports whether the object says deduplicated: true.
func (o object) deduplicated() bool {
	yes, is := o["deduplicated"].(bool)
	return is && yes
}

// has reports whether the object has the field, null included.
func (o object) has(name string) bool {
	_, ok := o[name]
	return ok
}

func (o object) number() string {
	if n := o.text("incident_number"); n != "" {
		return "#" + n
	}
	return o.text("id")
}

// closed reports whether the status means that the incident is closed.
func (o object) closed() bool {
	return strings.EqualFold(o.text("status"), statusResolved) || strings.EqualFold(o.text("status"), statusPostmortem)
}

// list reads a list of texts and its form.
func (o object) list(name string) (values []string, form string) {
	switch v := o[name].(type) {
	case nil:
		if o.has(name) {
			return nil, formNull
		}
		return nil, absent
	case string:
		if strings.HasPrefix(strings.TrimSpace(v), "[") && json.Unmarshal([]byte(v), &values) == nil {
			return values, formJSON
		}
		return strings.Split(v, ","), formComma
	case []any:
		for _, item := range v {
			if s, ok := item.(string); ok {
				values = append(values, s)
			}
		}
		return values, formList
	default:
		return nil, absent
	}
}

// time reads a time and its form.
func (o object) time(name string) (time.Time, string) {
	v, isText := o[name].(string)
	switch {
	case !o.has(name):
		return time.Time{}, absent
	case o[name] == nil:
		return time.Time{}, formNull
	case !isText:
		return time.Time{}, timeUnreadable
	}
	if at, err := time.Parse(time.RFC3339Nano, v); err == nil {
		return at, timeISO
	}
	if at, err := time.Parse(time.DateTime, v); err == nil {
		return at, timeSQLite
	}
	return time.Time{}, timeUnreadable
}

// marks lists the ways in which the incident can be identified as that of the alias.
func (o object) marks(alias string) []string {
	var marks []string
	if o.text("alias") == alias {
		marks = append(marks, "alias")
	}
	if tags, _ := o.list("tags"); slices.Contains(tags, incident.AliasTag(alias)) {
		marks = append(marks, "tags")
	}
	if found, ok := incident.AliasOfDescription(o.text("description")); ok && found == alias {
		marks = append(marks, "description")
	}
	return marks
}
