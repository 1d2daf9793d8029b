import type { RehearsalSite } from '../site.ts';
import { lookAtFolders, said } from './tenants-site.ts';

const lead = 'lead@example.com';

/** Attempts by a tenant's owner with kubectl; a role or an admission policy refuses each. */
export async function tryAttacks(site: RehearsalSite, group: string): Promise<void> {
  const service = (spec: object) => ({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'mine', namespace: 'alpha--dev' },
    spec: { ports: [{ port: 80 }], ...spec },
  });
  const pod = (annotations: object, spec: object = {}) => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'mine', namespace: 'alpha--dev', annotations },
    spec: { containers: [{ name: 'c', image: 'example.invalid/c' }], ...spec },
  });
  const certificate = {
    apiVersion: 'cert-manager.io/v1',
    kind: 'Certificate',
    metadata: { name: 'mine', namespace: 'alpha' },
    spec: {
      isCA: true,
      secretName: 'mine',
      dnsNames: [await site.host()],
      issuerRef: { kind: 'ClusterIssuer', name: 'platform' },
    },
  };
  const profile = {
    apiVersion: 'kubeflow.org/v1',
    kind: 'Profile',
    metadata: { name: 'bob-takes-one' },
    spec: { owner: { kind: 'User', name: lead } },
  };
  const attempts: [name: string, object: object, refusal: RegExp, as?: string][] = [
    ['a certificate of the CA for the host', certificate, /cannot create resource "certificates"/],
    [
      'an alias to Argo CD',
      service({ type: 'ExternalName', externalName: 'argocd-server.argocd.svc' }),
      /of type ExternalName/,
    ],
    ['a load balancer', service({ type: 'LoadBalancer' }), /Publish a tenant with routes/],
    ['a port of the nodes', service({ type: 'NodePort' }), /Publish a tenant with routes/],
    ['addresses of others', service({ externalIPs: ['203.0.113.7'] }), /must not set externalIPs/],
    ['an image of the proxy', pod({ 'sidecar.istio.io/proxyImage': 'x' }), /may not set sidecar/],
    ['a configuration of the proxy', pod({ 'proxy.istio.io/config': '{}' }), /may not set proxy/],
    ["the system's priority", pod({}, { priorityClassName: 'system-node-critical' }), /priorityClasses in tenants/],
    ['a Profile', profile, /cannot create resource "profiles"|by pull request only/],
    [
      'a Profile by the access API',
      profile,
      /cannot create resource "profiles"|by pull request only/,
      'system:serviceaccount:kubeflow:profiles-controller-service-account',
    ],
  ];
  for (const [name, object, refusal, as = lead] of attempts) {
    const got = await said(site, ['create', '--dry-run=server', '--as', as, '-f', '-'], JSON.stringify(object));
    site.record.check({
      group,
      name: `${name} is refused`,
      tried: `kubectl create as ${as}`,
      expected: refusal.source,
      got: got.trim().slice(-300),
      ok: refusal.test(got),
    });
  }
  await tryTakenNamespace(site, group);
}

/** An existing namespace, and a tenant of the same name: nobody gains access to it. */
async function tryTakenNamespace(site: RehearsalSite, group: string): Promise<void> {
  const name = 'rook-ceph';
  await site.kubectl(['create', 'namespace', name]);
  const commit = await site.change('A tenant of the name of a namespace', {
    [`tenants/${name}/tenant.yaml`]: `kind: namespace\nowner: ${lead}\nmembers: [{email: eve@example.com}]\n`,
  });
  await lookAtFolders(site);
  const words = new Map<string, string>();
  await site
    .until(
      'both halves of the tenant are refused',
      async () => {
        for (const { metadata, status } of await site.applications())
          if (metadata.name.startsWith(`tenant-${name}-`))
            words.set(metadata.name, JSON.stringify(status?.operationState ?? {}));
        const place = words.get(`tenant-${name}-place`) ?? '';
        const access = words.get(`tenant-${name}-access`) ?? '';
        return /existed before the tenant/.test(place) && /does not belong to the tenant/.test(access)
          ? true
          : undefined;
      },
      180,
    )
    .catch(() => undefined);
  const kinds = 'rolebindings,networkpolicies,resourcequotas,authorizationpolicies.security.istio.io';
  const made = (await said(site, ['-n', name, 'get', kinds, '-o', 'name'])).trim();
  const labels = await said(site, ['get', 'namespace', name, '-o', 'jsonpath={.metadata.labels}']);
  const refused = [...words.values()].filter((text) =>
    /existed before the tenant|does not belong to the tenant/.test(text),
  );
  site.record.check({
    group,
    name: "an existing namespace never becomes a tenant's",
    tried: `kubectl create namespace ${name}; then a push of tenants/${name}/tenant.yaml`,
    expected: 'both Applications refused; nothing created in it; no label',
    got: `${refused.length} refused; made: ${made || 'nothing'}; labels ${labels}`,
    ok: refused.length >= 2 && made === '' && !labels.includes('breakwater.dev/tenant'),
  });
  await site.revert(commit);
  await lookAtFolders(site);
  await site.kubectl(['delete', 'namespace', name, '--wait=false']);
}
