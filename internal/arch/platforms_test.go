// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package arch

import (
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/tools/go/packages"
)

// The code that people run compiles on every released system. The test only type-checks the sources, which takes seconds. Other
// architectures of a system have no code of their own, and `make dist` compiles all.
func TestEverySystemCompiles(t *testing.T) {
	for _, system := range []string{"windows", "darwin"} {
		t.Run(system, func(t *testing.T) {
			t.Parallel()
			found, err := packages.Load(&packages.Config{
				Mode: packages.NeedName | packages.NeedFiles | packages.NeedCompiledGoFiles | packages.NeedImports | packages.NeedDeps | packages.NeedTypes | packages.NeedTypesSizes,
				Dir:  root,
				Env:  append(os.Environ(), "GOOS="+system, "GOARCH=arm64", "CGO_ENABLED=0"),
			}, "./alertmanagerreceiver", "./alert24exporter", "./cmd/...")
			require.NoError(t, err)
			require.Len(t, found, 3)
			packages.Visit(found, nil, func(p *packages.Package) {
				assert.Empty(t, p.Errors, "%s on %s", p.PkgPath, system)
			})
		})
	}
}
