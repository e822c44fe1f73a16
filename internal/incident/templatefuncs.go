// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package incident

import (
	"encoding/json"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"text/template"
	"time"
	_ "time/tzdata" // for tz, where the system has no time zones: a container, Windows

	"golang.org/x/text/cases"
	"golang.org/x/text/language"
)

// templateFuncs are the functions of Alertmanager's templates that keep a text pure
// (https://prometheus.io/docs/alerting/latest/notifications/#functions). "since" is not among them: a text that
// changes with the clock would update its incident forever. Nothing is HTML here, so safeHtml and safeUrl change
// nothing.
var templateFuncs = template.FuncMap{
	"date":        func(layout string, t time.Time) string { return t.Format(layout) },
	"join":        func(sep string, s []string) string { return strings.Join(s, sep) },
	"match":       regexp.MatchString,
	"safeHtml":    func(s string) string { return s },
	"safeUrl":     func(s string) string { return s },
	"stringSlice": func(s ...string) []string { return s },
	"title":       func(s string) string { return cases.Title(language.AmericanEnglish).String(s) },
	"toLower":     strings.ToLower,
	"toUpper":     strings.ToUpper,
	"trimSpace":   strings.TrimSpace,
	"urlUnescape": url.QueryUnescape,
	"reReplaceAll": func(pattern, replacement, s string) (string, error) {
		re, err := regexp.Compile(pattern)
		if err != nil {
			return "", err
		}
		return re.ReplaceAllString(s, replacement), nil
	},
	"toJson": func(v any) (string, error) {
		b, err := json.Marshal(v)
		return string(b), err
	},
	"tz": func(name string, t time.Time) (time.Time, error) {
		loc, err := time.LoadLocation(name)
		if err != nil {
			return time.Time{}, err
		}
		return t.In(loc), nil
	},
}

// KV is a set of names and values, with the methods that Alertmanager's templates have.
type KV map[string]string

// Pair is one entry of a KV.
type Pair struct{ Name, Value string }

// Pairs is a list of entries.
type Pairs []Pair

// SortedPairs returns the entries by name, alertname first.
func (kv KV) SortedPairs() Pairs {
	pairs := make(Pairs, 0, len(kv))
	if name, ok := kv["alertname"]; ok {
		pairs = append(pairs, Pair{"alertname", name})
	}
	for _, name := range slices.Sorted(maps.Keys(kv)) {
		if name != "alertname" {
			pairs = append(pairs, Pair{name, kv[name]})
		}
	}
	return pairs
}

// Remove returns kv without names.
func (kv KV) Remove(names []string) KV {
	rest := maps.Clone(kv)
	for _, name := range names {
		delete(rest, name)
	}
	return rest
}

// Names returns the names in the order of SortedPairs.
func (kv KV) Names() []string { return kv.SortedPairs().Names() }

// Values returns the values in the order of SortedPairs.
func (kv KV) Values() []string { return kv.SortedPairs().Values() }

// Names returns the names.
func (p Pairs) Names() []string {
	names := make([]string, 0, len(p))
	for _, pair := range p {
		names = append(names, pair.Name)
	}
	return names
}

// Values returns the values.
func (p Pairs) Values() []string {
	values := make([]string, 0, len(p))
	for _, pair := range p {
		values = append(values, pair.Value)
	}
	return values
}
