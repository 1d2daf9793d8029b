import { isAllowed, type NetworkPolicy, type PolicyPod } from '../network-policy.ts';
import type { Site } from '../site.ts';
import { said } from './tenants-site.ts';

/** Quota, Pod Security, what people of a tenant may write, and who may call whom. */
export async function tryLimits(site: Site, group: string): Promise<void> {
  const lead = ['--as', 'lead@example.com'];
  const expect = (name: string, tried: string, expected: RegExp, got: string) =>
    site.record.check({
      group,
      name,
      tried,
      expected: expected.source,
      // Warnings stand before it.
      got: (got.split('\n').find((line) => expected.test(line)) ?? got).trim().slice(-300),
      ok: expected.test(got),
    });
  const create = (object: object, ...words: string[]) =>
    said(site, ['create', '--dry-run=server', '-f', '-', ...words], JSON.stringify(object));
  const pod = (namespace: string, container: object) => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'one-more', namespace },
    spec: { containers: [{ name: 'c', image: 'example.invalid/c', ...container }] },
  });
  expect(
    'quota holds',
    'a third pod, where two are the quota',
    /exceeded quota: tenant/,
    await create(pod('alpha', {})),
  );
  expect(
    'quota of a further namespace is its own',
    'a first pod in alpha--dev',
    /created \(server dry run\)/,
    await create(pod('alpha--dev', {})),
  );
  expect(
    'Pod Security holds',
    'a privileged pod',
    /violates PodSecurity "baseline/,
    await create(pod('alpha--dev', { securityContext: { privileged: true } })),
  );
  const policy = {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: 'open', namespace: 'alpha' },
    spec: { podSelector: {}, ingress: [{}], egress: [{}], policyTypes: ['Ingress', 'Egress'] },
  };
  expect(
    'an owner writes no network policy',
    "kubectl create networkpolicy as alpha's owner, whose role allows it",
    /In a tenant's namespace this kind is the platform's/,
    await create(policy, ...lead),
  );
  const settings = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'mine', namespace: 'alpha' } };
  expect(
    'an owner writes the rest',
    "kubectl create configmap as alpha's owner",
    /created \(server dry run\)/,
    await create(settings, ...lead),
  );
  expect(
    'an owner is nobody elsewhere',
    "kubectl create configmap in beta as alpha's owner",
    /forbidden/i,
    await create({ ...settings, metadata: { name: 'mine', namespace: 'beta' } }, ...lead),
  );
  await tryNetwork(site, group);
}

/** By evaluation: the rehearsal's network plugin enforces no policy. */
async function tryNetwork(site: Site, group: string): Promise<void> {
  const policies: NetworkPolicy[] = JSON.parse(
    await site.kubectl(['get', 'networkpolicies.networking.k8s.io', '-A', '-o', 'json']),
  ).items;
  const pod = (namespace: string): PolicyPod => ({
    namespace,
    namespaceLabels: { 'kubernetes.io/metadata.name': namespace },
    labels: { app: 'web' },
    ports: {},
  });
  const flows: [from: string, to: string, port: number, wanted: boolean][] = [
    ['ingress', 'alpha', 8082, true],
    ['alpha', 'alpha', 8082, true],
    ['alpha', 'alpha--dev', 8082, true],
    ['alpha', 'beta', 8082, false],
    ['beta', 'alpha', 8082, false],
    ['default', 'alpha', 8082, false],
    ['alpha', 'argocd', 8080, false],
    ['alpha', 'auth', 4180, false],
    ['alpha', 'kube-system', 53, true],
    ['alpha', 'kube-system', 10250, false],
    ['alpha', 'istio-system', 15012, true],
  ];
  const wrong = flows.filter(
    ([from, to, port, wanted]) => isAllowed(policies, { from: pod(from), to: pod(to), port }) !== wanted,
  );
  site.record.check({
    group,
    name: 'network policies, by evaluation',
    tried: flows.map(([from, to, port, wanted]) => `${from} → ${to}:${port} ${wanted ? 'yes' : 'no'}`).join(', '),
    expected: 'as written',
    got:
      wrong.length === 0
        ? 'as written'
        : `not so: ${wrong.map(([from, to, port]) => `${from} → ${to}:${port}`).join(', ')}`,
    ok: wrong.length === 0,
  });
}
