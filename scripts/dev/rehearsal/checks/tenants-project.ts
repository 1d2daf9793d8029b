import type { RehearsalSite } from '../site.ts';
import { said } from './tenants-site.ts';

interface Attempt {
  name: string;
  tried: string;
  path: string;
  namespace: string;
  repository?: string;
  /** Default: the project of the tenant's folder, which may read this repository. */
  project?: string;
  /** Part of Argo CD's refusal. */
  refusal: RegExp;
}

const folder = 'rehearsal-of-alpha';

const manifests: Readonly<Record<string, object>> = {
  role: {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRole',
    metadata: { name: 'alpha-everything' },
    rules: [{ apiGroups: ['*'], resources: ['*'], verbs: ['*'] }],
  },
  route: {
    apiVersion: 'networking.istio.io/v1',
    kind: 'VirtualService',
    metadata: { name: 'mine' },
    spec: { hosts: ['*'], gateways: ['ingress/ingress-gateway'], http: [{ redirect: { uri: '/' } }] },
  },
  endpoints: {
    apiVersion: 'v1',
    kind: 'Endpoints',
    metadata: { name: 'web' },
    subsets: [{ addresses: [{ ip: '169.254.169.254' }], ports: [{ port: 80 }] }],
  },
  alias: {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'mine' },
    spec: { type: 'ExternalName', externalName: 'argocd-server.argocd.svc.cluster.local' },
  },
  published: {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'mine' },
    spec: { type: 'LoadBalancer', selector: { app: 'web' }, ports: [{ port: 80 }] },
  },
  proxy: {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: 'mine' },
    spec: {
      template: {
        metadata: { annotations: { 'sidecar.istio.io/proxyImage': 'example.invalid/proxy' } },
        spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'example.invalid/c' }] },
      },
    },
  },
  // In no list: Kubernetes' role "edit" can only read them.
  unlisted: { apiVersion: 'apps/v1', kind: 'ControllerRevision', metadata: { name: 'mine' }, revision: 1 },
  elsewhere: {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'mine', namespace: 'beta' },
    data: { text: 'from alpha' },
  },
};

/** Applications in a tenant's project with forbidden content: Argo CD refuses each. */
export async function tryProject(site: RehearsalSite, group: string): Promise<void> {
  const commit = await site.change(
    'Manifests that no tenant may apply',
    Object.fromEntries(
      Object.entries(manifests).map(([name, object]) => [`${folder}/${name}/object.yaml`, JSON.stringify(object)]),
    ),
  );
  const attempts: Attempt[] = [
    {
      name: 'a ClusterRole',
      tried: 'a ClusterRole, in its own namespace',
      path: 'role',
      namespace: 'alpha',
      refusal: /ClusterRole is not permitted/,
    },
    {
      name: "Istio's routes",
      tried: 'a VirtualService on the gateway',
      path: 'route',
      namespace: 'alpha',
      refusal: /VirtualService is not permitted/,
    },
    {
      name: 'endpoints of its own choice',
      tried: 'Endpoints with the address of a metadata service',
      path: 'endpoints',
      namespace: 'alpha',
      // Argo CD's own exclusions drop them before the project is checked.
      refusal: /Endpoints\b.*(is not permitted|is excluded)/,
    },
    {
      name: 'an alias behind a route',
      tried: "a Service of type ExternalName to Argo CD's server",
      path: 'alias',
      namespace: 'alpha',
      refusal: /must not be of type ExternalName/,
    },
    {
      name: 'a Service around the gateway',
      tried: 'a Service of type LoadBalancer',
      path: 'published',
      namespace: 'alpha',
      refusal: /Publish a tenant with routes/,
    },
    {
      name: 'a proxy of its own',
      tried: 'a Job whose pods set sidecar.istio.io/proxyImage',
      path: 'proxy',
      namespace: 'alpha',
      refusal: /may not set sidecar\.istio\.io\/proxyImage/,
    },
    {
      name: 'a kind that its role does not write',
      tried: 'a ControllerRevision: Argo CD applies it as the tenant',
      path: 'unlisted',
      namespace: 'alpha',
      refusal: /system:serviceaccount:argocd:tenant-alpha" cannot/,
    },
    {
      name: "the platform's repository in an Application of its admins' own",
      tried: 'the project tenant-alpha, and any folder of this repository',
      path: 'elsewhere',
      namespace: 'alpha',
      project: 'tenant-alpha',
      refusal: /is not permitted in project/,
    },
    {
      name: 'an object in another namespace',
      tried: 'a ConfigMap with namespace: beta',
      path: 'elsewhere',
      namespace: 'alpha',
      refusal: /namespace beta is not permitted/,
    },
    {
      name: 'another namespace as destination',
      tried: 'destination.namespace: beta',
      path: 'elsewhere',
      namespace: 'beta',
      refusal: /do not match any of the allowed destinations/,
    },
    {
      name: 'another repository',
      tried: `repoURL: ${site.sandbox?.gitUrl}/argo-cd`,
      path: 'manifests',
      namespace: 'alpha',
      repository: `${site.sandbox?.gitUrl}/argo-cd`,
      refusal: /is not permitted in project/,
    },
  ];
  for (const attempt of attempts) await tryOne(site, group, attempt);
  await site.revert(commit);
}

