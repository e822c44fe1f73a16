// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package webhook

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

// MissingLabel is what takes the place of a label that an alert lacks.
type MissingLabel string

// The values of MissingLabel.
const (
	MissingHash        MissingLabel = "hash"
	MissingFingerprint MissingLabel = "fingerprint"
	MissingEmpty       MissingLabel = "empty"
	MissingSkip        MissingLabel = "skip"
)

// AliasRule says how the alias of an alert is made.
type AliasRule struct {
	// Matchers choose the alerts of the rule, in Alertmanager's syntax. All of them must match.
	Matchers []string
	// Labels are joined by Separator.
	Labels       []string
	Separator    string
	MissingLabel MissingLabel
	// Exclude names labels that never make a different problem: hashes leave them out.
	Exclude []string
	// Prefix precedes the alias.
	Prefix string
}

// rule is a compiled AliasRule.
type rule struct {
	AliasRule
	matchers []matcher
	// free is the place in Labels whose value may hold the separator without making the alias ambiguous.
	free int
}

func compile(from AliasRule) (rule, error) {
	r := rule{AliasRule: from, free: slices.Index(from.Labels, labelInstance)}
	if r.free < 0 {
		r.free = len(from.Labels) - 1
	}
	for _, text := range from.Matchers {
		matchers, err := ParseMatchers(text)
		if err != nil {
			return r, err
		}
		for _, m := range matchers {
			r.matchers = append(r.matchers, newMatcher(m))
		}
	}
	return r, nil
}

// ParseMatchers reads one or more matchers in Alertmanager's syntax, as `alertname=~"Kube.*"`.
func ParseMatchers(text string) (amlabels.Matchers, error) {
	matchers, err := parse.Matchers(text)
	switch {
	case err != nil:
		return nil, fmt.Errorf("%q: %w", text, err)
	case len(matchers) == 0:
		return nil, fmt.Errorf("%q: %w", text, errNoMatcher)
	}
	return matchers, nil
}

var errNoMatcher = errors.New("there is no matcher")

func (r *rule) matches(set labels.Set) bool {
	for i := range r.matchers {
		if !r.matchers[i].matches(set) {
			return false
		}
	}
	return true
}

// matcher is an Alertmanager matcher that knows when a pattern is only a list of names and starts of names. Such patterns are
// the usual ones, and a file of rules has many.
type matcher struct {
	*amlabels.Matcher
	isList bool
	names  map[string]bool
	starts []start
	want   bool // the answer for what the list has
}

// start matches name.* or, if more is set, name.+
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
