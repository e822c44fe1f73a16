{{- define "bridge.pod" -}}
{{- $database := .Values.database.secret.name -}}
metadata:
  labels:
    {{- include "bridge.labels" . | nindent 4 }}
    {{- with .Values.podLabels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  annotations:
    # A new configuration is a new pod.
    checksum/config: {{ include (print $.Template.BasePath "/configmap.yaml") . | sha256sum }}
    {{- with .Values.podAnnotations }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
spec:
  automountServiceAccountToken: false
  enableServiceLinks: false
  terminationGracePeriodSeconds: 30
  securityContext:
    runAsNonRoot: true
    runAsUser: 10001
    runAsGroup: 10001
    fsGroup: 10001
    fsGroupChangePolicy: OnRootMismatch
    seccompProfile:
      type: RuntimeDefault
  {{- with .Values.imagePullSecrets }}
  imagePullSecrets:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.priorityClassName }}
  priorityClassName: {{ . | quote }}
  {{- end }}
  {{- with .Values.nodeSelector }}
  nodeSelector:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.tolerations }}
  tolerations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- if .Values.affinity }}
  affinity:
    {{- toYaml .Values.affinity | nindent 4 }}
  {{- else if $database }}
  affinity:
    podAntiAffinity:
      preferredDuringSchedulingIgnoredDuringExecution:
        - weight: 100
          podAffinityTerm:
            topologyKey: kubernetes.io/hostname
            labelSelector:
              matchLabels:
                {{- include "bridge.selector" . | nindent 16 }}
        - weight: 50
          podAffinityTerm:
            topologyKey: topology.kubernetes.io/zone
            labelSelector:
              matchLabels:
                {{- include "bridge.selector" . | nindent 16 }}
  {{- end }}
  containers:
    - name: bridge
      image: {{ include "bridge.image" . | quote }}
      imagePullPolicy: {{ .Values.image.pullPolicy }}
      args:
        - --config=/etc/otelcol-alert24/collector-config.yaml
        - --config=/etc/otelcol-alert24/chart-config.yaml
      env:
        - name: ALERT24_API_KEY
          valueFrom:
            secretKeyRef:
              name: {{ .Values.secret.name | quote }}
              key: {{ .Values.secret.apiKey | quote }}
        - name: ALERT24_WEBHOOK_TOKEN
          valueFrom:
            secretKeyRef:
              name: {{ .Values.secret.name | quote }}
              key: {{ .Values.secret.webhookToken | quote }}
        {{- if $database }}
        - name: ALERT24_DATABASE_URL
          valueFrom:
            secretKeyRef:
              name: {{ $database | quote }}
              key: {{ .Values.database.secret.key | quote }}
        {{- end }}
        {{- with .Values.endpoint }}
        - name: ALERT24_ENDPOINT
          value: {{ . | quote }}
        {{- end }}
        - name: ALERT24_LISTEN
          value: 0.0.0.0:9095
        - name: ALERT24_HEALTH_LISTEN
          value: 0.0.0.0:13133
        - name: ALERT24_METRICS_HOST
          value: 0.0.0.0
        - name: ALERT24_MEMORY_LIMIT_MIB
          value: {{ int .Values.memoryLimitMiB | quote }}
        - name: GOMEMLIMIT
          value: {{ printf "%dMiB" (div (mul (int .Values.memoryLimitMiB) 5) 4) | quote }}
        {{- with .Values.extraEnv }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
      ports:
        - name: webhook
          containerPort: 9095
        - name: metrics
          containerPort: 8888
        - name: health
          containerPort: 13133
      # The ledger is read before anything else.
      startupProbe:
        httpGet:
          path: /
          port: health
        periodSeconds: 2
        failureThreshold: 60
      livenessProbe:
        httpGet:
          path: /
          port: health
        periodSeconds: 10
        failureThreshold: 6
      readinessProbe:
        httpGet:
          path: /-/ready
          port: webhook
          {{- if eq (include "bridge.scheme" .) "https" }}
          scheme: HTTPS
          {{- end }}
        periodSeconds: 5
        timeoutSeconds: 2
      {{- if $database }}
      # The Service forgets the pod before the bridge stops.
      lifecycle:
        preStop:
          sleep:
            seconds: 5
      {{- end }}
      {{- $limit := dict "limits" (dict "memory" (printf "%sMi" (include "bridge.memory" .))) }}
      resources:
        {{- mustMergeOverwrite $limit (deepCopy (.Values.resources | default dict)) | toYaml | nindent 8 }}
      securityContext:
        allowPrivilegeEscalation: false
        readOnlyRootFilesystem: true
        capabilities:
          drop: [ALL]
      volumeMounts:
        - name: config
          mountPath: /etc/otelcol-alert24
          readOnly: true
        {{- if not $database }}
        - name: storage
          mountPath: /var/lib/otelcol-alert24
        {{- end }}
        {{- with .Values.extraVolumeMounts }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
  volumes:
    - name: config
      configMap:
        name: {{ include "bridge.name" . }}
    {{- with .Values.extraVolumes }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
{{- end -}}
