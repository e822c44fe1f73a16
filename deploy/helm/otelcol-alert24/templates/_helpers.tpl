{{- define "bridge.name" -}}
{{- if contains .Chart.Name .Release.Name -}}
{{ .Release.Name | trunc 52 | trimSuffix "-" }}
{{- else -}}
{{ printf "%s-%s" .Release.Name .Chart.Name | trunc 52 | trimSuffix "-" }}
{{- end -}}
{{- end -}}

{{- define "bridge.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name | quote }}
{{- end -}}

{{- define "bridge.labels" -}}
{{ include "bridge.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/component: bridge
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end -}}

{{- define "bridge.image" -}}
{{- if .Values.image.digest -}}
{{ .Values.image.repository }}@{{ .Values.image.digest }}
{{- else -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion | replace "+" "_" }}
{{- end -}}
{{- end -}}

{{- /* What the collector merges over collector-config.yaml. */ -}}
{{- define "bridge.config" -}}
{{- $config := dict -}}
{{- $alertmanager := dict -}}
{{- if .Values.aliasRules -}}
{{- $_ := set $alertmanager "alias" (dict "rules" "${file:/etc/otelcol-alert24/kubernetes-alias-rules.yaml}") -}}
{{- end -}}
{{- with .Values.sync.endpoints -}}
{{- $_ := set $alertmanager "sync" (dict "endpoints" .) -}}
{{- end -}}
{{- if $alertmanager -}}
{{- $_ := set $config "receivers" (dict "alertmanager" $alertmanager) -}}
{{- end -}}
{{- if .Values.database.secret.name -}}
{{- $_ := set $config "exporters" (dict "alert24" (dict "storage" nil "database" (dict "url" "${env:ALERT24_DATABASE_URL}"))) -}}
{{- $_ := set $config "service" (dict "extensions" (list "bearertokenauth/webhook" "health_check")) -}}
{{- end -}}
{{- mustMergeOverwrite $config (deepCopy (.Values.config | default dict)) | toYaml -}}
{{- end -}}

{{- /* The bridge takes webhooks with TLS if config says so. */ -}}
{{- define "bridge.scheme" -}}
{{- if dig "receivers" "alertmanager" "tls" dict (.Values.config | default dict) -}}https{{- else -}}http{{- end -}}
{{- end -}}

{{- define "bridge.check" -}}
{{- if and (gt (int .Values.replicas) 1) (not .Values.database.secret.name) -}}
{{- fail (printf "replicas: %d: several bridges need a database. Set database.secret.name, or replicas: 1" (int .Values.replicas)) -}}
{{- end -}}
{{- /* A key that occurs twice is no YAML, or hides the first. */ -}}
{{- $own := include "bridge.labels" . | fromYaml -}}
{{- range $path, $labels := dict "podLabels" .Values.podLabels "service.labels" .Values.service.labels "monitoring.labels" .Values.monitoring.labels "alertmanagerConfig.labels" .Values.alertmanagerConfig.labels "dashboard.labels" .Values.dashboard.labels -}}
{{- range $name, $_ := $labels -}}
{{- if hasKey $own $name -}}
{{- fail (printf "%s: the chart itself sets the label %s. Remove it" $path $name) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- if hasKey (.Values.podAnnotations | default dict) "checksum/config" -}}
{{- fail "podAnnotations: the chart itself sets the annotation checksum/config. Remove it" -}}
{{- end -}}
{{- if hasKey (.Values.alertmanagerConfig.people | default dict) "name" -}}
{{- fail "alertmanagerConfig.people: the chart itself sets the name. Remove it" -}}
{{- end -}}
{{- include "bridge.checkMemory" . -}}
{{- end -}}

{{- /* The container's memory limit in MiB for the heap of memoryLimitMiB. */ -}}
{{- define "bridge.memory" -}}
{{- div (mul (int .Values.memoryLimitMiB) 3) 2 -}}
{{- end -}}

{{- /* With less memory, the kernel kills the bridge before it answers 503. */ -}}
{{- define "bridge.checkMemory" -}}
{{- $limits := get (.Values.resources | default dict) "limits" | default dict -}}
{{- with get $limits "memory" -}}
{{- $text := toString . -}}
{{- $number := regexFind "^[0-9]+([.][0-9]*)?([eE][+-]?[0-9]+)?" $text -}}
{{- $unit := trimPrefix $number $text -}}
{{- $bytes := dict "" 1 "m" 0.001 "k" 1000 "M" 1000000 "G" 1000000000 "T" 1000000000000 "Ki" 1024 "Mi" 1048576 "Gi" 1073741824 "Ti" 1099511627776 -}}
{{- if or (not $number) (not (hasKey $bytes $unit)) -}}
{{- fail (printf "resources.limits.memory: %s: write a quantity, such as 1Gi" $text) -}}
{{- end -}}
{{- $needed := include "bridge.memory" $ | int -}}
{{- if lt (mulf (float64 $number) (get $bytes $unit)) (mulf $needed 1048576) -}}
{{- fail (printf "resources.limits.memory: %s: memoryLimitMiB: %d needs %dMi or more. Lower memoryLimitMiB, or leave the limit out: the chart sets it" $text (int $.Values.memoryLimitMiB) $needed) -}}
{{- end -}}
{{- end -}}
{{- end -}}
