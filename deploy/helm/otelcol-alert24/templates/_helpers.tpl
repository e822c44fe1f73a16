{{- define "bridge.name" -}}
{{- if contains .Chart.Name .Release.Name -}}
{{ .Release.Name | trunc 52 | trimSuffix "-" }}
{{- else -}}
{{ printf "%s-%s" .Release.Name .Chart.Name | trunc 52 | trimSuffix "-" }}
{{- end -}}
{{- end -}}

{{- define "bridge.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
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
{{- mustMergeOverwrite $config (deepCopy .Values.config) | toYaml -}}
{{- end -}}

{{- /* The bridge takes webhooks with TLS if config says so. */ -}}
{{- define "bridge.scheme" -}}
{{- if dig "receivers" "alertmanager" "tls" dict .Values.config -}}https{{- else -}}http{{- end -}}
{{- end -}}

{{- define "bridge.check" -}}
{{- if and (gt (int .Values.replicas) 1) (not .Values.database.secret.name) -}}
{{- fail (printf "replicas: %d: several bridges need a database. Set database.secret.name, or replicas: 1" (int .Values.replicas)) -}}
{{- end -}}
{{- end -}}
