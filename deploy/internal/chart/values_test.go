// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package chart

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/api/resource"
	"sigs.k8s.io/yaml"
)

func TestValuesThatCannotWork(t *testing.T) {
	for text, want := range map[string]string{
		"replicas: 2":                    "replicas: 2: several bridges need a database",
		"replicas: many":                 "replicas",
		"memoryLimit: 1":                 "memoryLimit",
		"secret: {name: ''}":             "name",
		"memoryLimitMiB: 16":             "memoryLimitMiB",
		"sync: {endpoints: [9093]}":      "endpoints",
		"image: {pullPolicy: Sometimes}": "pullPolicy",

		"resources: {limits: {memory: 767Mi}}":                           "resources.limits.memory: 767Mi: memoryLimitMiB: 512 needs 768Mi or more",
		"resources: {limits: {memory: 0.5Gi}}":                           "resources.limits.memory: 0.5Gi",
		"resources: {limits: {memory: 805306367}}":                       "resources.limits.memory: 8.05306367e+08",
		"resources: {limits: {memory: 800M}}":                            "resources.limits.memory: 800M",
		"memoryLimitMiB: 1024\nresources: {limits: {memory: 1Gi}}":       "memoryLimitMiB: 1024 needs 1536Mi or more",
		"resources: {limits: {memory: much}}":                            "resources.limits.memory: much: write a quantity",
		"podLabels: {app.kubernetes.io/name: other}":                     "podLabels: the chart itself sets the label app.kubernetes.io/name",
		"service: {labels: {helm.sh/chart: other}}":                      "service.labels: the chart itself sets the label helm.sh/chart",
		"monitoring: {labels: {app.kubernetes.io/component: other}}":     "monitoring.labels",
		"alertmanagerConfig: {labels: {app.kubernetes.io/instance: me}}": "alertmanagerConfig.labels",
		"dashboard: {labels: {app.kubernetes.io/version: '1'}}":          "dashboard.labels",
		"podAnnotations: {checksum/config: a}":                           "podAnnotations: the chart itself sets the annotation checksum/config",

		"podAnnotations: {a: true}":                             "'/podAnnotations/a': got boolean, want string",
		"podLabels: {version: 1.0}":                             "'/podLabels/version': got number, want string",
		"nodeSelector: {dedicated: true}":                       "'/nodeSelector/dedicated': got boolean, want string",
		"service: {annotations: {a: 1}}":                        "'/service/annotations/a': got number, want string",
		"extraEnv: [{name: A, value: 1}]":                       "'/extraEnv/0/value': got number, want string",
		"resources: {limits: 1Gi}":                              "'/resources/limits': got string",
		"alertmanagerConfig: {people: {name: oncall}}":          "alertmanagerConfig.people: the chart itself sets the name",
		"config: {receivers: null}":                             "'/config/receivers': got null, want object",
		"config: {receivers: {alertmanager: null}}":             "'/config/receivers/alertmanager': got null, want object",
		"enabled: false":                                        "'/enabled': value must be true",
		"database: null":                                        "missing property 'database'",
		"database: {secret: null}":                              "missing property 'secret'",
		"sync: null":                                            "missing property 'sync'",
		"replicas: null":                                        "missing property 'replicas'",
		"memoryLimitMiB: null":                                  "missing property 'memoryLimitMiB'",
		"aliasRules: null":                                      "missing property 'aliasRules'",
		"image: {repository: null}":                             "missing property 'repository'",
		"secret: {name: null}":                                  "missing property 'name'",
		"storage: {size: null}":                                 "missing property 'size'",
		"service: null":                                         "missing property 'service'",
		"networkPolicy: {alertmanager: null}":                   "missing property 'alertmanager'",
		"monitoring: {serviceMonitor: {interval: null}}":        "missing property 'interval'",
		"alertmanagerConfig: {enabled: true, severities: null}": "missing property 'severities'",
		"dashboard: null":                                       "missing property 'dashboard'",
	} {
		var values map[string]any
		require.NoError(t, yaml.Unmarshal([]byte(text), &values))
		_, err := Render(projectRoot, values)
		require.ErrorContains(t, err, want, text)
	}
}

