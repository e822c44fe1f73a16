// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alertmanagerreceiver

import (
	"context"
	"maps"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/confmap/provider/fileprovider"
	"go.opentelemetry.io/collector/confmap/provider/yamlprovider"

	"github.com/alert24/otelcol-alert24/alertmanagerreceiver/internal/metadata"
	"github.com/alert24/otelcol-alert24/internal/labels"
	"github.com/alert24/otelcol-alert24/internal/webhook"
)

// Labels that the exporters add to each of their alerts.
const (
	stateMetrics = " container=kube-state-metrics endpoint=http instance=10.0.8.169:8080 job=kube-state-metrics service=ksm"
	kubelet      = " endpoint=https-metrics instance=10.0.0.7:10250 job=kubelet metrics_path=/metrics service=kubelet"
	nodeExporter = " container=node-exporter endpoint=metrics instance=10.0.0.7:9100 job=node-exporter namespace=monitoring pod=exporter-x2k9p service=node"
	prometheus   = " container=prometheus endpoint=http instance=10.0.9.9:9090 job=prometheus-k8s namespace=monitoring pod=prometheus-k8s-0 service=p"
	alertmanager = " container=alertmanager endpoint=http instance=10.0.9.8:9093 job=alertmanager-main namespace=monitoring pod=alertmanager-main-0 service=am"
	etcd         = " endpoint=http-metrics instance=10.0.0.7:2381 job=kube-etcd namespace=kube-system pod=etcd-1 service=etcd"

	rescheduledKSM = "instance=10.0.8.170:8080"
	movedPod       = "instance=10.0.9.77:9090"
	newExporter    = "pod=exporter-77777"
)

