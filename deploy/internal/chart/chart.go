// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

// Package chart renders the Helm chart with Helm's own library. Start reading at Render.
package chart

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"helm.sh/helm/v4/pkg/chart/common"
	"helm.sh/helm/v4/pkg/chart/common/util"
	v2 "helm.sh/helm/v4/pkg/chart/v2"
	"helm.sh/helm/v4/pkg/chart/v2/loader"
	"helm.sh/helm/v4/pkg/engine"
)

// The release with which the plain manifests are rendered.
const (
	Release   = "otelcol-alert24"
	Namespace = "monitoring"
)

// Dir is the chart's folder.
func Dir(root string) string { return filepath.Join(root, "deploy", "helm", "otelcol-alert24") }

// Sets returns the names of the documented sets of values.
func Sets(root string) ([]string, error) {
	files, err := filepath.Glob(filepath.Join(Dir(root), "examples", "*.yaml"))
	if err != nil {
		return nil, fmt.Errorf("find the chart's examples: %w", err)
	}
	if len(files) == 0 {
		return nil, errors.New("the chart has no examples")
	}
	var names []string
	for _, file := range files {
		names = append(names, strings.TrimSuffix(filepath.Base(file), ".yaml"))
	}
	return names, nil
}

// Values reads a set of values.
func Values(root, set string) (map[string]any, error) {
	values, err := common.ReadValuesFile(filepath.Join(Dir(root), "examples", set+".yaml"))
	if err != nil {
		return nil, fmt.Errorf("read the values %s: %w", set, err)
	}
	return values, nil
}

// Render returns the manifests by the names of their templates.
func Render(root string, values map[string]any) (map[string]string, error) {
	loaded, err := loader.LoadDir(Dir(root))
	if err != nil {
		return nil, fmt.Errorf("load the chart: %w", err)
	}
	return render(loaded, Release, Namespace, values)
}

func render(loaded *v2.Chart, release, namespace string, values map[string]any) (map[string]string, error) {
	all, err := util.ToRenderValues(loaded, values, common.ReleaseOptions{Name: release, Namespace: namespace, Revision: 1, IsInstall: true}, nil)
	if err != nil {
		return nil, fmt.Errorf("check the values: %w", err)
	}
	rendered, err := engine.Render(loaded, all)
	if err != nil {
		return nil, fmt.Errorf("render the chart: %w", err)
	}
	manifests := map[string]string{}
	for name, text := range rendered {
		if base := filepath.Base(name); filepath.Ext(base) == ".yaml" && strings.TrimSpace(text) != "" {
			manifests[base] = text
		}
	}
	return manifests, nil
}

const header = "# Made by `make manifests` from deploy/helm/otelcol-alert24/examples/%s.yaml. Change the chart instead.\n"

// Manifest renders a set of values as one file of plain manifests.
func Manifest(root, set string) (string, error) {
	values, err := Values(root, set)
	if err != nil {
		return "", err
	}
	rendered, err := Render(root, values)
	if err != nil {
		return "", err
	}
	var out strings.Builder
	fmt.Fprintf(&out, header, set)
	for _, name := range slices.Sorted(maps.Keys(rendered)) {
		fmt.Fprintf(&out, "---\n%s\n", strings.TrimSpace(plain(rendered[name])))
	}
	return out.String(), nil
}

// plain removes the labels that mark an object as managed by Helm.
func plain(text string) string {
	var out strings.Builder
	for line := range strings.Lines(text) {
		name, _, _ := strings.Cut(strings.TrimSpace(line), ":")
		if name != "helm.sh/chart" && name != "app.kubernetes.io/managed-by" {
			out.WriteString(line)
		}
	}
	return out.String()
}

// WriteManifests writes deploy/kubernetes.
func WriteManifests(root string) error {
	sets, err := Sets(root)
	if err != nil {
		return err
	}
	dir := filepath.Join(root, "deploy", "kubernetes")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("write the manifests: %w", err)
	}
	for _, set := range sets {
		text, err := Manifest(root, set)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, set+".yaml"), []byte(text), 0o644); err != nil {
			return fmt.Errorf("write the manifests: %w", err)
		}
	}
	return nil
}
