// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

// Package problems collects what is wrong with a configuration. It is pure and imports nothing of this project.
package problems

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// List is what is wrong; each problem begins with the path of its key. The zero value is nothing.
type List []error

// If adds a problem where there is one.
func (l *List) If(wrong bool, format string, args ...any) {
	if wrong {
		*l = append(*l, fmt.Errorf(format, args...))
	}
}

// Add adds what other checks found; nil is nothing.
func (l *List) Add(found ...error) { *l = append(*l, found...) }

// NoUnit adds a duration that is so short that its unit was surely forgotten: a number alone counts as nanoseconds.
func (l *List) NoUnit(key string, d time.Duration) {
	l.If(d > 0 && d < time.Millisecond, "%s: %s is too short: write the unit, as in 15s", key, d)
}

// Err returns all of it as one error, nil if nothing is wrong.
func (l List) Err() error { return errors.Join(l...) }

// Repeated returns the first name that is there twice, or "".
func Repeated(names []string) string {
	for i, name := range names {
		if slices.Contains(names[:i], name) {
			return name
		}
	}
	return ""
}
