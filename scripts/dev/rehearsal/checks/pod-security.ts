import { RunError } from '../../../report/errors.ts';
import type { RehearsalSite } from '../site.ts';
import type { Check } from './check.ts';

const group = 'Pod Security';
const level = 'pod-security.kubernetes.io/enforce';
/** Namespaces of the platform that must refuse all but restricted pods. */
const restricted = ['ingress', 'auth'];

interface Pod {
  metadata: { name: string; namespace: string };
  spec: { containers: { name: string }[]; initContainers?: { name: string }[] };
  status: { phase: string; conditions?: { type: string; status: string }[] };
}

/** Pods with sidecars run under the strictest Pod Security level. */
export const check: Check = {
  name: 'pod-security',
  title: 'Pods with sidecars run in namespaces that enforce restricted',
  quick: true,
  run: async (site) => {
    const namespaces: { metadata: { name: string; labels?: Record<string, string> } }[] = await items(
      site,
      'namespaces',
    );
    const enforcing = namespaces
      .filter(({ metadata }) => metadata.labels?.[level] === 'restricted')
      .map(({ metadata }) => metadata.name);
    const pods: Pod[] = (await items<Pod>(site, 'pods', '-A')).filter(
      ({ metadata, status }) => enforcing.includes(metadata.namespace) && status.phase !== 'Succeeded',
    );
    const injected = pods.filter(hasProxy);
    const unready = pods.filter(
      ({ status }) => !status.conditions?.some((one) => one.type === 'Ready' && one.status === 'True'),
    );
    site.record.check({
      group,
      name: 'pods with sidecars run under restricted',
      tried: `all pods of the namespaces that enforce it: ${enforcing.join(', ')}`,
      expected: `among them ${restricted.join(' and ')}; pods with Istio's proxy run, and all are ready`,
      got: `${pods.length} pods, ${injected.length} with the proxy (${injected.map(({ metadata }) => metadata.name).join(', ')}), not ready: ${unready.length}`,
      ok: restricted.every((name) => enforcing.includes(name)) && injected.length > 0 && unready.length === 0,
    });
    for (const namespace of restricted) await refusesPrivileged(site, namespace);
  },
};

function hasProxy({ spec }: Pod): boolean {
  return [...spec.containers, ...(spec.initContainers ?? [])].some(({ name }) => name === 'istio-proxy');
}

async function items<T>(site: RehearsalSite, ...what: string[]): Promise<T[]> {
  return JSON.parse(await site.kubectl(['get', ...what, '-o', 'json'])).items;
}

/** The API server enforces the level; it is more than a label. */
async function refusesPrivileged(site: RehearsalSite, namespace: string): Promise<void> {
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'rehearsal-privileged', namespace },
    spec: { containers: [{ name: 'c', image: 'example.invalid/c', securityContext: { privileged: true } }] },
  };
  let answer = 'accepted';
  try {
    await site.kubectl(['create', '--dry-run=server', '-f', '-'], JSON.stringify(pod));
  } catch (error) {
    answer = error instanceof RunError ? [error.message, ...error.details].join(' ') : String(error);
  }
  site.record.check({
    group,
    name: `a privileged pod is refused in ${namespace}`,
    tried: 'kubectl create --dry-run=server',
    expected: 'refused: violates PodSecurity "restricted"',
    got: /violates PodSecurity[^:]*/.exec(answer)?.[0] ?? answer,
    ok: answer.includes('violates PodSecurity'),
  });
}
