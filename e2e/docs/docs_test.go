// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package docs

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/alert24/otelcol-alert24/e2e/docs/snippet"
	"github.com/alert24/otelcol-alert24/e2e/harness"
	"github.com/alert24/otelcol-alert24/e2e/harness/kit"
)

// Every YAML example of the documentation is loaded by the program that it is for.
func TestExamplesOfTheDocumentation(t *testing.T) {
	programs := kit.Binaries(t, harness.CollectorEnv, harness.AmtoolEnv, harness.PromtoolEnv)
	check := map[kind]func(*testing.T, string){
		forCollector: func(t *testing.T, text string) { t.Helper(); checkCollector(t, text) },
		forAlertmanager: func(t *testing.T, text string) {
			t.Helper()
			ok, printed := kit.Tool(t.Context(), t, programs.Amtool, "check-config", kit.WriteFile(t, wholeAlertmanager(t, text)))
			assert.True(t, ok, printed)
		},
		forRules: func(t *testing.T, text string) {
			t.Helper()
			ok, printed := kit.Tool(t.Context(), t, programs.Promtool, "check", "rules", kit.WriteFile(t, text))
			assert.True(t, ok, printed)
		},
		forPrometheus: func(t *testing.T, text string) {
			t.Helper()
			ok, printed := kit.Tool(t.Context(), t, programs.Promtool, "check", "config", "--syntax-only", kit.WriteFile(t, text))
			assert.True(t, ok, printed)
		},
		forBuilder:    checkBuilder,
		forKubernetes: checkKubernetes,
	}
	seen := map[kind]bool{}
	for _, file := range kit.Markdown(t) {
		content, err := os.ReadFile(kit.Root(t, file))
		require.NoError(t, err)
		blocks, err := snippet.YAML(string(content))
		require.NoError(t, err, file)
		for _, block := range blocks {
			of, err := kindOf(block.Text)
			seen[of] = true
			t.Run(fmt.Sprintf("%s:%d", file, block.Line), func(t *testing.T) {
				require.NoError(t, err)
				check[of](t, block.Text)
			})
		}
	}
	// The README must have examples of these kinds: without examples, the test would check nothing.
	for _, of := range []kind{forCollector, forAlertmanager, forBuilder} {
		assert.True(t, seen[of], "the documentation has no example for %s", of)
	}
}

// around completes a part of a configuration. The part wins.
const around = `
receivers:
  alertmanager:
exporters:
  alert24:
    api_key: ` + kit.SecretKey + `
service:
  pipelines:
    logs:
      receivers: [alertmanager]
      exporters: [alert24]
`

var hasExporters = regexp.MustCompile(`(?m)^exporters:`)

var envReference = regexp.MustCompile(`\$\{env:([A-Za-z0-9_]+)`)

func checkCollector(t *testing.T, text string) {
	t.Helper()
	args := []string{"validate"}
	if !strings.Contains(text, "pipelines:") || !hasExporters.MatchString(text) {
		args = append(args, "--config", kit.WriteFile(t, around))
	}
	args = append(args, "--config", kit.WriteFile(t, text))

	env := kit.Settings(t)
	for _, found := range envReference.FindAllStringSubmatch(text, -1) {
		if !strings.HasPrefix(found[1], "ALERT24_") {
			env = append(env, found[1]+"=example")
		}
	}
	code, printed := kit.RunCollector(t, env, args...)
	assert.Zero(t, code, printed)
}

// wholeAlertmanager adds the missing route or receivers to a part of Alertmanager's configuration.
func wholeAlertmanager(t *testing.T, text string) string {
	t.Helper()
	var config map[string]any
	require.NoError(t, yaml.Unmarshal([]byte(text), &config))
	if config["receivers"] == nil {
		named := map[string]bool{"any": true}
		for _, found := range regexp.MustCompile(`receiver: *([\w-]+)`).FindAllStringSubmatch(text, -1) {
			named[found[1]] = true
		}
		var receivers []map[string]string
		for name := range named {
			receivers = append(receivers, map[string]string{"name": name})
		}
		config["receivers"] = receivers
	}
	if config["route"] == nil {
		first := regexp.MustCompile(`(?m)^\s*- name: *([\w-]+)`).FindStringSubmatch(text)
		receiver := "any"
		if first != nil {
			receiver = first[1]
		}
		config["route"] = map[string]string{"receiver": receiver}
	}
	whole, err := yaml.Marshal(config)
	require.NoError(t, err)
	return string(whole)
}

// checkKubernetes expects that the probes of a manifest request existing endpoints. A cluster would be needed to check more.
func checkKubernetes(t *testing.T, text string) {
	t.Helper()
	type probe struct {
		HTTPGet struct{ Path, Port string } `yaml:"httpGet"`
	}
	var manifest struct {
		Kind string
		Spec struct {
			Replicas int
			Template struct {
				Spec struct {
					Containers []struct {
						Startup   probe `yaml:"startupProbe"`
						Liveness  probe `yaml:"livenessProbe"`
						Readiness probe `yaml:"readinessProbe"`
					}
				}
			}
		}
	}
	require.NoError(t, yaml.Unmarshal([]byte(text), &manifest))
	if manifest.Kind != "StatefulSet" {
		return
	}
	assert.Equal(t, 1, manifest.Spec.Replicas)
	require.Len(t, manifest.Spec.Template.Spec.Containers, 1)
	c := manifest.Spec.Template.Spec.Containers[0]
	get := func(p probe) string { return p.HTTPGet.Port + " " + p.HTTPGet.Path }
	assert.Equal(t, "health /", get(c.Startup))
	assert.Equal(t, "health /", get(c.Liveness))
	assert.Equal(t, "webhook /-/ready", get(c.Readiness))
}

// component is a line of ocb's configuration.
type component struct {
	GoMod  string `yaml:"gomod"`
	Import string `yaml:"import"`
	Path   string `yaml:"path"`
	Name   string `yaml:"name"`
}

// checkBuilder expects that a part of ocb's configuration names modules at the versions that we build with.
func checkBuilder(t *testing.T, text string) {
	t.Helper()
	content, err := os.ReadFile(kit.Root(t, "builder-config.yaml"))
	require.NoError(t, err)
	ours := modules(t, string(content))
	require.NotEmpty(t, ours)
	for module, version := range modules(t, text) {
		assert.NotEmpty(t, version, module)
		if want, ok := ours[module]; ok && !strings.HasPrefix(module, "github.com/alert24/") {
			assert.Equal(t, want, version, "the version of %s in builder-config.yaml", module)
		}
	}
}

func modules(t *testing.T, text string) map[string]string {
	t.Helper()
	var sections map[string]yaml.Node
	require.NoError(t, yaml.Unmarshal([]byte(text), &sections))
	found := map[string]string{}
	for name, section := range sections {
		if section.Kind != yaml.SequenceNode || name == "replaces" {
			continue
		}
		var components []component
		require.NoError(t, section.Decode(&components), name)
		for _, c := range components {
			module, version, _ := strings.Cut(c.GoMod, " ")
			require.NotEmpty(t, module, "%s: gomod", name)
			found[module] = version
		}
	}
	return found
}
