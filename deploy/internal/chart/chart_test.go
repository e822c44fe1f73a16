// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package chart

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"helm.sh/helm/v4/pkg/chart/common"
	"helm.sh/helm/v4/pkg/chart/common/util"
	"helm.sh/helm/v4/pkg/chart/v2/lint"
	"helm.sh/helm/v4/pkg/chart/v2/lint/support"
	"helm.sh/helm/v4/pkg/chart/v2/loader"
	"helm.sh/helm/v4/pkg/engine"
	core "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"
	"sigs.k8s.io/yaml"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestManifestsAreTheChart(t *testing.T) {
	names, err := Sets(projectRoot)
	require.NoError(t, err)
	for _, set := range names {
		want, err := Manifest(projectRoot, set)
		require.NoError(t, err)
		got, err := os.ReadFile(filepath.Join(projectRoot, "deploy", "kubernetes", set+".yaml"))
		require.NoError(t, err)
		assert.Equal(t, want, string(got), "run `make manifests`")
		decode(t, string(got))
	}
	files, err := filepath.Glob(filepath.Join(projectRoot, "deploy", "kubernetes", "*.yaml"))
	require.NoError(t, err)
	assert.Len(t, files, len(names))
}

func TestLint(t *testing.T) {
	for _, set := range sets(t) {
		values := map[string]any{}
		if set != "" {
			var err error
			values, err = Values(projectRoot, set)
			require.NoError(t, err)
		}
		for _, message := range lint.RunAll(Dir(projectRoot), values, Namespace).Messages {
			assert.LessOrEqual(t, message.Severity, support.InfoSev, "%s: %s", set, message)
		}
	}
}

// What belongs together finds each other.
func TestObjectsFitEachOther(t *testing.T) {
	for _, set := range sets(t) {
		t.Run(set, func(t *testing.T) {
			o := renderSet(t, set)
			pod, c := o.pod(t), o.container(t)
			for _, object := range o.all {
				assert.Equal(t, Namespace, object.GetNamespace(), object.GetName())
				assert.Equal(t, "otelcol-alert24", object.GetLabels()["app.kubernetes.io/name"], object.GetName())
			}
			selects := func(selector, what map[string]string, why string) {
				assert.NotEmpty(t, selector, why)
				assert.True(t, labels.SelectorFromSet(selector).Matches(labels.Set(what)), why)
			}
			selects(o.service.Spec.Selector, pod.Labels, "service")
			if o.stateful != nil {
				selects(o.stateful.Spec.Selector.MatchLabels, pod.Labels, "stateful set")
				assert.Equal(t, o.service.Name, o.stateful.Spec.ServiceName)
			} else {
				selects(o.deployment.Spec.Selector.MatchLabels, pod.Labels, "deployment")
				selects(o.disruption.Spec.Selector.MatchLabels, pod.Labels, "disruption budget")
			}
			if o.network != nil {
				selects(o.network.Spec.PodSelector.MatchLabels, pod.Labels, "network policy")
				assert.Equal(t, map[string]string{"webhook": "alertmanager", "metrics": "prometheus", "health": ""}, admitted(o.network))
			}
			ports := map[string]int32{}
			for _, port := range c.Ports {
				ports[port.Name] = port.ContainerPort
			}
			assert.Equal(t, map[string]int32{"webhook": 9095, "metrics": 8888, "health": 13133}, ports)
			for _, port := range o.service.Spec.Ports {
				assert.Equal(t, ports[port.TargetPort.String()], port.Port, port.Name)
			}
			if o.monitor != nil {
				selects(o.monitor.Spec.Selector.MatchLabels, o.service.Labels, "monitor")
				assert.Equal(t, "otelcol-alert24", o.service.Labels[o.monitor.Spec.JobLabel], "the job that the rules expect")
				assert.Equal(t, "metrics", o.monitor.Spec.Endpoints[0].Port)
			}
			if o.routing != nil {
				hook := o.routing.Spec.Receivers[1].WebhookConfigs[0]
				assert.Equal(t, "http://"+o.service.Name+"."+Namespace+".svc:9095/alertmanager", *hook.URL)
				assert.True(t, *hook.SendResolved)
				assert.Zero(t, hook.MaxAlerts, "a limit would cut off resolves")
				assert.Equal(t, secretOf(t, c, "ALERT24_WEBHOOK_TOKEN"), hook.HTTPConfig.Authorization.Credentials)
			}
		})
	}
}

