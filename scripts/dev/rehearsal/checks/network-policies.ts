import { type Attempt, type LivePod, readPods, startPod, tryConnections } from '../connections.ts';
import { refusedToThePlatform } from '../refusals.ts';
import type { SandboxOfSite } from '../sandbox-of-site.ts';
import type { RehearsalSite } from '../site.ts';
import type { Check } from './check.ts';

const group = 'Network policies';

/** Context of the check. */
interface Scene {
  site: RehearsalSite;
  sandbox: SandboxOfSite;
  pods: LivePod[];
  targets: Target[];
  gateway: LivePod;
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

/** A pod and port that the gateway routes to. */
interface Target {
  pod: LivePod;
  port: number;
}

/** The cluster's NetworkPolicies, enforced: tries connections from inside the pods' networks. */
export const check: Check = {
  name: 'network-policies',
  title: 'Network policies admit the required connections, and nothing else',
  quick: true,
  needs: (site) =>
    site.sandbox === undefined
      ? "connections are tried from the node's inside; npm run verify probes any cluster"
      : undefined,
  run: async (site) => {
    const { sandbox } = site;
    if (sandbox === undefined) throw new Error('decided without a sandbox');
    nothingOfThePlatformIsRefused(site, sandbox);
    // Those of the attack suite may be terminating.
    const pods = (await readPods(site)).filter(({ namespace }) => !namespace.startsWith('breakwater-verify-'));
    const gateway = pods.find(({ namespace }) => namespace === 'ingress');
    if (gateway === undefined) throw new Error('the gateway has no pod');
    const scene = { site, sandbox, pods, targets: await targetsOf(site, pods), gateway };
    await gatewayReachesItsRoutes(scene);
    await strangersReachNoProtectedRoute(scene);
    await argocdIsClosed(scene);
  },
};

/** Connections refused since the cluster started, except deliberate attempts: each one shows a wrong policy. */
function nothingOfThePlatformIsRefused(site: RehearsalSite, sandbox: SandboxOfSite): void {
  const refused = refusedToThePlatform(sandbox);
  const lines = [...new Set(refused.map(({ from, to, port }) => `${from} → ${to}:${port}`))];
  site.record.check({
    group,
    name: 'no connection that the platform needs is refused',
    tried: 'connections refused by NetworkPolicies since the cluster started, without the attacks',
    expected: 'none from its own pods',
    got: lines.slice(0, 20).join(', ') || 'none from its own pods',
    ok: lines.length === 0,
  });
}

async function gatewayReachesItsRoutes({ site, sandbox, targets, gateway }: Scene): Promise<void> {
  const outcomes = await tryConnections(sandbox, targets.map(attempt(gateway)));
  const blocked = targets.filter((_, at) => outcomes[at] !== 'open');
  site.record.check({
    group,
    name: 'the gateway reaches every pod that it routes to',
    tried: `connections to ${targets.map(describe).join(', ')}`,
    expected: 'all open',
    got: blocked.length === 0 ? 'all open' : `not reached: ${blocked.map(describe).join(', ')}`,
    ok: targets.length > 0 && blocked.length === 0,
  });
}

/** Web interfaces in namespaces with policies admit the gateway only, not another namespace's pods, whatever their labels. */
async function strangersReachNoProtectedRoute({ site, sandbox, targets, gateway }: Scene): Promise<void> {
  const guarded = targets.filter(({ pod }) => pod.namespace === 'kubeflow');
  const labels = { app: 'istio-ingressgateway', istio: 'ingressgateway' };
  const stranger = 'team-of-nobody';
  await site.kubectl(['create', 'namespace', stranger]);
  const made: (() => Promise<void>)[] = [];
  try {
    const attempts: Attempt[] = [];
    for (const namespace of ['default', stranger]) {
      const { pod, remove } = await startPod(site, sandbox, { namespace, labels });
      made.push(remove);
      attempts.push(...guarded.map(attempt(pod)));
    }
    // The metadata proxy is an Envoy with an admin port, which has no route.
    const admin = guarded.filter(({ pod }) => pod.labels.component === 'metadata-envoy');
    attempts.push(...admin.map(({ pod }) => ({ from: gateway, to: pod.ip, port: 9901 })));
    const outcomes = await tryConnections(sandbox, attempts);
    const open = attempts.filter((_, at) => outcomes[at] !== 'no answer');
    const names = guarded.map(describe).join(', ') || 'none (Kubeflow is not installed)';
    site.record.check({
      group,
      name: "other namespaces do not reach Kubeflow's web interfaces",
      tried: `from pods of default and a namespace of no tenant, with the gateway's labels, to ${names}; from the gateway to port 9901`,
      expected: 'no answer',
      got: open.map(({ from, to, port }) => `${from.namespace} reaches ${to}:${port}`).join(', ') || 'no answer',
      ok: open.length === 0,
    });
  } finally {
    for (const remove of made) await remove();
    await site.kubectl(['delete', 'namespace', stranger, '--wait=false']);
  }
}

/** Permitted connections to Argo CD's ports, by the name label of the pods; all others are refused. */
const argocdFlows: Readonly<Record<string, { port: number; from: string[] }>> = {
  'argocd-redis': {
    port: 6379,
    from: ['argocd-server', 'argocd-repo-server', 'argocd-application-controller'],
  },
  'argocd-repo-server': {
    port: 8081,
    from: [
      'argocd-server',
      'argocd-application-controller',
      'argocd-notifications-controller',
      'argocd-applicationset-controller',
    ],
  },
};

async function argocdIsClosed({ site, sandbox, pods }: Scene): Promise<void> {
  const nameOf = (pod: LivePod) => pod.labels['app.kubernetes.io/name'] ?? '';
  const attempts: (Attempt & { wanted: boolean; text: string })[] = [];
  for (const [name, { port, from }] of Object.entries(argocdFlows)) {
    const target = pods.find((pod) => pod.namespace === 'argocd' && nameOf(pod) === name);
    if (target === undefined) throw new Error(`${name} is not there`);
    for (const source of pods.filter((pod) => pod !== target))
      attempts.push({
        from: source,
        to: target.ip,
        port,
        wanted: source.namespace === 'argocd' && from.includes(nameOf(source)),
        text: `${source.namespace}/${source.name} → ${name}:${port}`,
      });
  }
  const outcomes = await tryConnections(sandbox, attempts);
  const wrong = attempts.flatMap(({ wanted, text }, at) =>
    outcomes[at] === (wanted ? 'open' : 'no answer') ? [] : [`${text} ${outcomes[at]}`],
  );
  site.record.check({
    group,
    name: "Argo CD's store and repository server admit Argo CD only",
    tried: `${attempts.length} connections: from every pod of the cluster to ports 6379 and 8081`,
    expected: "open for Argo CD's own parts, no answer for others",
    got: wrong.join(', ') || "open for Argo CD's own parts, no answer for others",
    ok: wrong.length === 0,
  });
}

function attempt(from: LivePod): (target: Target) => Attempt {
  return ({ pod, port }) => ({ from, to: pod.ip, port });
}

function describe({ pod, port }: Target): string {
  return `${pod.namespace}/${pod.name}:${port}`;
}

async function targetsOf(site: RehearsalSite, pods: readonly LivePod[]): Promise<Target[]> {
  const read = async (kind: string) => JSON.parse(await site.kubectl(['get', kind, '-A', '-o', 'json'])).items;
  const routes: VirtualService[] = await read('virtualservices.networking.istio.io');
  const services: Service[] = await read('services');
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
          typeof port.targetPort === 'string' ? pod.ports[port.targetPort] : (port.targetPort ?? port.port);
        if (number !== undefined)
          found.set(`${pod.namespace}/${pod.name}:${number}`, {
            pod,
            port: number,
          });
      }
    }
  }
  return [...found.values()];
}
