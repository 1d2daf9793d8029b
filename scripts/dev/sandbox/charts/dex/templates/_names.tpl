{{- define "name" -}}{{ .Values.fullnameOverride | default .Release.Name }}{{- end }}
{{- define "selector" -}}
app.kubernetes.io/name: dex
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}
{{- define "secret" -}}{{ .Values.configSecret.name | default (include "name" .) }}{{- end }}