func secretOf(t *testing.T, c *core.Container, name string) *core.SecretKeySelector {
	t.Helper()
	for _, variable := range c.Env {
		if variable.Name == name {
			require.NotNil(t, variable.ValueFrom, name)
			return variable.ValueFrom.SecretKeyRef
		}
	}
	require.Fail(t, "the container has no variable", name)
	return nil
}

// The pod passes the restricted Pod Security Standard, and has no secret but by reference.
func TestPodIsConfined(t *testing.T) {
	for _, set := range sets(t) {
		o := renderSet(t, set)
		spec, c := o.pod(t).Spec, o.container(t)
		assert.False(t, *spec.AutomountServiceAccountToken)
		assert.True(t, *spec.SecurityContext.RunAsNonRoot)
		assert.EqualValues(t, 10001, *spec.SecurityContext.RunAsUser)
		assert.Equal(t, core.SeccompProfileTypeRuntimeDefault, spec.SecurityContext.SeccompProfile.Type)
		assert.False(t, *c.SecurityContext.AllowPrivilegeEscalation)
		assert.True(t, *c.SecurityContext.ReadOnlyRootFilesystem)
		assert.Equal(t, []core.Capability{"ALL"}, c.SecurityContext.Capabilities.Drop)
		for _, secret := range []string{"ALERT24_API_KEY", "ALERT24_WEBHOOK_TOKEN"} {
			assert.Equal(t, "otelcol-alert24", secretOf(t, c, secret).Name)
		}
	}
}

// The processor refuses webhooks before the garbage collector thrashes, and that before the kernel kills.
func TestMemoryFits(t *testing.T) {
	c := renderSet(t, "", "memoryLimitMiB: 1024").container(t)
	set := map[string]string{}
	for _, variable := range c.Env {
		set[variable.Name] = variable.Value
	}
	assert.Equal(t, "1024", set["ALERT24_MEMORY_LIMIT_MIB"])
	assert.Equal(t, "1280MiB", set["GOMEMLIMIT"])
	assert.Equal(t, "1536Mi", c.Resources.Limits.Memory().String())
}

// The certificate of a database's authority is a file, and the URL of the heartbeat a secret.
func TestExtraSecretsAndFiles(t *testing.T) {
	for _, set := range []string{"single", "replicas"} {
		o := renderSet(t, set, `extraEnv: [{name: ALERT24_HEARTBEAT_URL, valueFrom: {secretKeyRef: {name: heartbeat, key: url}}}]`,
			`extraVolumes: [{name: authority, secret: {secretName: db-ca}}]`, `extraVolumeMounts: [{name: authority, mountPath: /etc/db, readOnly: true}]`)
		c := o.container(t)
		assert.Equal(t, "heartbeat", secretOf(t, c, "ALERT24_HEARTBEAT_URL").Name)
		assert.Equal(t, "otelcol-alert24", secretOf(t, c, "ALERT24_API_KEY").Name)
		mounted := map[string]string{}
		for _, mount := range c.VolumeMounts {
			mounted[mount.Name] = mount.MountPath
		}
		assert.Equal(t, "/etc/db", mounted["authority"])
		assert.Equal(t, "/etc/otelcol-alert24", mounted["config"])
		volumes := o.pod(t).Spec.Volumes
		assert.Equal(t, "db-ca", volumes[len(volumes)-1].Secret.SecretName)
	}
}

