import { RunError } from '../../../report/errors.ts';
import { ask } from '../observe/ask.ts';
import type { RehearsalSite } from '../site.ts';

/** Files that the check of tenants adds to the repository, by path; beta's member is the other user, alpha's a group. */
export function tenantFiles(site: RehearsalSite): Record<string, string> {
  const [team = ''] = site.users.owner.groups;
  const image = site.sandbox?.fakeImage ?? '';
  return {
    'tenants/alpha/tenant.yaml': `displayName: Alpha
kind: namespace
owner: lead@example.com
members: [{group: ${team}, role: edit}]
namespaces: [alpha, alpha--dev]
quota: {pods: 2, cpu: "1", storage: 1Gi, claims: 1}
routes:
  - {path: /tenants/alpha/outside/, service: outside, port: 80}
  - {path: /tenants/alpha/, service: web, port: 80}
`,
    'tenants/alpha/apps/web.yaml': web('web', image),
    'tenants/alpha/apps/outside.yaml': web('outside', image, 'false'),
    'tenants/alpha/apps/data.yaml': claim,
    'tenants/beta/tenant.yaml': `kind: namespace
owner: ${site.users.other.email}
routes: [{path: /tenants/beta/, service: web, port: 80}]
`,
    'tenants/beta/apps/web.yaml': web('web', image),
    'tenants/beta/apps/data.yaml': claim,
  };
}

const claim = `apiVersion: v1
kind: PersistentVolumeClaim
metadata:
  name: data
  annotations: {argocd.argoproj.io/ignore-healthcheck: "true"}
spec:
  accessModes: [ReadWriteOnce]
  storageClassName: none-here
  resources: {requests: {storage: 1Gi}}
---
# Pending is how a claim of an unknown storage class stays; what matters is that it stays.
apiVersion: v1
kind: ConfigMap
metadata: {name: note}
data: {text: keep me}
`;

function web(name: string, image: string, inject = 'true'): string {
  return `apiVersion: apps/v1
kind: Deployment
metadata: {name: ${name}}
spec:
  selector: {matchLabels: {app: ${name}}}
  template:
    metadata:
      labels: {app: ${name}, sidecar.istio.io/inject: "${inject}"}
    spec:
      containers:
        - name: web
          image: ${image}
          env: [{name: NAME, value: ${name}}]
          ports: [{containerPort: 8082}]
          readinessProbe: {httpGet: {path: /, port: 8082}}
---
apiVersion: v1
kind: Service
metadata: {name: ${name}}
spec:
  selector: {app: ${name}}
  ports: [{name: http, port: 80, targetPort: 8082}]
`;
}

/** Makes the ApplicationSets check Git now, like a webhook; otherwise they check every half minute. */
export async function lookAtFolders(site: RehearsalSite): Promise<void> {
  for (const part of ['place', 'access', 'apps']) {
    const words = ['annotate', 'applicationset', `tenants-${part}`, 'argocd.argoproj.io/application-set-refresh=true'];
    await site.kubectl(['-n', 'argocd', ...words, '--overwrite']);
  }
}

/**
 * Requests a page of a tenant. Kubeflow's dashboard serves all other paths, so a status alone proves little.
 *
 * @returns status, name of the program that answered, and the user it saw; only the status if no program answered
 */
export async function whoAnswers(
  url: string,
  cookie: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<string> {
  const { status, body } = await ask(url, { headers: { accept: 'application/json', cookie, ...headers } });
  const said = (key: string) => new RegExp(`"${key}":"([^"]*)"`).exec(body)?.[1] ?? '';
  return `${status} ${said('name')} ${said('user')}`.trim();
}

/** @returns kubectl's output, or the refusal */
export async function said(site: RehearsalSite, words: readonly string[], input?: string): Promise<string> {
  try {
    return await site.kubectl(words, input);
  } catch (error) {
    if (error instanceof RunError) return error.details.join('\n');
    return error instanceof Error ? error.message : String(error);
  }
}

/** Waits until the three Applications of each tenant are Synced and Healthy. */
export async function settled(site: RehearsalSite, tenants: readonly string[], seconds = 300): Promise<void> {
  const wanted = tenants.flatMap((tenant) => ['access', 'place', 'apps'].map((part) => `tenant-${tenant}-${part}`));
  await site.until(
    `${wanted.join(', ')} are Healthy`,
    async () => {
      const found = new Map((await site.applications()).map((one) => [one.metadata.name, one.status]));
      const waiting = wanted.filter((name) => {
        const status = found.get(name);
        return status?.sync?.status !== 'Synced' || status.health?.status !== 'Healthy';
      });
      if (waiting.length > 0) {
        const words = waiting.map((name) => {
          const status = found.get(name);
          const reason = status?.conditions?.[0]?.message ?? status?.operationState?.message ?? '';
          return `${name}: ${status?.sync?.status ?? 'not there'} ${status?.health?.status ?? ''} ${reason.slice(0, 200)}`;
        });
        throw new Error(words.join('; '));
      }
      return true;
    },
    seconds,
  );
}
