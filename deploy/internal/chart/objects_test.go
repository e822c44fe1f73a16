// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package chart

import (
	"bytes"
	"encoding/json"
	"maps"
	"strings"
	"testing"

	monitoring "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	routing "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1alpha1"
	"github.com/stretchr/testify/require"
	"helm.sh/helm/v4/pkg/chart/v2/loader"
	apps "k8s.io/api/apps/v1"
	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
	policy "k8s.io/api/policy/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"
)

const projectRoot = "../../.."

// objects are those of a rendered chart, at most one of each type.
type objects struct {
	config     *core.ConfigMap
	dashboard  *core.ConfigMap
	stateful   *apps.StatefulSet
	deployment *apps.Deployment
	service    *core.Service
	disruption *policy.PodDisruptionBudget
	network    *networking.NetworkPolicy
	monitor    *monitoring.ServiceMonitor
	rules      *monitoring.PrometheusRule
	routing    *routing.AlertmanagerConfig
	all        []meta.Object
}

// decode wants every object to be of a known type, and to have no field that its type does not have.
func decode(t *testing.T, text string) *objects {
	t.Helper()
	var o objects
	for document := range strings.SplitSeq("\n"+text, "\n---\n") {
		if strings.TrimSpace(document) == "" {
			continue
		}
		var kind meta.TypeMeta
		require.NoError(t, yaml.Unmarshal([]byte(document), &kind))
		if kind.Kind == "" {
			continue // comments
		}
		o.add(t, kind, document)
	}
	return &o
}

func (o *objects) add(t *testing.T, kind meta.TypeMeta, document string) {
	t.Helper()
	switch name := kind.APIVersion + " " + kind.Kind; name {
	case "v1 ConfigMap":
		c := strict[core.ConfigMap](t, o, document)
		if strings.HasSuffix(c.Name, "-dashboard") {
			o.dashboard = c
		} else {
			o.config = c
		}
	case "v1 Service":
		o.service = strict[core.Service](t, o, document)
	case "apps/v1 StatefulSet":
		o.stateful = strict[apps.StatefulSet](t, o, document)
	case "apps/v1 Deployment":
		o.deployment = strict[apps.Deployment](t, o, document)
	case "policy/v1 PodDisruptionBudget":
		o.disruption = strict[policy.PodDisruptionBudget](t, o, document)
	case "networking.k8s.io/v1 NetworkPolicy":
		o.network = strict[networking.NetworkPolicy](t, o, document)
	case "monitoring.coreos.com/v1 ServiceMonitor":
		o.monitor = strict[monitoring.ServiceMonitor](t, o, document)
	case "monitoring.coreos.com/v1 PrometheusRule":
		o.rules = strict[monitoring.PrometheusRule](t, o, document)
	case "monitoring.coreos.com/v1alpha1 AlertmanagerConfig":
		o.routing = strict[routing.AlertmanagerConfig](t, o, document)
	default:
		require.Fail(t, "the chart makes an object that no test knows", name)
	}
}

func strict[T any](t *testing.T, o *objects, document string) *T {
	t.Helper()
	var object T
	// Kubernetes refuses a number where it wants text. yaml.UnmarshalStrict accepts it.
	text, err := yaml.YAMLToJSONStrict([]byte(document))
	require.NoError(t, err, document)
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	require.NoError(t, decoder.Decode(&object), document)
	named, ok := any(&object).(meta.Object)
	require.True(t, ok)
	o.all = append(o.all, named)
	return &object
}

// pod is that of the StatefulSet or the Deployment.
func (o *objects) pod(t *testing.T) *core.PodTemplateSpec {
	t.Helper()
	if o.stateful != nil {
		require.Nil(t, o.deployment)
		return &o.stateful.Spec.Template
	}
	require.NotNil(t, o.deployment)
	return &o.deployment.Spec.Template
}

func (o *objects) container(t *testing.T) *core.Container {
	t.Helper()
	pod := o.pod(t)
	require.Len(t, pod.Spec.Containers, 1)
	return &pod.Spec.Containers[0]
}

// renderSet renders a documented set of values, or the chart's defaults if its name is empty, with changes.
func renderSet(t *testing.T, set string, changes ...string) *objects {
	t.Helper()
	values := map[string]any{}
	if set != "" {
		var err error
		values, err = Values(projectRoot, set)
		require.NoError(t, err)
	}
	for _, change := range changes {
		var more map[string]any
		require.NoError(t, yaml.Unmarshal([]byte(change), &more))
		maps.Copy(values, more)
	}
	rendered, err := Render(projectRoot, values)
	require.NoError(t, err)
	return decodeAll(t, rendered)
}

// renderAs renders values for a release and a namespace of this name.
func renderAs(t *testing.T, name string, values map[string]any) *objects {
	t.Helper()
	loaded, err := loader.LoadDir(Dir(projectRoot))
	require.NoError(t, err)
	rendered, err := render(loaded, name, name, values)
	require.NoError(t, err)
	return decodeAll(t, rendered)
}

func decodeAll(t *testing.T, rendered map[string]string) *objects {
	t.Helper()
	var text strings.Builder
	for _, manifest := range rendered {
		text.WriteString("\n---\n" + manifest)
	}
	return decode(t, text.String())
}

// sets are the documented sets of values, and the defaults.
func sets(t *testing.T) []string {
	t.Helper()
	names, err := Sets(projectRoot)
	require.NoError(t, err)
	return append(names, "")
}

// admitted returns the ports that a policy opens, and to which application; "" means to all.
func admitted(n *networking.NetworkPolicy) map[string]string {
	open := map[string]string{}
	for _, rule := range n.Spec.Ingress {
		who := ""
		if len(rule.From) > 0 {
			who = rule.From[0].PodSelector.MatchLabels["app.kubernetes.io/name"]
		}
		for _, port := range rule.Ports {
			open[port.Port.String()] = who
		}
	}
	return open
}