async function tryOne(site: RehearsalSite, group: string, attempt: Attempt): Promise<void> {
  const name = 'rehearsal-alpha-tries';
  const own = JSON.parse(await site.kubectl(['-n', 'argocd', 'get', 'application', 'tenant-alpha-apps', '-o', 'json']));
  const object = {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Application',
    metadata: { name, namespace: 'argocd' },
    spec: {
      project: attempt.project ?? 'tenant-alpha-apps',
      source: {
        repoURL: attempt.repository ?? own.spec.source.repoURL,
        targetRevision: attempt.repository === undefined ? 'main' : 'HEAD',
        path: attempt.repository === undefined ? `${folder}/${attempt.path}` : attempt.path,
      },
      destination: { server: 'https://kubernetes.default.svc', namespace: attempt.namespace },
      syncPolicy: { automated: {} },
    },
  };
  await site.kubectl(['apply', '-f', '-'], JSON.stringify(object));
  let seen = '';
  try {
    await site.until(
      `Argo CD refuses ${attempt.name}`,
      async () => {
        const { status } = JSON.parse(await site.kubectl(['-n', 'argocd', 'get', 'application', name, '-o', 'json']));
        const results: { message?: string }[] = status?.operationState?.syncResult?.resources ?? [];
        seen = [
          ...(status?.conditions ?? []).map((one: { message: string }) => one.message),
          status?.operationState?.message ?? '',
          ...results.map(({ message }) => message ?? ''),
        ].join(' | ');
        return attempt.refusal.test(seen) ? seen : undefined;
      },
      90,
    );
  } catch {
    // Recorded below, with the result.
  }
  const made = await said(site, ['get', 'clusterrole/alpha-everything', '-o', 'name', '--ignore-not-found']);
  const inside = ['service/mine', 'job/mine', 'controllerrevision/mine', 'configmap/mine'];
  const there = (
    await Promise.all(
      ['alpha', 'beta'].flatMap((namespace) =>
        inside.map((kind) => said(site, ['-n', namespace, 'get', kind, '-o', 'name', '--ignore-not-found'])),
      ),
    )
  ).join('');
  await site.kubectl(['-n', 'argocd', 'delete', 'application', name, '--wait=true']);
  site.record.check({
    group,
    name: `${attempt.name} is refused`,
    tried: `an Application in the project ${attempt.project ?? 'tenant-alpha-apps'}: ${attempt.tried}`,
    expected: `refused (${attempt.refusal.source}), and nothing made`,
    got: `${seen.slice(0, 300)}; made: ${`${made}${there}`.trim() || 'nothing'}`,
    ok: attempt.refusal.test(seen) && `${made}${there}`.trim() === '',
  });
}
