// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package incident

import (
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/alert24/otelcol-alert24/internal/labels"
)

// Unpack returns the alert. Its texts share the memory of p.
func (p *Packed) Unpack() Alert {
	a, ok := readRest(p.rest)
	if !ok { // a person wrote it into the record
		a = Alert{}
		// Names that differ in bytes that are no UTF-8 only have become the same.
		_ = json.Unmarshal([]byte(p.rest), &a, jsontext.AllowDuplicateNames(true))
	}
	a.Fingerprint, a.Severity, a.StartsAt = p.Fingerprint, p.Severity, p.StartsAt
	return a
}

// readRest reads what writeRest wrote, without a JSON decoder: each incident is rendered anew for each call. It reports false for
// anything else.
func readRest(rest string) (a Alert, ok bool) {
	for name, value := range members(rest) {
		if ok = a.readField(name, value); !ok {
			return a, false
		}
	}
	return a, rest == "{}" || ok
}

func (a *Alert) readField(name, value string) (ok bool) {
	switch name {
	case `"name"`:
		a.Name, ok = readText(value)
	case `"labels"`:
		a.Labels, ok = readSet(value)
	case `"annotations"`:
		a.Annotations, ok = readSet(value)
	case `"group"`:
		a.GroupLabels, ok = readSet(value)
	case `"generator"`:
		a.GeneratorURL, ok = readText(value)
	case `"external"`:
		a.ExternalURL, ok = readText(value)
	case `"grafana"`:
		a.Grafana, ok = true, value == "true"
	case `"silence"`:
		a.SilenceURL, ok = readText(value)
	case `"values"`:
		a.Values, ok = readText(value)
	case `"truncated"`:
		n, err := strconv.ParseInt(value, 10, 64)
		a.Truncated, ok = n, err == nil
	case `"title"`:
		a.Title, ok = readText(value)
	case `"description"`:
		a.Description, ok = readText(value)
	case `"tags"`:
		a.Tags, ok = readList(value)
	case `"services"`:
		a.AffectedServices, ok = readList(value)
	}
	return ok
}

func readText(value string) (s string, ok bool) {
	if len(value) < len(`""`) || value[0] != '"' || value[len(value)-1] != '"' {
		return "", false
	}
	if strings.IndexByte(value, '\\') < 0 {
		return value[1 : len(value)-1], true
	}
	b, err := jsontext.AppendUnquote(nil, value)
	return string(b), err == nil
}

func readSet(value string) (s labels.Set, ok bool) {
	if len(value) < len(`{}`) || value[0] != '{' {
		return nil, false
	}
	s = make(labels.Set, 0, strings.Count(value, `":"`))
	for name, value := range members(value) {
		var l labels.Label
		if l.Name, ok = readText(name); !ok {
			return nil, false
		}
		if l.Value, ok = readText(value); !ok {
			return nil, false
		}
		s = append(s, l)
	}
	s.Sort()
	return s, true
}

func readList(value string) (items []string, ok bool) {
	if len(value) < len(`[]`) || value[0] != '[' {
		return nil, false
	}
	for at := 1; at < len(value)-1; {
		end := valueEnd(value, at)
		s, ok := readText(value[at:end])
		if !ok {
			return nil, false
		}
		items, at = append(items, s), end+1
	}
	return items, true
}
