{{- define "name" -}}{{ .Values.fullnameOverride | default .Release.Name }}{{- end }}
{{- define "selector" -}}
app.kubernetes.io/name: oauth2-proxy
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}
{{- define "legacy" -}}
email_domains = [ {{ range $at, $domain := .Values.config.emailDomains }}{{ if $at }}, {{ end }}{{ $domain | quote }}{{ end }} ]
{{ end }}
{{- define "alpha" -}}
{{ toYaml .Values.alphaConfig.configData }}
server:
  BindAddress: 0.0.0.0:4180
metricsServer:
  BindAddress: 0.0.0.0:44180
{{- end }}
