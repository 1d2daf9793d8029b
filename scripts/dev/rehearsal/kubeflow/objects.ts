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

/** A Deployment of the fake program, under the name and the image of the real one. */
export interface Workload {
  name: string;
  /** Image with its tag, as upstream names it. */
  image: string;
  /** Labels of its pods and its selector. */
  labels: Readonly<Record<string, string>>;
  account: string;
  /** Container → the port that it listens on; the first one has the image above. */
  port: number;
  container?: string;
  /** Before the fake's own variables. */
  env?: readonly object[];
  args?: readonly string[];
  /** More containers, name → image and port. */
  beside?: Readonly<Record<string, { image: string; port: number }>>;
  /** Controllers run without a sidecar, as upstream has it. */
  sidecar?: boolean;
  /** What the page says it replaces; none: the variables are left as they are. */
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

// A machine with two cores has no room for what a sidecar asks for by default, once for each of these pods.
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

/** A route through Kubeflow's own gateway, for any host: what our patches rewire. */
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

/** A policy that lets in the account of Kubeflow's own gateway, unless other callers are named. */
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

/** Traffic to a Service by mutual TLS, as upstream's web apps have it. */
export function mutualTls(name: string, host: string): KubernetesObject {
  return {
    apiVersion: 'networking.istio.io/v1',
    kind: 'DestinationRule',
    metadata: { name, namespace },
    spec: { host: `${host}.${namespace}.svc.cluster.local`, trafficPolicy: { tls: { mode: 'ISTIO_MUTUAL' } } },
  };
}

/** A role that the cluster fills from others. */
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

/** A role, for all that the fake needs: nothing by default. */
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

/** A kind that takes any spec and status. */
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
      // The API server asks for it in groups of Kubernetes' own domain.
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

/** A policy that admits pods of the same namespace and those of others. */
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

/** Namespaces, as a peer of a NetworkPolicy. */
export function namespaces(key: string, ...values: string[]): object {
  return { namespaceSelector: { matchExpressions: [{ key, operator: 'In', values }] } };
}
