// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

// Package sbom lists the modules in built Go programs. It reads the list that the compiler wrote into each program, so the result cannot
// differ from the program. The format is CycloneDX JSON.
package sbom

import (
	"bytes"
	"debug/buildinfo"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"time"

	cdx "github.com/CycloneDX/cyclonedx-go"
)

// Product is the product to which the programs belong.
type Product struct {
	Name, Version, License string
	Time                   time.Time // of the sources
}

// Of lists the modules of programs, given as paths. The same programs give the same bytes.
func Of(p Product, programs ...string) ([]byte, error) {
	product := component(cdx.ComponentTypeApplication, p.Name, p.Version, "pkg:generic/"+p.Name+"@"+p.Version)
	product.Licenses = &cdx.Licenses{{License: &cdx.License{ID: p.License}}}
	modules, uses := map[string]cdx.Component{}, map[string][]string{}
	var apps []string
	for _, path := range programs {
		info, err := buildinfo.ReadFile(path)
		if err != nil {
			return nil, fmt.Errorf("read the modules of %s: %w", path, err)
		}
		name := filepath.Base(path)
		app := component(cdx.ComponentTypeApplication, name, p.Version, "pkg:golang/"+info.Path+"@"+p.Version)
		modules[app.BOMRef] = app
		apps = append(apps, app.BOMRef)
		for _, module := range inside(info) {
			modules[module.BOMRef] = module
			uses[app.BOMRef] = append(uses[app.BOMRef], module.BOMRef)
		}
	}
	bom := cdx.NewBOM()
	bom.Metadata = &cdx.Metadata{Timestamp: p.Time.UTC().Format(time.RFC3339), Component: &product}
	components, dependencies := []cdx.Component{}, []cdx.Dependency{dependency(product.BOMRef, apps)}
	for _, ref := range slices.Sorted(maps.Keys(modules)) {
		components = append(components, modules[ref])
		dependencies = append(dependencies, dependency(ref, uses[ref]))
	}
	bom.Components, bom.Dependencies = &components, &dependencies
	var out bytes.Buffer
	if err := cdx.NewBOMEncoder(&out, cdx.BOMFileFormatJSON).SetPretty(true).EncodeVersion(bom, cdx.SpecVersion1_6); err != nil {
		return nil, fmt.Errorf("write the list of modules: %w", err)
	}
	return out.Bytes(), nil
}

// inside returns the modules of a program, and the standard library.
func inside(info *buildinfo.BuildInfo) []cdx.Component {
	version := strings.TrimPrefix(info.GoVersion, "go")
	all := []cdx.Component{component(cdx.ComponentTypeLibrary, "std", version, "pkg:golang/std@"+version)}
	for _, module := range info.Deps {
		sum := module.Sum
		if module.Replace != nil && module.Replace.Version == "" {
			continue // this project, by its path on the machine that built it
		}
		if module.Replace != nil {
			module, sum = module.Replace, module.Replace.Sum
		}
		c := component(cdx.ComponentTypeLibrary, module.Path, module.Version, "pkg:golang/"+module.Path+"@"+module.Version)
		c.Properties = &[]cdx.Property{{Name: "go:sum", Value: sum}}
		all = append(all, c)
	}
	return all
}

func component(kind cdx.ComponentType, name, version, purl string) cdx.Component {
	return cdx.Component{Type: kind, Name: name, Version: version, PackageURL: purl, BOMRef: purl}
}

func dependency(ref string, on []string) cdx.Dependency {
	slices.Sort(on)
	return cdx.Dependency{Ref: ref, Dependencies: &on}
}
