/** A Kubernetes object as data. */
export interface KubernetesObject {
  apiVersion: string;
  kind: string;
  metadata: {
    name: string;
    namespace?: string;
    labels?: Readonly<Record<string, string>>;
    annotations?: Readonly<Record<string, string>>;
  };
  [field: string]: unknown;
}

const namespace = 'kubeflow';
const oldPrincipal = 'cluster.local/ns/istio-system/sa/istio-ingressgateway-service-account';

/** A Deployment of the fake program, with the name and image of the real one. */
export interface Workload {
  name: string;
  /** Upstream's image, with tag. */
  image: string;
  /** Labels of its pods and selector. */
  labels: Readonly<Record<string, string>>;
  account: string;
  /** Container → its port; the first one runs the image above. */
  port: number;
  container?: string;
  /** Variables before the fake's own. */
  env?: readonly object[];
  args?: readonly string[];
  /** Additional containers: name → image and port. */
  beside?: Readonly<Record<string, { image: string; port: number }>>;
  /** False for controllers, which run without a sidecar, as upstream. */
  sidecar?: boolean;
  /** Name of the replaced program, for the page; absent: the variables stay unchanged. */
  title?: string;
}

/** The Deployment and its ServiceAccount. */
export function workload(spec: Workload): KubernetesObject[] {
  const { name, labels, account, sidecar = true } = spec;
  const { container = name, image, port, env = [], args, title } = spec;
  const first = containerOf(container, image, port, [...env, ...(title === undefined ? [] : variables(port, title))]);
  const others = Object.entries(spec.beside ?? {}).map(([other, one]) =>
    containerOf(other, one.image, one.port, variables(one.port, other)),
  );
  return [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: account, namespace } },
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name, namespace, labels },
      spec: {
        replicas: 1,
        selector: { matchLabels: labels },
        template: {
          metadata: { labels, annotations: sidecarAnnotations(sidecar) },
          spec: {
            serviceAccountName: account,
            securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
            containers: [{ ...first, ...(args === undefined ? {} : { args: [...args] }) }, ...others],
          },
        },
      },
    },
  ];
}

// A machine with two cores has no room for a sidecar's default requests in each of these pods.
const sidecarAnnotations = (injected: boolean): Record<string, string> =>
  injected
    ? { 'sidecar.istio.io/inject': 'true', 'sidecar.istio.io/proxyCPU': '10m', 'sidecar.istio.io/proxyMemory': '64Mi' }
    : { 'sidecar.istio.io/inject': 'false' };

function containerOf(name: string, image: string, port: number, env: readonly object[]) {
  return {
    name,
    image,
    ports: [{ containerPort: port }],
    ...(env.length > 0 ? { env: [...env] } : {}),
    readinessProbe: { tcpSocket: { port }, periodSeconds: 2 },
    resources: { requests: { cpu: '10m', memory: '16Mi' } },
    securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
  };
}

function variables(port: number, title: string): object[] {
  return [
    { name: 'PORT', value: String(port) },
    { name: 'NAME', value: title },
  ];
}

export function service(
  name: string,
  selector: Readonly<Record<string, string>>,
  ports: readonly { port: number; targetPort: number; name?: string }[],
): KubernetesObject {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace },
    spec: { selector, ports: ports.map((port) => ({ name: 'http', ...port })) },
  };
}

/** A route through Kubeflow's own gateway, for any host, which our patches redirect. */
export function route(
  name: string,
  { prefix, rewrite, host, port }: { prefix: string; rewrite?: string; host: string; port: number },
): KubernetesObject {
  return {
    apiVersion: 'networking.istio.io/v1',
    kind: 'VirtualService',
    metadata: { name, namespace },
    spec: {
      gateways: ['kubeflow-gateway'],
      hosts: ['*'],
      http: [
        {
          match: [{ uri: { prefix } }],
          ...(rewrite === undefined ? {} : { rewrite: { uri: rewrite } }),
          ...(prefix === '/'
            ? {}
            : { headers: { request: { add: { 'x-forwarded-prefix': prefix.replace(/\/$/, '') } } } }),
          route: [{ destination: { host: `${host}.${namespace}.svc.cluster.local`, port: { number: port } } }],
        },
      ],
    },
  };
}

