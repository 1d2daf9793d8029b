import { type LivePod, type Outcome, readPods, startPod, tryConnections } from '../connections.ts';
import type { RehearsalSite } from '../site.ts';
import { said } from './tenants-site.ts';

/** Quota, Pod Security, the rights of a tenant's members, and network access between pods. */
export async function tryLimits(site: RehearsalSite, group: string): Promise<void> {
  const lead = ['--as', 'lead@example.com'];
  const expect = (name: string, tried: string, expected: RegExp, got: string) =>
    site.record.check({
      group,
      name,
      tried,
      expected: expected.source,
      // Warnings come first.
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
    /Only the platform may write this kind in a tenant's namespace/,
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
    'an owner has no rights elsewhere',
    "kubectl create configmap in beta as alpha's owner",
    /forbidden/i,
    await create({ ...settings, metadata: { name: 'mine', namespace: 'beta' } }, ...lead),
  );
  await tryNetwork(site, group);
}

/** Connections from tenants' pods, and from a pod outside all tenants to theirs. Additional namespaces have no pod to connect from. */
async function tryNetwork(site: RehearsalSite, group: string): Promise<void> {
  const { sandbox } = site;
  if (sandbox === undefined) return;
  const made: Awaited<ReturnType<typeof startPod>>[] = [];
  try {
    for (const namespace of ['alpha--dev', 'default']) made.push(await startPod(site, sandbox, { namespace }));
    const pods = await readPods(site);
    const pod = (namespace: string, label = 'app', value?: string) => {
      const found = pods.find(
        (one) => one.namespace === namespace && (value === undefined || one.labels[label] === value),
      );
      if (found === undefined) throw new Error(`${namespace} has no pod with ${label}: ${value}`);
      return found;
    };
    const name = 'app.kubernetes.io/name';
    const [gateway, nobody, dev] = [pod('ingress'), pod('default'), pod('alpha--dev')];
    const [alpha, beta] = [pod('alpha', 'app', 'web'), pod('beta', 'app', 'web')];
    const flows: [from: LivePod, to: LivePod, port: number, wanted: Outcome][] = [
      [gateway, alpha, 8082, 'open'],
      [alpha, pod('alpha', 'app', 'outside'), 8082, 'open'],
      [alpha, dev, 8082, 'open'],
      [dev, alpha, 8082, 'open'],
      [alpha, beta, 8082, 'no answer'],
      [beta, alpha, 8082, 'no answer'],
      [nobody, alpha, 8082, 'no answer'],
      [alpha, nobody, 8082, 'no answer'],
      [alpha, pod('argocd', name, 'argocd-server'), 8080, 'no answer'],
      [alpha, pod('argocd', name, 'argocd-repo-server'), 8081, 'no answer'],
      [dev, pod('argocd', name, 'argocd-redis'), 6379, 'no answer'],
      [alpha, pod('auth', 'app.kubernetes.io/name', 'oauth2-proxy'), 4180, 'no answer'],
      [alpha, pod('kube-system', 'k8s-app', 'kube-dns'), 53, 'open'],
      [alpha, pod('kube-system', 'k8s-app', 'metrics-server'), 10250, 'no answer'],
      [alpha, pod('istio-system', 'app', 'istiod'), 15012, 'open'],
    ];
    const outcomes = await tryConnections(
      sandbox,
      flows.map(([from, to, port]) => ({ from, to: to.ip, port })),
    );
    const described = flows.map(
      ([from, to, port, wanted]) => `${from.namespace} → ${to.namespace}/${to.name}:${port} ${wanted}`,
    );
    const wrong = described.flatMap((text, at) =>
      outcomes[at] === flows[at]?.[3] ? [] : [`${text}: ${outcomes[at]}`],
    );
    site.record.check({
      group,
      name: 'network policies',
      tried: `connections: ${described.join(', ')}`,
      expected: 'as written',
      got: wrong.length === 0 ? 'as written' : `not so: ${wrong.join(', ')}`,
      ok: wrong.length === 0,
    });
  } finally {
    for (const { remove } of made) await remove();
  }
}