// kubernetesAlerts has label sets of the rules that kube-prometheus-stack installs, derived from the rules' expressions. A change of a
// label in same keeps the incident; a change of one in other makes another incident.
var kubernetesAlerts = []struct{ names, labels, same, other string }{
	{"KubePodCrashLooping", "namespace=media pod=transcoder-0 reason=CrashLoopBackOff uid=1" + stateMetrics, "reason=Error uid=2 container=web " + rescheduledKSM, "pod=transcoder-1 namespace=billing"},
	{"KubePodNotReady", "namespace=media pod=transcoder-0 job=kube-state-metrics", "job=ksm", "pod=transcoder-1 namespace=billing"},
	{"KubeContainerWaiting", "namespace=media pod=transcoder-0 reason=ImagePullBackOff uid=1" + stateMetrics, "reason=ErrImagePull uid=2 " + rescheduledKSM, "pod=transcoder-1 namespace=billing"},
	{"CPUThrottlingHigh", "namespace=media pod=transcoder-0 container=web instance=10.0.0.7:10250", "instance=10.0.0.8:10250", "pod=transcoder-1 namespace=billing"},
	{"KubeDeploymentGenerationMismatch KubeDeploymentReplicasMismatch KubeDeploymentRolloutStuck", "namespace=media deployment=web condition=Progressing status=false" + stateMetrics, "condition=x status=true " + rescheduledKSM, "deployment=api namespace=billing"},
	{"KubeStatefulSetReplicasMismatch KubeStatefulSetGenerationMismatch KubeStatefulSetUpdateNotRolledOut", "namespace=media statefulset=db revision=a" + stateMetrics, "revision=b " + rescheduledKSM, "statefulset=cache namespace=billing"},
	{"KubeDaemonSetRolloutStuck KubeDaemonSetNotScheduled KubeDaemonSetMisScheduled", "namespace=media daemonset=log" + stateMetrics, rescheduledKSM, "daemonset=net namespace=billing"},
	{"KubeJobNotCompleted KubeJobFailed", "namespace=media job_name=backup-1 condition=true reason=BackoffLimitExceeded" + stateMetrics, "reason=DeadlineExceeded " + rescheduledKSM, "job_name=backup-2 namespace=billing"},
	{"KubeHpaReplicasMismatch KubeHpaMaxedOut", "namespace=media horizontalpodautoscaler=web" + stateMetrics, rescheduledKSM, "horizontalpodautoscaler=api namespace=billing"},
	{"KubePdbNotEnoughHealthyPods", "namespace=media poddisruptionbudget=web" + stateMetrics, rescheduledKSM, "poddisruptionbudget=api namespace=billing"},
	{"KubeQuotaAlmostFull KubeQuotaFullyUsed KubeQuotaExceeded", "namespace=media resourcequota=q resource=pods service=ksm", "service=x", "resource=cpu resourcequota=r namespace=billing"},
	{"KubePersistentVolumeFillingUp KubePersistentVolumeInodesFillingUp", "namespace=media persistentvolumeclaim=data-0 node=worker-1" + kubelet, "instance=10.0.0.8:10250 node=worker-2", "persistentvolumeclaim=data-1 namespace=billing"},
	{"KubePersistentVolumeErrors", "persistentvolume=pvc-1 phase=Failed namespace=monitoring" + stateMetrics, "phase=Pending " + rescheduledKSM, "persistentvolume=pvc-2"},
	{"KubeNodeNotReady KubeNodeUnreachable KubeNodeReadinessFlapping", "node=worker-1 condition=Ready status=true key=k effect=e namespace=monitoring" + stateMetrics, "key=l " + rescheduledKSM, "node=worker-2"},
	{"KubeNodePressure", "node=worker-1 condition=DiskPressure status=true namespace=monitoring" + stateMetrics, rescheduledKSM, "node=worker-2 condition=MemoryPressure"},
	{"KubeNodeEviction", "node=worker-1 eviction_signal=memory.available instance=10.0.0.7:10250", "eviction_signal=nodefs.available instance=10.0.0.8:10250", "node=worker-2"},
	{"KubeletTooManyPods KubeletPlegDurationHigh KubeletPodStartUpLatencyHigh KubeletClientCertificateExpiration KubeletServerCertificateExpiration KubeletClientCertificateRenewalErrors KubeletServerCertificateRenewalErrors KubeletInstanceUnreachable", "node=worker-1 namespace=kube-system quantile=0.99" + kubelet, "instance=10.0.0.8:10250 quantile=0.5", "node=worker-2"},
	{"KubeletClientCertificateExpiration KubeletInstanceUnreachable", "namespace=kube-system" + kubelet, "endpoint=x", "instance=10.0.0.8:10250"},
	{"KubeAPIInstanceUnreachable KubeSchedulerInstanceUnreachable KubeControllerManagerInstanceUnreachable KubeProxyInstanceUnreachable", "instance=10.0.0.1:6443 job=apiserver namespace=default pod=p endpoint=https service=s", "pod=q endpoint=http", "instance=10.0.0.2:6443"},
	{"KubeClientErrors", "instance=10.0.0.1:6443 job=apiserver namespace=default", "namespace=kube-system", "instance=10.0.0.2:6443 job=kubelet"},
	{"KubeAggregatedAPIErrors KubeAggregatedAPIDown", "name=v1beta1.metrics.k8s.io namespace=kube-system reason=FailedDiscoveryCheck instance=10.0.0.1:6443", "reason=MissingEndpoints instance=10.0.0.2:6443", "name=v1.custom.metrics.k8s.io"},
	{"KubeCPUOvercommit KubeMemoryOvercommit KubeCPUQuotaOvercommit KubeMemoryQuotaOvercommit KubeVersionMismatch KubeAPITerminatedRequests KubeletDown", "namespace=kube-system", "namespace=x", ""},
	{"KubeAPIErrorBudgetBurn", "long=1h short=5m", "long=3d short=6h", ""},
	{"KubeClientCertificateExpiration", "instance=10.0.0.1:6443 job=apiserver pod=p", "instance=10.0.0.2:6443 pod=q", ""},
	{"KubeAPIDown KubeSchedulerDown KubeControllerManagerDown KubeProxyDown", "job=x", "job=y", ""},
	{"KubeStateMetricsListErrors KubeStateMetricsWatchErrors KubeStateMetricsShardingMismatch KubeStateMetricsShardsMissing", "", "instance=10.0.8.1:8081", ""},
	{"Watchdog", "", "", ""},
	{"InfoInhibitor", "namespace=media", "pod=x", "namespace=billing"},
	{"TargetDown", "job=coredns namespace=kube-system service=coredns", "", "job=api namespace=media service=web"},

	{"NodeFilesystemSpaceFillingUp NodeFilesystemAlmostOutOfSpace NodeFilesystemFilesFillingUp NodeFilesystemAlmostOutOfFiles", "device=/dev/sda1 fstype=ext4 mountpoint=/var/lib" + nodeExporter, "device=/dev/sdb1 " + newExporter, "mountpoint=/ instance=10.0.0.8:9100"},
	{"NodeNetworkReceiveErrs NodeNetworkTransmitErrs NodeNetworkInterfaceFlapping", "device=eth0" + nodeExporter, newExporter, "device=eth1 instance=10.0.0.8:9100"},
	{"NodeRAIDDegraded NodeRAIDDiskFailure NodeDiskIOSaturation", "device=md0 state=failed" + nodeExporter, "state=spare " + newExporter, "device=md1 instance=10.0.0.8:9100"},
	{"NodeBondingDegraded", "master=bond0" + nodeExporter, newExporter, "master=bond1 instance=10.0.0.8:9100"},
	{"NodeSystemdServiceFailed NodeSystemdServiceCrashlooping", "name=cron.service state=failed type=simple" + nodeExporter, "type=forking " + newExporter, "name=ssh.service instance=10.0.0.8:9100"},
	{"NodeHighNumberConntrackEntriesUsed NodeTextFileCollectorScrapeError NodeClockSkewDetected NodeClockNotSynchronising NodeFileDescriptorLimit NodeCPUHighUsage NodeSystemSaturation NodeMemoryMajorPagesFaults NodeMemoryHighUtilization", strings.TrimSpace(nodeExporter), newExporter, "instance=10.0.0.8:9100"},

	{"PrometheusBadConfig PrometheusSDRefreshFailure PrometheusKubernetesListWatchFailures PrometheusNotificationQueueRunningFull PrometheusErrorSendingAlertsToSomeAlertmanagers PrometheusNotConnectedToAlertmanagers PrometheusTSDBReloadsFailing PrometheusTSDBCompactionsFailing PrometheusNotIngestingSamples PrometheusDuplicateTimestamps PrometheusOutOfOrderTimestamps PrometheusRuleFailures PrometheusMissingRuleEvaluations PrometheusTargetLimitHit PrometheusLabelLimitHit PrometheusScrapeBodySizeLimitHit PrometheusScrapeSampleLimitHit PrometheusTargetSyncFailure PrometheusHighQueryLoad PrometheusErrorSendingAlertsToAnyAlertmanager", "mechanism=dns rule_group=a" + prometheus, "mechanism=http rule_group=b " + movedPod, "pod=prometheus-k8s-1 namespace=other"},
	{"PrometheusRemoteStorageFailures PrometheusRemoteWriteBehind PrometheusRemoteWriteDesiredShards", "remote_name=far url=https://a" + prometheus, "url=https://b " + movedPod, "remote_name=near pod=prometheus-k8s-1"},
	{"PrometheusOperatorListErrors PrometheusOperatorWatchErrors PrometheusOperatorSyncFailed PrometheusOperatorReconcileErrors PrometheusOperatorStatusUpdateErrors PrometheusOperatorNotReady PrometheusOperatorRejectedResources", "controller=prometheus namespace=monitoring pod=operator-x resource=a instance=10.0.9.7:8080", "pod=operator-y resource=b instance=10.0.9.70:8080", "controller=alertmanager namespace=other"},
	{"PrometheusOperatorNodeLookupErrors", "namespace=monitoring pod=operator-x instance=10.0.9.7:8080", "pod=operator-y instance=10.0.9.70:8080", "namespace=other"},
	{"ConfigReloaderSidecarErrors", "namespace=monitoring pod=prometheus-k8s-0 container=config-reloader instance=10.0.9.9:8080", movedPod, "pod=prometheus-k8s-1 namespace=other"},
	{"AlertmanagerFailedReload AlertmanagerMembersInconsistent AlertmanagerClusterFailedPeers", strings.TrimSpace(alertmanager), movedPod, "pod=alertmanager-main-1 namespace=other"},
	{"AlertmanagerFailedToSendAlerts", "integration=webhook reason=serverError" + alertmanager, "reason=clientError " + movedPod, "integration=email pod=alertmanager-main-1"},
	{"AlertmanagerClusterFailedToSendAlerts", "integration=webhook namespace=monitoring service=am", "", "integration=email namespace=other service=b"},
	{"AlertmanagerConfigInconsistent AlertmanagerClusterDown AlertmanagerClusterCrashlooping", "namespace=monitoring service=am", "", "namespace=other service=b"},

	{"etcdMembersDown etcdInsufficientMembers etcdHighNumberOfLeaderChanges", "job=kube-etcd namespace=kube-system service=etcd", "To=x service=y", "job=events-etcd"},
	{"etcdNoLeader etcdHighNumberOfFailedGRPCRequests etcdGRPCRequestsSlow etcdMemberCommunicationSlow etcdHighNumberOfFailedProposals etcdHighFsyncDurations etcdHighCommitDurations etcdDatabaseQuotaLowSpace etcdExcessiveDatabaseGrowth etcdDatabaseHighFragmentationRatio", "grpc_method=Range To=a" + etcd, "grpc_method=Put To=b pod=etcd-x", "instance=10.0.0.8:2381 job=events-etcd"},

	{"CoreDNSDown CoreDNSLatencyHigh CoreDNSErrorsHigh CoreDNSForwardHealthcheckBrokenCount", "server=dns://:53 zone=. instance=10.0.7.7:9153", "zone=example.org instance=10.0.7.8:9153", ""},
	{"CoreDNSForwardLatencyHigh CoreDNSForwardErrorsHigh CoreDNSForwardHealthcheckFailureCount", "to=10.0.0.2:53 rcode=SERVFAIL", "rcode=REFUSED", "to=10.0.0.3:53"},

	{"ArgoCdAppOutOfSync ArgoCdAppUnhealthy ArgoCdAppSyncFailed ArgoCdAppAutoSyncDisabled", "name=payments namespace=argocd project=default job=argocd-metrics sync_status=OutOfSync health_status=Degraded", "sync_status=Unknown health_status=Missing project=other", "name=orders namespace=other"},
}

