// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

// Package problems collects the errors of a configuration. It is pure and imports nothing of this project.
package problems

import (
	"errors"
	"fmt"
	"net"
	"slices"
	"time"
)

// List is a list of problems; each begins with the path of its key. The zero value is empty.
type List []error

// If adds a problem if wrong is true.
func (l *List) If(wrong bool, format string, args ...any) {
	if wrong {
		*l = append(*l, fmt.Errorf(format, args...))
	}
}

// Add adds the errors of other checks; nil adds nothing.
func (l *List) Add(found ...error) { *l = append(*l, found...) }

// Under adds the problems of the settings below a key.
func (l *List) Under(key string, found List) {
	for _, err := range found {
		l.If(err != nil, "%s::%w", key, err)
	}
}

// NoUnit adds a problem if a duration is so short that its unit was surely forgotten: a number alone counts as nanoseconds.
func (l *List) NoUnit(key string, d time.Duration) {
	l.If(d > 0 && d < time.Millisecond, "%s: %s is too short: write the unit, as in 15s", key, d)
}

// Err returns all problems as one error; nil if there are none.
func (l List) Err() error { return errors.Join(l...) }

// CannotListen adds what to do to the error of a listener.
func CannotListen(endpoint string, err error) error {
	if _, network := errors.AsType[*net.OpError](err); !network { // such as a file of tls
		return fmt.Errorf("cannot listen on %q: %w", endpoint, err)
	}
	return fmt.Errorf("cannot listen on %q; see that it is host:port and that neither another process nor another component uses it: %w", endpoint, err)
}

// Repeated returns the first name that occurs twice, or "".
func Repeated(names []string) string {
	for i, name := range names {
		if slices.Contains(names[:i], name) {
			return name
		}
	}
	return ""
}
