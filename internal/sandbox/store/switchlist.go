// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package store

import (
	"reflect"
	"strings"
	"time"
)

// Switch describes one switch for people.
type Switch struct {
	Name    string
	Kind    string   // word, number, duration, list, bool
	Values  []string // the default first; empty if any value of the kind is allowed
	Default string   // empty for false, 0 and an empty list
	Help    string
}

var kinds = map[reflect.Type]string{
	reflect.TypeFor[string](): "word", reflect.TypeFor[int](): "number", reflect.TypeFor[time.Duration](): "duration",
	reflect.TypeFor[[]string](): "list", reflect.TypeFor[bool](): "bool",
}

// SwitchList has every switch, in the order of the struct.
var SwitchList = switches()

func switches() (all []Switch) {
	for f := range reflect.TypeFor[Switches]().Fields() {
		w := Switch{Name: f.Tag.Get("json"), Kind: kinds[f.Type], Default: f.Tag.Get("default"), Help: f.Tag.Get("help")}
		if values := f.Tag.Get("values"); values != "" {
			w.Values = strings.Split(values, ",")
			w.Default = w.Values[0]
		}
		all = append(all, w)
	}
	return all
}