// TestKubernetesAliasRules: two pods, volumes or deployments are two incidents. A rescheduled exporter, another replica, state, reason
// or threshold does not make another incident.
func TestKubernetesAliasRules(t *testing.T) {
	c := kubernetesConverter(t)
	of := func(set map[string]string) webhook.Alias {
		return c.Alias(&webhook.Webhook{}, &webhook.Alert{Labels: labels.FromMap(set)})
	}
	for _, tt := range kubernetesAlerts {
		for name := range strings.FieldsSeq(tt.names) {
			base := pairs(tt.labels)
			base["alertname"], base["severity"], base["prometheus"], base["prometheus_replica"] = name, "warning", "monitoring/k8s", "a"
			alone := of(base)
			assert.NotZero(t, alone.Rule, "%s: no rule", name)
			assert.NotContains(t, alone.Text, hashMark, "%s is easy to read", name)
			base["cluster"] = "prod"
			want := of(base)
			assert.Equal(t, want.Rule, alone.Rule, name)
			assert.NotContains(t, want.Text, hashMark, "%s is easy to read", name)

			for label, value := range pairs(tt.same + " severity=critical prometheus_replica=b thanos_ruler_replica=b rule_replica=b __replica__=b") {
				changed := maps.Clone(base)
				changed[label] = value
				assert.Equal(t, want, of(changed), "%s: %s", name, label)
			}
			for label, value := range pairs(tt.other + " cluster=test") {
				changed := maps.Clone(base)
				changed[label] = value
				assert.NotEqual(t, want.Text, of(changed).Text, "%s: %s", name, label)
			}
		}
	}
}

