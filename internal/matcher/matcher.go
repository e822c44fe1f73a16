// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

// Package matcher chooses alerts by their labels, in Alertmanager's matcher syntax. It is pure. Start reading with Parse.
package matcher

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/prometheus/alertmanager/matcher/parse"
	amlabels "github.com/prometheus/alertmanager/pkg/labels"

	"github.com/alert24/otelcol-alert24/internal/labels"
)

// Set matches an alert if all of its matchers match.
type Set []matcher

// Parse reads texts of one or more matchers each, as `alertname=~"Kube.*"`.
func Parse(texts ...string) (Set, error) {
	var all Set
	for _, text := range texts {
		parsed, err := parse.Matchers(text)
		switch {
		case err != nil:
			return nil, fmt.Errorf("%q: %w", text, err)
		case len(parsed) == 0:
			return nil, fmt.Errorf("%q: %w", text, errNoMatcher)
		}
		for _, m := range parsed {
			all = append(all, newMatcher(m))
		}
	}
	return all, nil
}

var errNoMatcher = errors.New("there is no matcher")

// Matches reports whether all matchers do.
func (s Set) Matches(set labels.Set) bool {
	for i := range s {
		if !s[i].matches(set) {
			return false
		}
	}
	return true
}

// matcher is an Alertmanager matcher with a fast path for patterns that only list names and prefixes of names. Most patterns are of
// this kind, and a file of rules has many.
type matcher struct {
	*amlabels.Matcher
	isList bool
	names  map[string]bool
	starts []start
	want   bool // the result if the list contains the value
}

// start matches name.*; or name.+ if more is set.
type start struct {
	name string
	more bool
}

var listOfNames = regexp.MustCompile(`^[\w:-]+(\.[*+])?(\|[\w:-]+(\.[*+])?)*$`)

func newMatcher(m *amlabels.Matcher) matcher {
	c := matcher{Matcher: m, want: m.Type == amlabels.MatchRegexp}
	c.isList = (c.want || m.Type == amlabels.MatchNotRegexp) && listOfNames.MatchString(m.Value)
	if !c.isList {
		return c
	}
	c.names = map[string]bool{}
	for part := range strings.SplitSeq(m.Value, "|") {
		name, anything := strings.CutSuffix(part, ".*")
		name, more := strings.CutSuffix(name, ".+")
		if anything || more {
			c.starts = append(c.starts, start{name, more})
		} else {
			c.names[name] = true
		}
	}
	return c
}

// matches treats an absent label as an empty one, as Alertmanager does.
func (m *matcher) matches(set labels.Set) bool {
	value := set.Get(m.Name)
	if m.isList {
		return m.lists(value) == m.want
	}
	return m.Matches(value)
}

func (m *matcher) lists(value string) bool {
	return m.names[value] || slices.ContainsFunc(m.starts, func(s start) bool {
		rest, ok := strings.CutPrefix(value, s.name)
		return ok && !strings.Contains(rest, "\n") && (!s.more || rest != "")
	})
}
