// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux

package sbom

import (
	"bytes"
	"debug/buildinfo"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	cdx "github.com/CycloneDX/cyclonedx-go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/alert24/otelcol-alert24/deploy/internal/machine"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var product = Product{Name: "otelcol-alert24", Version: "0.1.0", License: "Apache-2.0", Time: time.Date(2026, 11, 26, 0, 0, 0, 0, time.UTC)}

// The list has exactly the modules that the compiler wrote into a program.
func TestListOfAProgram(t *testing.T) {
	program := filepath.Join(machine.Programs(t), "alert24tool")
	written, err := Of(product, program)
	require.NoError(t, err)
	again, err := Of(product, program)
	require.NoError(t, err)
	assert.Equal(t, written, again)

	var bom cdx.BOM
	require.NoError(t, cdx.NewBOMDecoder(bytes.NewReader(written), cdx.BOMFileFormatJSON).Decode(&bom))
	assert.Equal(t, cdx.SpecVersion1_6, bom.SpecVersion)
	assert.Equal(t, "2026-11-26T00:00:00Z", bom.Metadata.Timestamp)
	assert.Equal(t, "0.1.0", bom.Metadata.Component.Version)
	listed := map[string]string{}
	for _, c := range *bom.Components {
		listed[c.Name] = c.Version
	}
	info, err := buildinfo.ReadFile(program)
	require.NoError(t, err)
	require.NotEmpty(t, info.Deps)
	for _, module := range info.Deps {
		assert.Equal(t, module.Version, listed[module.Path], module.Path)
	}
	assert.Equal(t, strings.TrimPrefix(runtime.Version(), "go"), listed["std"])
	assert.Len(t, listed, len(info.Deps)+2, "the modules, the program, and the standard library")

	// Every reference is to something that is listed.
	refs := map[string]bool{bom.Metadata.Component.BOMRef: true}
	for _, c := range *bom.Components {
		refs[c.BOMRef] = true
	}
	for _, d := range *bom.Dependencies {
		assert.True(t, refs[d.Ref], d.Ref)
		if d.Dependencies != nil {
			for _, on := range *d.Dependencies {
				assert.True(t, refs[on], on)
			}
		}
	}
}

func TestListOfWhatIsNoProgram(t *testing.T) {
	_, err := Of(product, "sbom.go")
	require.ErrorContains(t, err, "read the modules of sbom.go")
}