const hashMark = "~"

// TestKubernetesAliasRulesNameNobodyElse: alerts with other names keep the default alias.
func TestKubernetesAliasRulesNameNobodyElse(t *testing.T) {
	c := kubernetesConverter(t)
	for _, name := range []string{"HighErrorRate", "Nodes", "KubernetesDown", "MyKubePodCrashLooping"} {
		alias := c.Alias(&webhook.Webhook{}, &webhook.Alert{Labels: labels.FromMap(map[string]string{"alertname": name, "pod": "p", "job": "j"})})
		assert.Zero(t, alias.Rule, name)
	}
}

func pairs(text string) map[string]string {
	set := map[string]string{}
	for pair := range strings.FieldsSeq(text) {
		name, value, _ := strings.Cut(pair, "=")
		set[name] = value
	}
	return set
}

// kubernetesConverter includes the file as the file's comment shows.
func kubernetesConverter(t *testing.T) *webhook.Converter {
	t.Helper()
	resolver, err := confmap.NewResolver(confmap.ResolverSettings{
		URIs:              []string{"yaml:alias::rules: ${file:../examples/kubernetes-alias-rules.yaml}"},
		ProviderFactories: []confmap.ProviderFactory{fileprovider.NewFactory(), yamlprovider.NewFactory()},
	})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, resolver.Shutdown(context.WithoutCancel(t.Context()))) })
	conf, err := resolver.Resolve(t.Context())
	require.NoError(t, err)
	cfg := defaultConfig()
	require.NoError(t, conf.Unmarshal(cfg))
	require.NoError(t, confmap.Validate(cfg))
	c, err := cfg.NewConverter(component.NewID(metadata.Type), "test")
	require.NoError(t, err)
	return c
}