/** A policy that admits the service account of Kubeflow's own gateway, unless other callers are given. */
export function allow(
  name: string,
  matchLabels: Readonly<Record<string, string>>,
  rules: readonly object[] = [{ from: [{ source: { principals: [oldPrincipal] } }] }],
): KubernetesObject {
  return {
    apiVersion: 'security.istio.io/v1',
    kind: 'AuthorizationPolicy',
    metadata: { name, namespace },
    spec: { action: 'ALLOW', selector: { matchLabels }, rules: [...rules] },
  };
}

/** A DestinationRule with mutual TLS, as for upstream's web apps. */
export function mutualTls(name: string, host: string): KubernetesObject {
  return {
    apiVersion: 'networking.istio.io/v1',
    kind: 'DestinationRule',
    metadata: { name, namespace },
    spec: { host: `${host}.${namespace}.svc.cluster.local`, trafficPolicy: { tls: { mode: 'ISTIO_MUTUAL' } } },
  };
}

/** An aggregated role. */
export function aggregatedRole(name: string, into?: string): KubernetesObject {
  const label = (role: string) => `rbac.authorization.kubeflow.org/aggregate-to-${role}`;
  return {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRole',
    metadata: { name, ...(into === undefined ? {} : { labels: { [label(into)]: 'true' } }) },
    aggregationRule: { clusterRoleSelectors: [{ matchLabels: { [label(name)]: 'true' } }] },
    rules: [],
  };
}

/** A role with the fake's rights; none by default. */
export function role(
  name: string,
  rules: readonly object[] = [],
  labels?: Readonly<Record<string, string>>,
): KubernetesObject {
  return {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRole',
    metadata: { name, ...(labels === undefined ? {} : { labels }) },
    rules: [...rules],
  };
}

export function roleBinding(name: string, roleName: string, account: string): KubernetesObject {
  return {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRoleBinding',
    metadata: { name },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: roleName },
    subjects: [{ kind: 'ServiceAccount', name: account, namespace }],
  };
}

export function configMap(name: string, data: Readonly<Record<string, string>>): KubernetesObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace }, data };
}

/** A CRD that accepts any spec and status. */
export function kind(
  group: string,
  name: string,
  options: { plural?: string; scope?: 'Cluster' | 'Namespaced'; versions: readonly string[]; fields?: object },
): KubernetesObject {
  const { plural = `${name.toLowerCase()}s`, scope = 'Namespaced', versions, fields = {} } = options;
  const open = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: {
      name: `${plural}.${group}`,
      // The API server requires it for groups in Kubernetes' own domain.
      ...(group.endsWith('.k8s.io') ? { annotations: { 'api-approved.kubernetes.io': 'unapproved, a fake' } } : {}),
    },
    spec: {
      group,
      scope,
      names: { kind: name, listKind: `${name}List`, plural, singular: name.toLowerCase() },
      ...fields,
      versions: versions.map((version, at) => ({
        name: version,
        served: true,
        storage: at === 0,
        schema: { openAPIV3Schema: { type: 'object', properties: { spec: open, status: open } } },
        subresources: { status: {} },
      })),
    },
  };
}

/** A NetworkPolicy that admits pods of the same namespace and of others. */
export function admits(
  name: string,
  podLabels: Readonly<Record<string, readonly string[]>>,
  ingress: readonly object[],
  inNamespace = namespace,
): KubernetesObject {
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name, namespace: inNamespace },
    spec: {
      podSelector: {
        matchExpressions: Object.entries(podLabels).map(([key, values]) => ({
          key,
          operator: 'In',
          values: [...values],
        })),
      },
      ingress: [...ingress],
      policyTypes: ['Ingress'],
    },
  };
}

/** Namespaces as a peer of a NetworkPolicy. */
export function namespaces(key: string, ...values: string[]): object {
  return { namespaceSelector: { matchExpressions: [{ key, operator: 'In', values }] } };
}
