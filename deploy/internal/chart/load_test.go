// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux

package chart

import (
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	monitoring "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	core "k8s.io/api/core/v1"

	"github.com/alert24/otelcol-alert24/deploy/internal/machine"
)

const mounted = "/etc/otelcol-alert24"

// secrets are what the Secrets hold that the chart refers to.
var secrets = map[string]string{
	"ALERT24_API_KEY":       "ak_live_of_this_test",
	"ALERT24_WEBHOOK_TOKEN": "webhook-token-of-this-test",
	"ALERT24_DATABASE_URL":  "postgres://bridge:password@localhost:1/bridge",
}

// command is what the pod runs, with its configuration in a folder of this machine.
func command(t *testing.T, o *objects, more ...string) *exec.Cmd {
	t.Helper()
	dir, c := t.TempDir(), o.container(t)
	require.Equal(t, mounted, c.VolumeMounts[0].MountPath)
	require.Equal(t, o.config.Name, o.pod(t).Spec.Volumes[0].ConfigMap.Name)
	for name, text := range o.config.Data {
		text = strings.ReplaceAll(text, mounted, dir)
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	}
	args := append([]string(nil), more...)
	for _, arg := range c.Args {
		args = append(args, strings.ReplaceAll(arg, mounted, dir))
	}
	cmd := exec.CommandContext(t.Context(), filepath.Join(machine.Programs(t), "otelcol-alert24"), args...)
	cmd.Env = []string{"ALERT24_STORAGE_DIR=" + t.TempDir()}
	for _, variable := range c.Env {
		if variable.ValueFrom != nil {
			variable.Value = secrets[variable.Name]
			require.NotEmpty(t, variable.Value, variable.Name)
		}
		cmd.Env = append(cmd.Env, variable.Name+"="+variable.Value)
	}
	return cmd
}

func TestConfigurationsLoad(t *testing.T) {
	everything := `
sync: {endpoints: ["http://alertmanager-0:9093", "http://alertmanager-1:9093"]}
config: {exporters: {alert24: {incident: {source: kubernetes}}}}`
	for _, set := range sets(t) {
		for name, changes := range map[string][]string{"as documented": nil, "with more": {everything}, "without alias rules": {"aliasRules: false"}} {
			t.Run(set+" "+name, func(t *testing.T) {
				out, err := command(t, renderSet(t, set, changes...), "validate").CombinedOutput()
				assert.NoError(t, err, "%s", out)
			})
		}
	}
}

func TestConfigurationThatDoesNotLoad(t *testing.T) {
	out, err := command(t, renderSet(t, "", "config: {exporters: {alert24: {storrage: x}}}"), "validate").CombinedOutput()
	require.Error(t, err)
	assert.Contains(t, string(out), "storrage")
}

// The pod's command runs, and its probes are answered.
func TestPodRuns(t *testing.T) {
	o := renderSet(t, "kube-prometheus-stack")
	cmd := command(t, o)
	webhook, health := machine.Port(t), machine.Port(t)
	cmd.Env = append(cmd.Env, "ALERT24_LISTEN=localhost:"+webhook, "ALERT24_HEALTH_LISTEN=localhost:"+health,
		"ALERT24_METRICS_HOST=localhost", "ALERT24_METRICS_PORT="+machine.Port(t), "ALERT24_STATUS_LISTEN=localhost:"+machine.Port(t),
		"ALERT24_ENDPOINT=http://localhost:1/api/v1")
	p := machine.Start(t, cmd)
	c := o.container(t)
	address := map[string]string{"webhook": "http://localhost:" + webhook, "health": "http://localhost:" + health}
	for _, probe := range []*core.Probe{c.StartupProbe, c.LivenessProbe, c.ReadinessProbe} {
		p.Answers(t, address[probe.HTTPGet.Port.String()]+probe.HTTPGet.Path)
	}
	hook := strings.Replace(*o.routing.Spec.Receivers[1].WebhookConfigs[0].URL, "http://otelcol-alert24.monitoring.svc:9095", address["webhook"], 1)
	assert.Equal(t, http.StatusOK, machine.Post(t, hook, secrets["ALERT24_WEBHOOK_TOKEN"], machine.Webhook))
	p.Stop(t)
}

// The chart's rules and dashboard are those of examples.
func TestMonitoringIsThatOfTheExamples(t *testing.T) {
	o := renderSet(t, "kube-prometheus-stack")
	example, err := os.ReadFile(filepath.Join(projectRoot, "examples", "bridge-alerts.yml"))
	require.NoError(t, err)
	count := 0
	for _, rule := range rules(o) {
		count++
		assert.NotEqual(t, "Watchdog", rule.Alert, "kube-prometheus-stack has one")
		assert.Contains(t, string(example), "- alert: "+rule.Alert+"\n")
	}
	assert.Equal(t, strings.Count(string(example), "- alert: ")-1, count)

	replicated := renderSet(t, "replicas", "monitoring: {rules: {enabled: true, watchdog: true}}")
	found := false
	for _, rule := range rules(replicated) {
		found = found || rule.Alert == "Watchdog"
		if rule.Alert == "Alert24BridgeReceivesNothing" {
			assert.NotContains(t, rule.Expr.String(), "(job, instance)")
			assert.Contains(t, rule.Expr.String(), "(job)")
		}
	}
	assert.True(t, found)

	dashboard, err := os.ReadFile(filepath.Join(projectRoot, "examples", "grafana-dashboard.json"))
	require.NoError(t, err)
	require.Len(t, o.dashboard.Data, 1)
	for _, text := range o.dashboard.Data {
		require.True(t, json.Valid([]byte(text)))
		assert.JSONEq(t, string(dashboard), text)
	}
}

func rules(o *objects) (all []monitoring.Rule) {
	for _, group := range o.rules.Spec.Groups {
		all = append(all, group.Rules...)
	}
	return all
}