// A probe without TLS would never find a bridge with TLS ready.
func TestTLSOfWebhooks(t *testing.T) {
	plain := renderSet(t, "kube-prometheus-stack")
	assert.Empty(t, plain.container(t).ReadinessProbe.HTTPGet.Scheme)
	secure := renderSet(t, "kube-prometheus-stack", "config: {receivers: {alertmanager: {tls: {cert_file: /etc/tls/tls.crt, key_file: /etc/tls/tls.key}}}}")
	assert.Equal(t, core.URISchemeHTTPS, secure.container(t).ReadinessProbe.HTTPGet.Scheme)
	assert.Empty(t, secure.container(t).LivenessProbe.HTTPGet.Scheme)
	assert.Equal(t, strings.Replace(urlOf(t, plain), "http:", "https:", 1), urlOf(t, secure))
}

// Helm prints a command that must reach the bridge with TLS, too.
func TestNotesOfTLS(t *testing.T) {
	loaded, err := loader.LoadDir(Dir(projectRoot))
	require.NoError(t, err)
	for config, want := range map[string]string{
		"{}": "test-alert --url http://localhost:9095/alertmanager\n",
		"{receivers: {alertmanager: {tls: {cert_file: /etc/tls/tls.crt}}}}": "test-alert --url https://otelcol-alert24.monitoring.svc:9095/alertmanager --ca-file FILE\n",
	} {
		var values map[string]any
		require.NoError(t, yaml.Unmarshal([]byte("config: "+config), &values))
		all, err := util.ToRenderValues(loaded, values, common.ReleaseOptions{Name: Release, Namespace: Namespace}, nil)
		require.NoError(t, err)
		rendered, err := engine.Render(loaded, all)
		require.NoError(t, err)
		assert.Contains(t, rendered["otelcol-alert24/templates/NOTES.txt"], want)
	}
}

func urlOf(t *testing.T, o *objects) string {
	t.Helper()
	for _, receiver := range o.routing.Spec.Receivers {
		if receiver.Name == "alert24" {
			return *receiver.WebhookConfigs[0].URL
		}
	}
	require.Fail(t, "there is no receiver alert24")
	return ""
}

func TestOneBridge(t *testing.T) {
	o := renderSet(t, "single")
	assert.EqualValues(t, 1, *o.stateful.Spec.Replicas)
	claim := o.stateful.Spec.VolumeClaimTemplates[0]
	assert.Equal(t, []core.PersistentVolumeAccessMode{core.ReadWriteOncePod}, claim.Spec.AccessModes)
	assert.Equal(t, "1Gi", claim.Spec.Resources.Requests.Storage().String())
	assert.True(t, o.service.Spec.PublishNotReadyAddresses, "no other replica could take the webhooks")
	assert.Nil(t, o.disruption)
	older := renderSet(t, "single", "storage: {size: 1Gi, accessMode: ReadWriteOnce}").stateful.Spec.VolumeClaimTemplates[0]
	assert.Equal(t, []core.PersistentVolumeAccessMode{core.ReadWriteOnce}, older.Spec.AccessModes)
}

// Webhooks keep flowing while replicas are replaced.
func TestReplicas(t *testing.T) {
	o := renderSet(t, "replicas")
	assert.EqualValues(t, 2, *o.deployment.Spec.Replicas)
	assert.Equal(t, 0, o.deployment.Spec.Strategy.RollingUpdate.MaxUnavailable.IntValue())
	assert.Equal(t, 1, o.deployment.Spec.Strategy.RollingUpdate.MaxSurge.IntValue())
	assert.Equal(t, 1, o.disruption.Spec.MaxUnavailable.IntValue())
	assert.False(t, o.service.Spec.PublishNotReadyAddresses)
	spec := o.pod(t).Spec
	assert.Len(t, spec.Affinity.PodAntiAffinity.PreferredDuringSchedulingIgnoredDuringExecution, 2)
	assert.EqualValues(t, 5, o.container(t).Lifecycle.PreStop.Sleep.Seconds)
	assert.Equal(t, "otelcol-alert24-database", secretOf(t, o.container(t), "ALERT24_DATABASE_URL").Name)
}
