{{- define "puerto.name" -}}
{{- if contains .Chart.Name .Release.Name -}}
{{- .Release.Name | trunc 63 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name .Chart.Name | trunc 63 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "puerto.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "puerto.labels" -}}
{{ include "puerto.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end -}}

{{- /* A container of the image: its settings, and no right that it does not need. */ -}}
{{- define "puerto.container" -}}
image: "{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}"
imagePullPolicy: {{ .Values.image.pullPolicy }}
envFrom:
  - secretRef:
      name: {{ required "existingSecret: name a Secret with DATABASE_URL, JWT_SECRET and ENCRYPTION_KEY" .Values.existingSecret }}
env:
  {{- /* By name, so that a pod without one of them does not start. */}}
  {{- range list "DATABASE_URL" "JWT_SECRET" "ENCRYPTION_KEY" }}
  - name: {{ . }}
    valueFrom:
      secretKeyRef:
        name: {{ $.Values.existingSecret }}
        key: {{ . }}
  {{- end }}
  - name: API_HOST
    value: 0.0.0.0
  - name: API_PORT
    value: "8000"
  - name: PUERTO_GRACE_SECONDS
    value: {{ .Values.graceSeconds | quote }}
  {{- with .Values.publicUrl }}
  - name: PUERTO_PUBLIC_URL
    value: {{ . | quote }}
  {{- end }}
  {{- /* As JSON, since a large number would be written with an exponent. */}}
  {{- range $name, $value := .Values.settings }}
  - name: {{ $name }}
    value: {{ kindIs "string" $value | ternary $value (toJson $value) | quote }}
  {{- end }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities:
    drop: [ALL]
resources:
  {{- toYaml .Values.resources | nindent 2 }}
volumeMounts:
  - name: data
    mountPath: /var/lib/puerto
  - name: tmp
    mountPath: /tmp
{{- end -}}
