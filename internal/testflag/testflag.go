// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

// Package testflag gives the flags of a test binary other defaults.
package testflag

import "flag"

// Model is for packages with a model. Its tests try the same histories each time, so that a failure comes from the change; make model
// explores others.
var Model = map[string]string{"rapid.seed": "20261124", "rapid.checks": modelChecks}

// Defaults sets flags that the command line leaves out. TestMain calls it after flag.Parse. It panics if a flag does not exist or
// does not accept the value.
func Defaults(values map[string]string) {
	given := map[string]bool{}
	flag.Visit(func(f *flag.Flag) { given[f.Name] = true })
	for name, value := range values {
		if given[name] {
			continue
		}
		if err := flag.Set(name, value); err != nil {
			panic(err)
		}
	}
}