func TestMemoryLimitsThatWork(t *testing.T) {
	for given, want := range map[string]string{
		"{}":                              "768Mi",
		"{limits: {memory: null}}":        "",
		"{limits: null}":                  "",
		"{limits: {cpu: 1}}":              "768Mi",
		"{limits: {memory: 768Mi}}":       "768Mi",
		"{limits: {memory: 1Gi}}":         "1Gi",
		"{limits: {memory: 1.5G}}":        "1500M",
		"{limits: {memory: 805306368}}":   "768Mi",
		"{limits: {memory: '9e8'}}":       "900M",
		"{limits: {memory: '1048576Ki'}}": "1Gi",
	} {
		c := renderSet(t, "", "resources: "+given).container(t)
		if memory := c.Resources.Limits.Memory(); want == "" {
			assert.True(t, memory.IsZero(), given)
		} else {
			assert.True(t, memory.Equal(resource.MustParse(want)), "%s: %s", given, memory)
		}
	}
}

// A key without a value, under which every line is a comment, is null.
func TestEmptyValues(t *testing.T) {
	empty := renderSet(t, "", `
config:
resources:
endpoint:
imagePullSecrets:
extraEnv:
extraVolumes:
extraVolumeMounts:
podAnnotations:
podLabels:
nodeSelector:
tolerations:
affinity:
priorityClassName:
service: {annotations: , labels: }
database: {secret: {name: }}
storage: {className: }`)
	assert.Equal(t, renderSet(t, "").config, empty.config)
	assert.Equal(t, "768Mi", empty.container(t).Resources.Limits.Memory().String())
}

// A chart that has this one as a dependency passes on its own condition, by convention `enabled`, and its global values.
func TestValuesOfAParentChart(t *testing.T) {
	assert.Equal(t, renderSet(t, "").config, renderSet(t, "", "enabled: true\nglobal: {region: eu}").config)
}

// Text stays text, even if YAML without quotes would read a number, a truth value or a comment.
func TestTextThatLooksLikeAnotherType(t *testing.T) {
	for _, text := range []string{"123", "1e3", "on", "null", "a: b", "a #b", `"`} {
		values := map[string]any{
			"secret":             map[string]any{"name": text, "apiKey": text, "webhookToken": text},
			"database":           map[string]any{"secret": map[string]any{"key": text}},
			"storage":            map[string]any{"className": text},
			"priorityClassName":  text,
			"alertmanagerConfig": map[string]any{"enabled": true},
			"monitoring":         map[string]any{"serviceMonitor": map[string]any{"enabled": true, "interval": text}},
		}
		o := renderAs(t, "1e3", values)
		assert.Equal(t, "1e3", o.stateful.Labels["app.kubernetes.io/instance"])
		assert.Equal(t, "1e3", o.stateful.Namespace)
		assert.Equal(t, text, o.pod(t).Spec.PriorityClassName)
		assert.Equal(t, text, *o.stateful.Spec.VolumeClaimTemplates[0].Spec.StorageClassName)
		assert.Equal(t, text, string(o.monitor.Spec.Endpoints[0].Interval))
		key := secretOf(t, o.container(t), "ALERT24_API_KEY")
		assert.Equal(t, []string{text, text}, []string{key.Name, key.Key})
		token := secretOf(t, o.container(t), "ALERT24_WEBHOOK_TOKEN")
		assert.Equal(t, []string{text, text}, []string{token.Name, token.Key})
		assert.Equal(t, token, o.routing.Spec.Receivers[1].WebhookConfigs[0].HTTPConfig.Authorization.Credentials)

		values["database"] = map[string]any{"secret": map[string]any{"name": text, "key": text}}
		url := secretOf(t, renderAs(t, "1e3", values).container(t), "ALERT24_DATABASE_URL")
		assert.Equal(t, []string{text, text}, []string{url.Name, url.Key})
	}
}
