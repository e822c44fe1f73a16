// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package senders

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/alert24/otelcol-alert24/e2e/harness/kit"
)

// kubernetes uses the rules of examples/kubernetes-alias-rules.yaml, included as the documentation describes.
func kubernetes(t *testing.T) kit.World {
	t.Helper()
	return kit.World{Args: []string{"--config", kit.WriteFile(t,
		"receivers:\n  alertmanager:\n    alias:\n      rules: ${file:"+kit.Root(t, "examples", "kubernetes-alias-rules.yaml")+"}\n")}}
}

// Two pods reported by one exporter are two incidents. If the exporter moves or the reason changes, the incident stays the same.
func TestPodsOfOneExporter(t *testing.T) {
	t.Parallel()
	s, c := kit.Start(t, kubernetes(t))
	pod := func(namespace, name, exporter, reason string) string {
		return `"alertname":"KubePodCrashLooping","instance":"` + exporter + `","namespace":"` + namespace + `","pod":"` + name + `","container":"main","reason":"` + reason + `","severity":"warning"`
	}
	send(t, c, alertmanager(fires(pod("shop", "cart-0", "10.1.2.3:8080", "CrashLoopBackOff")), fires(pod("search", "index-0", "10.1.2.3:8080", "CrashLoopBackOff"))))
	const said = " high | It is broken"
	cart, index := "KubePodCrashLooping:shop:cart-0 | ", "KubePodCrashLooping:search:index-0 | "
	states(t, s, cart+"new"+said, index+"new"+said)

	send(t, c, alertmanager(ends(pod("shop", "cart-0", "10.1.2.3:8080", "CrashLoopBackOff")), fires(pod("shop", "cart-0", "10.9.9.9:8080", "Error"))))
	send(t, c, alertmanager(ends(pod("search", "index-0", "10.1.2.3:8080", "CrashLoopBackOff"))))
	states(t, s, cart+"new"+said, index+"resolved"+said)
	send(t, c, alertmanager(ends(pod("shop", "cart-0", "10.9.9.9:8080", "Error"))))
	states(t, s, cart+"resolved"+said, index+"resolved"+said)
}

// The first alerts that kube-prometheus-stack's default route sends call nobody.
func TestFirstMinuteOfKubePrometheus(t *testing.T) {
	t.Parallel()
	s, c := kit.Start(t, kubernetes(t))
	send(t, c, alertmanager(
		fires(`"alertname":"Watchdog","severity":"none","prometheus":"monitoring/k8s"`),
		fires(`"alertname":"InfoInhibitor","alertstate":"firing","namespace":"shop","pod":"cart-0","severity":"none"`),
		fires(`"alertname":"TargetDown","job":"dns","namespace":"kube-system","service":"dns","prometheus":"monitoring/k8s","severity":"warning"`),
	))
	const alias = "TargetDown:dns:kube-system:dns | "
	states(t, s, alias+"new high | It is broken")
	send(t, c, strings.Replace(alertmanager(
		ends(`"alertname":"TargetDown","job":"dns","namespace":"kube-system","service":"dns","prometheus":"monitoring/k8s","severity":"warning"`),
	), "It is broken", "Another text", 1))
	states(t, s, alias+"resolved high | It is broken")
}

// One problem with a label that holds its state or its threshold.
func TestStateIsALabel(t *testing.T) {
	t.Parallel()
	s, c := kit.StartCollector(t, `receivers.alertmanager.alias.rules=[{matchers: ['alertname="AppNotSynced"'], labels: [alertname, namespace, name]}]`)
	app := func(state string) string {
		return `"alertname":"AppNotSynced","namespace":"argo","name":"web","sync_status":"` + state + `"`
	}
	threshold := func(word string) string {
		return `"alertname":"Latency","service.name":"search","severity":"` + word + `","threshold.name":"` + word + `"`
	}
	send(t, c, alertmanager(fires(app("OutOfSync")), fires(threshold("warning"))))
	const web, latency, said = "AppNotSynced:argo:web | ", "Latency:59923500253afd68 | ", " | It is broken"
	states(t, s, web+"new medium"+said, latency+"new high"+said)
	send(t, c, alertmanager(ends(app("OutOfSync")), fires(app("Unknown")), ends(threshold("warning")), fires(threshold("critical"))))
	states(t, s, web+"new medium"+said, latency+"new critical"+said)
	send(t, c, alertmanager(ends(app("Unknown")), ends(threshold("critical"))))
	states(t, s, web+"resolved medium"+said, latency+"resolved critical"+said)
}

// Severity words of all kinds. The log has one line for each unknown word.
func TestWordsForSeverity(t *testing.T) {
	t.Parallel()
	s, c := kit.StartCollector(t)
	var alerts, want []string
	for word, severity := range map[string]string{
		"P1 - Critical": "critical", "sev 1": "critical", "SEV-2": "high", "high (page)": "high", "Disaster ": "critical", "1": "critical",
		"average": "medium", "ticket": "medium", "Not classified": "medium",
	} {
		alerts = append(alerts, fires(`"alertname":"Word","instance":"`+word+`","severity":"`+word+`"`))
		want = append(want, "Word:"+word+" | new "+severity+" | It is broken")
	}
	send(t, c, alertmanager(alerts...))
	send(t, c, alertmanager(alerts...))
	states(t, s, want...)
	for _, word := range []string{"1", "ticket", "Not classified"} {
		assert.Equal(t, 1, strings.Count(c.Log(), `"value": "`+word+`"`), word)
	}
	assert.NotContains(t, c.Log(), `"value": "sev 1"`)
}
