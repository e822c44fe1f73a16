// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux

package chart

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/alert24/otelcol-alert24/deploy/internal/machine"
)

func page(t *testing.T) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(projectRoot, "docs", "quickstart-kubernetes.md"))
	require.NoError(t, err)
	return string(content)
}

// commands are those of a page, as words.
func commands(text string) (all [][]string) {
	for _, block := range regexp.MustCompile("(?s)\n```sh\n(.*?\n)```\n").FindAllStringSubmatch(text, -1) {
		for line := range strings.Lines(strings.ReplaceAll(block[1], "\\\n", " ")) {
			if words := strings.Fields(line); len(words) > 0 {
				all = append(all, words)
			}
		}
	}
	return all
}

// flagOf is the value of a flag, as --name value.
func flagOf(t *testing.T, words []string, name string) string {
	t.Helper()
	for i, word := range words {
		if word == name && i+1 < len(words) {
			return words[i+1]
		}
	}
	require.Fail(t, "no "+name, "%v", words)
	return ""
}

// Every command of the page names what is there. Those that run in the pod run here, in the environment of the pod.
func TestQuickstart(t *testing.T) {
	o := renderSet(t, "kube-prometheus-stack")
	workload := "statefulset/" + o.stateful.Name
	inside := 0
	for _, words := range commands(page(t)) {
		line := strings.Join(words, " ")
		if words[0] == "kubectl" && words[1] != "apply" {
			assert.Equal(t, Namespace, flagOf(t, words, "-n"), line)
		}
		switch {
		case strings.Contains(line, " create secret generic "):
			assert.Contains(t, words, o.container(t).Env[0].ValueFrom.SecretKeyRef.Name)
			for _, name := range []string{"ALERT24_API_KEY", "ALERT24_WEBHOOK_TOKEN"} {
				assert.Contains(t, line, " --from-literal="+secretOf(t, o.container(t), name).Key+"=")
			}
		case strings.HasPrefix(line, "helm install "):
			assert.Equal(t, Release, words[2])
			assert.FileExists(t, filepath.Join(projectRoot, words[3], "Chart.yaml"))
			assert.Equal(t, Namespace, flagOf(t, words, "--namespace"))
			assert.Equal(t, "deploy/helm/otelcol-alert24/examples/kube-prometheus-stack.yaml", flagOf(t, words, "--values"))
			assert.Contains(t, line, " --values ../people.yaml") // see TestRoutesNextToTheirs
		case strings.HasPrefix(line, "kubectl apply "):
			text, err := os.ReadFile(filepath.Join(projectRoot, flagOf(t, words, "-f")))
			require.NoError(t, err)
			decode(t, string(text))
		case strings.Contains(line, " rollout status "):
			assert.Equal(t, workload, words[len(words)-1])
		case strings.HasPrefix(line, "git clone "), line == "cd otelcol-alert24", strings.HasPrefix(line, "version=$(helm get metadata "):
		case strings.HasPrefix(line, "helm upgrade "): // of another chart: see TestRoutesNextToTheirs
			assert.Equal(t, `"$version"`, flagOf(t, words, "--version"))
		case strings.Contains(line, " exec alertmanager-"): // Alertmanager is the one that the bridge asks
			endpoint := o.config.Data["chart-config.yaml"]
			assert.Contains(t, endpoint, "http://"+words[4]+".alertmanager-operated."+Namespace+".svc:9093")
		case strings.Contains(line, " exec "):
			assert.Contains(t, words, workload)
			_, run, found := strings.Cut(line, " -- ")
			require.True(t, found, line)
			inside++
			t.Run(strings.Fields(run)[1], func(t *testing.T) { runInPod(t, o, strings.Fields(run)) })
		default:
			assert.Fail(t, "the test does not know this command", line)
		}
	}
	assert.Equal(t, 2, inside, "the page ends with check and test-alert")
}

// runInPod runs a command of the image next to a running bridge, with the sandbox in place of Alert24.
func runInPod(t *testing.T, o *objects, words []string) {
	t.Helper()
	tool := filepath.Join(machine.Programs(t), "alert24tool")
	require.Equal(t, "/usr/bin/alert24tool", words[0])
	api := "127.0.0.1:" + machine.Port(t)
	s := machine.Start(t, exec.CommandContext(t.Context(), tool, "sandbox", "--listen", api, "--api-key", secrets["ALERT24_API_KEY"]))
	s.Answers(t, "http://"+api+"/")
	bridge := command(t, o)
	webhook, status := machine.Port(t), machine.Port(t)
	bridge.Env = append(bridge.Env, "ALERT24_LISTEN=localhost:"+webhook, "ALERT24_HEALTH_LISTEN=localhost:"+machine.Port(t),
		"ALERT24_METRICS_HOST=localhost", "ALERT24_METRICS_PORT="+machine.Port(t), "ALERT24_STATUS_LISTEN=localhost:"+status, "ALERT24_ENDPOINT=http://"+api+"/api/v1")
	p := machine.Start(t, bridge)
	p.Answers(t, "http://localhost:"+webhook+"/-/ready")

	config := filepath.Dir(strings.TrimPrefix(bridge.Args[1], "--config="))
	var args []string
	for _, word := range words[1:] {
		args = append(args, strings.NewReplacer(mounted, config, "localhost:9095", "localhost:"+webhook).Replace(word))
	}
	if args[0] == "test-alert" {
		args = append(args, "--status=http://localhost:"+status)
	}
	cmd := exec.CommandContext(t.Context(), tool, args...)
	cmd.Env = bridge.Env
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
}
