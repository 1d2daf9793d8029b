{{/* True when the tenant runs on this cluster. Without a tenant.yaml there is no tenant. */}}
{{- define "tenant.here" -}}
{{- $clusters := .Values.clusters | default dict -}}
{{- if not .Values.owner -}}
{{- else if not (or (hasKey $clusters "names") (hasKey $clusters "labels")) -}}
true
{{- else if has .Values.platform.cluster ($clusters.names | default list) -}}
true
{{- else if $clusters.labels -}}
{{- $all := true -}}
{{- range $name, $value := $clusters.labels -}}
{{- if not (and (hasKey $.Values.platform.labels $name) (eq (get $.Values.platform.labels $name) $value)) -}}{{- $all = false -}}{{- end -}}
{{- end -}}
{{- if $all -}}true{{- end -}}
{{- end -}}
{{- end -}}

{{/*
The tenant's namespaces as JSON. The chart checks names and paths, too, not only "npm run validate": no tenant.yaml can claim a namespace or
a path that another tenant or the platform could have. Every part uses this template, so that an invalid file renders nothing.
*/}}
{{- define "tenant.namespaces" -}}
{{- $name := .Release.Name -}}
{{- if or (contains "--" $name) (gt (len $name) 40) (not (regexMatch "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$" $name)) -}}
{{- fail (printf "%q cannot be a tenant's name" $name) -}}
{{- end -}}
{{- $namespaces := .Values.namespaces | default (list $name) -}}
{{- range $namespaces -}}
{{- if not (or (eq . $name) (hasPrefix (printf "%s--" $name) .)) -}}
{{- fail (printf "the namespace %q must be %q, or begin with %q" . $name (printf "%s--" $name)) -}}
{{- end -}}
{{- if or (has . $.Values.platform.reserved) (regexMatch $.Values.platform.reservedPattern .) -}}
{{- fail (printf "the namespace %q is reserved for Kubernetes or the platform" .) -}}
{{- end -}}
{{- end -}}
{{- range .Values.routes -}}
{{- if not (hasPrefix (printf "/tenants/%s/" $name) .path) -}}
{{- fail (printf "the path %q must begin with %q" .path (printf "/tenants/%s/" $name)) -}}
{{- end -}}
{{- if not (has (.namespace | default (first $namespaces)) $namespaces) -}}
{{- fail (printf "the namespace %q of a route is none of its own" .namespace) -}}
{{- end -}}
{{- end -}}
{{- toJson $namespaces -}}
{{- end -}}

{{/* All members as JSON: [{subject: User|Group, name, role}], the owner first. */}}
{{- define "tenant.members" -}}
{{- $owner := kindIs "string" .Values.owner | ternary (dict "email" .Values.owner) .Values.owner -}}
{{- $members := list -}}
{{- range prepend (.Values.members | default list) (merge (dict "role" "admin") $owner) -}}
{{- $subject := ternary "User" "Group" (hasKey . "email") -}}
{{- $members = append $members (dict "subject" $subject "name" (.email | default .group) "role" (.role | default "edit")) -}}
{{- end -}}
{{- toJson $members -}}
{{- end -}}

{{/* Name of a member's objects: as in Kubeflow's access management, but with a hash for groups, which it does not have. */}}
{{- define "tenant.bindingName" -}}
{{- $name := regexReplaceAll "[^a-z0-9]+" (lower .name) "-" -}}
{{- $binding := printf "%s-%s-clusterrole-%s" (lower .subject) $name .role -}}
{{- regexReplaceAll "-+" (ternary $binding (printf "%s-%s" $binding (sha256sum .name | trunc 8)) (eq .subject "User")) "-" -}}
{{- end -}}

{{/* Amounts of a LimitRange as JSON, by Kubernetes' names. */}}
{{- define "tenant.amounts" -}}
{{- $amounts := omit . "ephemeralStorage" -}}
{{- with .ephemeralStorage }}{{ $_ := set $amounts "ephemeral-storage" . }}{{ end -}}
{{- toJson $amounts -}}
{{- end -}}

{{/* Labels of all objects of a tenant. */}}
{{- define "tenant.labels" -}}
app.kubernetes.io/part-of: breakwater-tenant
breakwater.dev/tenant: {{ .Release.Name | quote }}
{{- end -}}

{{/* The ClusterRole for a tenant's role. Kubernetes' "admin" could write roles, which only the platform may. */}}
{{- define "tenant.role" -}}
{{- if eq .kind "kubeflow" -}}kubeflow-{{ .role }}{{- else -}}{{ ternary "edit" .role (eq .role "admin") }}{{- end -}}
{{- end -}}

{{/* Annotations of objects that stay when the folder is removed. */}}
{{- define "tenant.kept" -}}
{{- if eq (.Values.deletionPolicy | default "keep") "keep" -}}
annotations:
  argocd.argoproj.io/sync-options: Prune=false,Delete=false
  argocd.argoproj.io/compare-options: IgnoreExtraneous
{{- end -}}
{{- end -}}

{{/* Labels or annotations of a namespace, as far as labels.yaml allows them. Context: dict root, kind. */}}
{{- define "tenant.labelled" -}}
{{- $allowed := get (.root.Files.Get "labels.yaml" | fromYaml) .kind | default list -}}
{{- range $key, $value := index .root.Values .kind -}}
{{- $fits := has $key $allowed -}}
{{- range $allowed }}{{ if and (hasSuffix "/*" .) (hasPrefix (trimSuffix "*" .) $key) }}{{ $fits = true }}{{ end }}{{ end -}}
{{- if not $fits }}{{ fail (printf "%s %q: infrastructure/tenant/labels.yaml does not allow this key" $.kind $key) }}{{ end }}
{{ $key }}: {{ $value | quote }}
{{- end -}}
{{- end -}}
