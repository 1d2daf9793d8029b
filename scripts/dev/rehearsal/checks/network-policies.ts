import { isAllowed, type NetworkPolicy, type PolicyPod } from '../network-policy.ts';
import type { Site } from '../site.ts';
import type { Check } from './check.ts';

const group = 'Network policies';

/** What the API server has, as far as it matters here. */
interface Facts {
  policies: NetworkPolicy[];
  pods: (PolicyPod & { name: string })[];
  services: Service[];
  routes: VirtualService[];
}

interface Service {
  metadata: { name: string; namespace: string };
  spec: { selector?: Record<string, string>; ports?: { port: number; targetPort?: number | string }[] };
}

interface VirtualService {
  metadata: { name: string; namespace: string };
  spec: {
    gateways?: string[];
    http?: { route?: { destination: { host: string; port?: { number?: number } } }[] }[];
  };
}

/** A pod and a port that a route of the gateway leads to. */
interface Target {
  pod: PolicyPod & { name: string };
  port: number;
  route: string;
}

/** The NetworkPolicies that are in the cluster, judged by evaluation: no network plugin of the rehearsal enforces them. */
export const check: Check = {
  name: 'network-policies',
  title: 'Network policies admit what must pass, and nothing else (by evaluation)',
  quick: true,
  run: async (site) => {
    const facts = await readFacts(site);
    gatewayReachesItsRoutes(site, facts);
    strangersReachNoProtectedRoute(site, facts);
    argocdIsClosed(site, facts);
  },
};

/** Routes to what answers other parts of the platform only: upstream makes them, and no policy lets the gateway in. */
const innerRoutes = ['kubeflow/profiles-kfam'];

function gatewayReachesItsRoutes(site: Site, facts: Facts): void {
  const gateway = facts.pods.find(({ namespace }) => namespace === 'ingress');
  const targets = targetsOf(facts);
  const blocked =
    gateway === undefined
      ? targets
      : targets.filter(
          ({ pod, port, route }) =>
            !innerRoutes.includes(route) && !isAllowed(facts.policies, { from: gateway, to: pod, port }),
        );
  site.record.check({
    group,
    name: 'the gateway reaches every pod that its routes lead to',
    tried: `${facts.policies.length} policies; routes to ${targets.map(describe).join(', ')}`,
    expected: 'all admitted',
    got: blocked.length === 0 ? 'all admitted' : `refused: ${blocked.map(describe).join(', ')}`,
    ok: gateway !== undefined && targets.length > 0 && blocked.length === 0,
  });
}

/** Web interfaces whose namespace has policies are for the gateway: not for another namespace's pod, whatever its labels. */
function strangersReachNoProtectedRoute(site: Site, facts: Facts): void {
  const guarded = targetsOf(facts).filter(({ pod }) => pod.namespace === 'kubeflow');
  const strangers = ['default', 'istio-system', 'team-of-nobody'].map((namespace) => ({
    namespace,
    namespaceLabels: { 'kubernetes.io/metadata.name': namespace },
    labels: { app: 'istio-ingressgateway', istio: 'ingressgateway' },
  }));
  const gateway = facts.pods.find(({ namespace }) => namespace === 'ingress');
  const open = guarded.flatMap(({ pod, port, route }) =>
    strangers
      .filter((from) => isAllowed(facts.policies, { from, to: pod, port }))
      .map(({ namespace }) => `${namespace} → ${route}`),
  );
  // The metadata proxy is an Envoy with an admin port, which no route leads to.
  const wide = guarded.filter(
    ({ pod }) =>
      gateway !== undefined &&
      pod.labels.component === 'metadata-envoy' &&
      isAllowed(facts.policies, { from: gateway, to: pod, port: 9901 }),
  );
  site.record.check({
    group,
    name: "other namespaces do not reach Kubeflow's web interfaces",
    tried: `pods of default, istio-system and a tenant, with the gateway's labels, to ${guarded.map(describe).join(', ') || 'none (Kubeflow is not installed)'}`,
    expected: 'all refused',
    got: `admitted: ${open.join(', ') || 'none'}; admin port 9901 open to the gateway: ${wide.map(describe).join(', ') || 'none'}`,
    ok: open.length === 0 && wide.length === 0,
  });
}

