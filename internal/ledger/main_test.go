// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"flag"
	"testing"

	"go.uber.org/goleak"
)

// Plain tests try the same histories each time, so that a failure is the change's; make model explores others.
var modelDefaults = map[string]string{"rapid.seed": "20261124", "rapid.checks": "1000"}

func TestMain(m *testing.M) {
	flag.Parse()
	given := map[string]bool{}
	flag.Visit(func(f *flag.Flag) { given[f.Name] = true })
	for name, value := range modelDefaults {
		if given[name] {
			continue
		}
		if err := flag.Set(name, value); err != nil {
			panic(err)
		}
	}
	goleak.VerifyTestMain(m)
}
