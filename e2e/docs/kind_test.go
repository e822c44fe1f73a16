// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package docs

import (
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

// kind is the program that a YAML text is for.
type kind string

// Kinds of YAML.
const (
	forCollector    kind = "collector"    // the collector's configuration, whole or in part
	forAlertmanager kind = "alertmanager" // Alertmanager's configuration, whole or in part
	forPrometheus   kind = "prometheus"   // Prometheus's configuration
	forRules        kind = "rules"        // Prometheus's alert rules
	forBuilder      kind = "builder"      // ocb's configuration, whole or in part
	forKubernetes   kind = "kubernetes"   // manifests
)

// kindOf returns the kind of a text by its top-level keys.
func kindOf(text string) (kind, error) {
	var top map[string]yaml.Node
	if err := yaml.Unmarshal([]byte(text), &top); err != nil {
		return "", err
	}
	list := func(key string) bool {
		node, ok := top[key]
		return ok && node.Kind == yaml.SequenceNode
	}
	has := func(keys ...string) bool {
		for _, key := range keys {
			if _, ok := top[key]; ok {
				return true
			}
		}
		return false
	}
	switch {
	case has("apiVersion"):
		return forKubernetes, nil
	case has("groups"):
		return forRules, nil
	case has("scrape_configs", "rule_files", "alerting"):
		return forPrometheus, nil
	case has("dist", "replaces") || strings.Contains(text, "- gomod:"):
		return forBuilder, nil
	case has("route", "inhibit_rules") || list("receivers"):
		return forAlertmanager, nil
	case has("receivers", "exporters", "processors", "connectors", "extensions", "service"):
		return forCollector, nil
	}
	return "", errors.New("it is for no program known here: begin it with a top-level key of the collector, Alertmanager, Prometheus or ocb")
}

func TestKindOf(t *testing.T) {
	for text, want := range map[string]kind{
		"receivers:\n  alertmanager:\n":                             forCollector,
		"exporters:\n  alert24:\n    api_key: x\n":                  forCollector,
		"service:\n  pipelines: {}\n":                               forCollector,
		"receivers:\n  - name: alert24\n":                           forAlertmanager,
		"route:\n  receiver: alert24\n":                             forAlertmanager,
		"groups:\n  - name: x\n":                                    forRules,
		"alerting:\n  alertmanagers: []\n":                          forPrometheus,
		"receivers:\n  - gomod: example.com/receiver v0.1.0\n":      forBuilder,
		"dist:\n  name: otelcol\n":                                  forBuilder,
		"apiVersion: v1\nkind: Secret\nmetadata: {name: alert24}\n": forKubernetes,
	} {
		got, err := kindOf(text)
		require.NoError(t, err, text)
		assert.Equal(t, want, got, text)
	}
	for _, text := range []string{"severity: {default: low}", "a: [", "- a", ""} {
		_, err := kindOf(text)
		assert.Error(t, err, text)
	}
}