/** Who may open which port of Argo CD, by the name label of its pods; the rest is refused. */
const argocdFlows: Readonly<Record<string, { ports: number[]; from: string[] }>> = {
  'argocd-redis': {
    ports: [6379],
    from: ['argocd-server', 'argocd-repo-server', 'argocd-application-controller'],
  },
  'argocd-repo-server': {
    ports: [8081],
    from: [
      'argocd-server',
      'argocd-application-controller',
      'argocd-notifications-controller',
      'argocd-applicationset-controller',
    ],
  },
};

function argocdIsClosed(site: Site, facts: Facts): void {
  const nameOf = (pod: PolicyPod) => pod.labels['app.kubernetes.io/name'] ?? '';
  const wrong: string[] = [];
  let tried = 0;
  for (const [name, { ports, from }] of Object.entries(argocdFlows)) {
    const target = facts.pods.find((pod) => pod.namespace === 'argocd' && nameOf(pod) === name);
    if (target === undefined) {
      wrong.push(`${name} is not there`);
      continue;
    }
    for (const source of facts.pods)
      for (const port of ports) {
        if (source === target) continue;
        tried += 1;
        const wanted = source.namespace === 'argocd' && from.includes(nameOf(source));
        if (isAllowed(facts.policies, { from: source, to: target, port }) !== wanted)
          wrong.push(`${source.namespace}/${source.name} → ${name}:${port} ${wanted ? 'refused' : 'admitted'}`);
      }
  }
  site.record.check({
    group,
    name: "Argo CD's store and repository server admit Argo CD only",
    tried: `${tried} pairs: every pod of the cluster to ports 6379 and 8081`,
    expected: "only Argo CD's own parts",
    got: wrong.join(', ') || 'so it is',
    ok: wrong.length === 0,
  });
}

function describe({ pod, port }: Target): string {
  return `${pod.namespace}/${pod.name}:${port}`;
}

function targetsOf({ routes, services, pods }: Facts): Target[] {
  const found = new Map<string, Target>();
  for (const { metadata, spec } of routes) {
    if (!spec.gateways?.some((gateway) => gateway.startsWith('ingress/'))) continue;
    for (const { destination } of (spec.http ?? []).flatMap(({ route = [] }) => route)) {
      const [name = '', namespace = metadata.namespace] = destination.host.split('.');
      const service = services.find((one) => one.metadata.name === name && one.metadata.namespace === namespace);
      const selector = service?.spec.selector;
      const port = service?.spec.ports?.find((one) => one.port === (destination.port?.number ?? one.port));
      if (selector === undefined || port === undefined) continue;
      for (const pod of pods) {
        const selected = Object.entries(selector).every(([key, value]) => pod.labels[key] === value);
        if (pod.namespace !== namespace || !selected) continue;
        const number =
          typeof port.targetPort === 'string' ? pod.ports?.[port.targetPort] : (port.targetPort ?? port.port);
        if (number !== undefined)
          found.set(`${pod.namespace}/${pod.name}:${number}`, {
            pod,
            port: number,
            route: `${namespace}/${metadata.name}`,
          });
      }
    }
  }
  return [...found.values()];
}

async function readFacts(site: Site): Promise<Facts> {
  const read = async (kind: string) => JSON.parse(await site.kubectl(['get', kind, '-A', '-o', 'json'])).items;
  const labels = new Map<string, Record<string, string>>();
  for (const { metadata } of await read('namespaces')) labels.set(metadata.name, metadata.labels ?? {});
  const pods: RawPod[] = await read('pods');
  return {
    policies: await read('networkpolicies.networking.k8s.io'),
    services: await read('services'),
    routes: await read('virtualservices.networking.istio.io'),
    pods: pods
      .filter(({ status, spec }) => status.phase === 'Running' && spec.hostNetwork !== true)
      .map(({ metadata, spec, status }) => ({
        name: metadata.name,
        namespace: metadata.namespace,
        namespaceLabels: labels.get(metadata.namespace) ?? {},
        labels: metadata.labels ?? {},
        ...(status.podIP === undefined ? {} : { ip: status.podIP }),
        ports: Object.fromEntries(
          spec.containers.flatMap(({ ports = [] }) =>
            ports.flatMap((port) => (port.name === undefined ? [] : [[port.name, port.containerPort]])),
          ),
        ),
      })),
  };
}

interface RawPod {
  metadata: { name: string; namespace: string; labels?: Record<string, string> };
  spec: { hostNetwork?: boolean; containers: { ports?: { name?: string; containerPort: number }[] }[] };
  status: { phase: string; podIP?: string };
}
