import { RunError } from '../../../report/errors.ts';
import type { RehearsalSite } from '../site.ts';

const namespace = 'rehearsal-stranger';
const forged = ['kubeflow-userid', 'x-hello-user'].flatMap((name) => ['-H', `${name}: root@example.com`]);
const mark = [
  '-H',
  'x-breakwater-app: hello',
  '-H',
  'x-hello-role: Operator',
  '-H',
  'kubeflow-groups: platform-admins',
];

/** Pods in another namespace, in the mesh and outside it, that call an app with everything that the gateway would send. */
export async function tryStrangers(site: RehearsalSite, group: string): Promise<void> {
  try {
    for (const meshed of [true, false]) await tryOne(site, group, meshed);
  } finally {
    await site.kubectl(['delete', 'namespace', namespace, '--ignore-not-found', '--wait=false']);
  }
}

async function tryOne(site: RehearsalSite, group: string, meshed: boolean): Promise<void> {
  const name = meshed ? 'in-the-mesh' : 'outside-the-mesh';
  await site.kubectl(
    ['apply', '-f', '-'],
    JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects(site, name, meshed) }),
  );
  await site.kubectl(['-n', namespace, 'wait', '--for=condition=Ready', `pod/${name}`, '--timeout=120s']);
  for (const [app, url] of [
    ['hello', 'http://hello.hello.svc.cluster.local/hello/'],
    ['metrics', 'http://prometheus.metrics.svc.cluster.local/metrics-of-debian/-/ready'],
  ] as const) {
    const answer = await curl(site, name, url);
    site.record.check({
      group,
      name: `a pod ${name.replaceAll('-', ' ')} calls ${app} directly`,
      tried: `curl ${url} from another namespace, with forged identity headers and the mark of the gateway's filter`,
      expected: '403, or no answer',
      got: answer,
      ok: answer === '403' || answer === '000',
    });
  }
}

function objects(site: RehearsalSite, name: string, meshed: boolean): object[] {
  return [
    {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: namespace, labels: { 'istio-injection': 'enabled' } },
    },
    {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name, namespace, labels: { 'sidecar.istio.io/inject': String(meshed) } },
      spec: {
        containers: [{ name: 'curl', image: site.sandbox?.probeImage ?? '', command: ['sleep', '3600'] }],
        terminationGracePeriodSeconds: 1,
      },
    },
  ];
}

/** @returns the status; 000 without an answer */
async function curl(site: RehearsalSite, pod: string, url: string): Promise<string> {
  const words = ['curl', '-s', '-o', '/dev/null', '-m', '10', '-w', '%{http_code}', ...forged, ...mark, url];
  try {
    return (await site.kubectl(['-n', namespace, 'exec', pod, '-c', 'curl', '--', ...words])).trim();
  } catch (error) {
    // curl prints 000 and fails if the connection is reset.
    const text = error instanceof RunError ? [error.message, ...error.details].join(' ') : String(error);
    if (/exit code (7|28|35|52|56)\b/.test(text)) return '000';
    throw error;
  }
}
