import { noteTrial } from './refusals.ts';
import { mustRun } from './run-program.ts';
import type { SandboxOfSite } from './sandbox-of-site.ts';
import type { RehearsalSite } from './site.ts';

/** A running pod with its own address. */
export interface LivePod {
  name: string;
  namespace: string;
  labels: Readonly<Record<string, string>>;
  ip: string;
  /** Named ports. */
  ports: Readonly<Record<string, number>>;
}

/** A TCP connection from a pod to an address. */
export interface Attempt {
  from: LivePod;
  to: string;
  port: number;
}

/** Outcome of a connection: `refused` means that it arrived and nothing listens; `no answer` is how a NetworkPolicy appears. */
export type Outcome = 'open' | 'refused' | 'no answer';

/** Time limit of a connection, in seconds: a lost first packet is resent after one. */
const patience = 3;
/** Number of pods that connect at the same time. */
const atOnce = 8;

/** All running pods, except those in the node's network. */
export async function readPods(site: RehearsalSite): Promise<LivePod[]> {
  const pods: RawPod[] = JSON.parse(await site.kubectl(['get', 'pods', '-A', '-o', 'json'])).items;
  return pods
    .filter(({ metadata, spec, status }) => {
      const ends = metadata.deletionTimestamp !== undefined || status.phase !== 'Running';
      return !ends && spec.hostNetwork !== true && status.podIP !== undefined;
    })
    .map(({ metadata, spec, status }) => ({
      name: metadata.name,
      namespace: metadata.namespace,
      labels: metadata.labels ?? {},
      ip: status.podIP ?? '',
      ports: Object.fromEntries(
        spec.containers.flatMap(({ ports = [] }) =>
          ports.flatMap((port) => (port.name === undefined ? [] : [[port.name, port.containerPort]])),
        ),
      ),
    }));
}

interface RawPod {
  metadata: { name: string; namespace: string; labels?: Record<string, string>; deletionTimestamp?: string };
  spec: { hostNetwork?: boolean; containers: { ports?: { name?: string; containerPort: number }[] }[] };
  status: { phase: string; podIP?: string };
}

/**
 * Tries connections from the network namespace of each pod, whatever its image contains. In a pod of the mesh it runs as the user
 * whose packets the proxy does not capture, as any program in the pod could.
 *
 * @returns the outcome of each attempt, in order
 * @throws RunError if a pod no longer exists
 */
export async function tryConnections(sandbox: SandboxOfSite, attempts: readonly Attempt[]): Promise<Outcome[]> {
  const sources = [...new Set(attempts.map(({ from }) => from.ip))];
  const lines = sources.map((ip, at) => {
    const targets = attempts.filter(({ from }) => from.ip === ip).map(({ to, port }) => `${to}/${port}`);
    return `from ${ip} ${[...new Set(targets)].join(' ')} &${at % atOnce === atOnce - 1 ? '\nwait' : ''}`;
  });
  const begin = new Date().toISOString();
  const answer = await mustRun(sandbox.inside(['bash']), { input: `${script}\n${lines.join('\n')}\nwait\n` }).finally(
    () => noteTrial(sandbox, { from: begin, to: new Date().toISOString() }),
  );
  const seen = new Map(
    answer.split('\n').map((line) => [line.slice(0, line.lastIndexOf(' ')), line.slice(line.lastIndexOf(' ') + 1)]),
  );
  return attempts.map(({ from, to, port }) => {
    const code = seen.get(`${from.ip} ${to}/${port}`);
    if (code === undefined) throw new Error(`no connection was tried from ${from.namespace}/${from.name}: is it gone?`);
    return code === '0' ? 'open' : code === '124' ? 'no answer' : 'refused';
  });
}

const script = `declare -A network
for one in /run/netns/*; do
  for ip in $(nsenter --net="$one" ip -4 -o addr show eth0 2>/dev/null | awk '{ split($4, part, "/"); print part[1] }'); do
    network[$ip]=$one
  done
done
from() {
  local ip=$1; shift
  [ -n "\${network[$ip]}" ] || return 0
  for target in "$@"; do
    ( nsenter --net="\${network[$ip]}" setpriv --reuid 1337 --regid 1337 --clear-groups \\
        timeout ${patience} bash -c "exec 3<>/dev/tcp/$target" 2>/dev/null
      echo "$ip $target $?" ) &
  done
  wait
}`;

/**
 * Runs a pod outside the mesh that answers on port 8082, and waits until it is ready.
 *
 * @returns the pod, as from {@link readPods}, and a function that removes it
 */
export async function startPod(
  site: RehearsalSite,
  sandbox: SandboxOfSite,
  { namespace, labels = {} }: { namespace: string; labels?: Readonly<Record<string, string>> },
): Promise<{ pod: LivePod; remove: () => Promise<void> }> {
  const name = 'rehearsal-probe';
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace, labels: { ...labels, 'sidecar.istio.io/inject': 'false' } },
    spec: {
      automountServiceAccountToken: false,
      terminationGracePeriodSeconds: 1,
      securityContext: { runAsNonRoot: true, runAsUser: 65532, seccompProfile: { type: 'RuntimeDefault' } },
      containers: [
        {
          name: 'probe',
          image: sandbox.fakeImage,
          resources: { requests: { cpu: '1m', memory: '8Mi' } },
          securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
          readinessProbe: { httpGet: { path: '/', port: 8082 }, periodSeconds: 1 },
        },
      ],
    },
  };
  await site.kubectl(['create', '-f', '-'], JSON.stringify(pod));
  const remove = async () => {
    await site.kubectl(['-n', namespace, 'delete', 'pod', name, '--ignore-not-found']);
  };
  try {
    await site.kubectl(['-n', namespace, 'wait', '--for=condition=Ready', `pod/${name}`, '--timeout=60s']);
    const found = (await readPods(site)).find((one) => one.namespace === namespace && one.name === name);
    if (found === undefined) throw new Error(`the pod ${namespace}/${name} has no address`);
    return { pod: found, remove };
  } catch (error) {
    await remove();
    throw error;
  }
}
