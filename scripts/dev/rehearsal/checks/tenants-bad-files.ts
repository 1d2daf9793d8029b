import type { RehearsalSite } from '../site.ts';
import { lookAtFolders, said } from './tenants-site.ts';

/** Files that no review should accept, and what they try. Argo CD cannot render them. */
const bad: Readonly<Record<string, string>> = {
  'bad-yaml': 'kind: [namespace\n',
  'bad-list': '- kind: namespace\n',
  'bad-template': 'kind: namespace\nowner: "{{ .Values.platform.repository }}"\n',
  'bad-neighbour': 'kind: namespace\nowner: eve@example.com\nnamespaces: [bad-neighbour, alpha]\n',
  'bad-place': 'kind: namespace\nowner: eve@example.com\nnamespaces: [bad-place, kube-system]\n',
  'bad-path': 'kind: namespace\nowner: eve@example.com\nroutes: [{path: /tenants/alpha/, service: web, port: 80}]\n',
  'bad-anchors': `kind: namespace\nowner: eve@example.com\na: &a [x,x,x,x,x,x,x,x,x]\n${['b', 'c', 'd', 'e', 'f', 'g', 'h'].map((name, index) => `${name}: &${name} [${Array(9).fill(`*${'abcdefg'[index]}`).join(', ')}]`).join('\n')}\n`,
};

/** A tenant's attempt to set the platform's values: Argo CD overrides them with the real ones. */
const greedy = {
  name: 'greedy',
  text: `kind: namespace
owner: eve@example.com
deletionPolicy: delete
part: place
platform: {reserved: [], reservedPattern: ^never$, gatewayPrincipal: "*", gatewayNamespace: beta, argocd: greedy}
`,
};

/** A bad file affects no other tenant: pushed without validation, next to a good tenant. */
export async function tryBadFiles(site: RehearsalSite, group: string): Promise<void> {
  const before = await namespaces(site);
  const commit = await site.change('Bad tenants, and a good one', {
    ...Object.fromEntries(Object.entries(bad).map(([name, text]) => [`tenants/${name}/tenant.yaml`, text])),
    [`tenants/${greedy.name}/tenant.yaml`]: greedy.text,
    'tenants/empty/tenant.yaml': '',
    'tenants/gamma/tenant.yaml': 'kind: namespace\nowner: cy@example.com\ndeletionPolicy: delete\n',
  });
  const { code, stderr } = await site.program(['validate']);
  const unnamed = [...Object.keys(bad), greedy.name, 'empty'].filter(
    (name) => !stderr.includes(`tenants/${name}/tenant.yaml`),
  );
  site.record.check({
    group,
    name: 'validation refuses each of them',
    tried: `npm run validate with ${Object.keys(bad).length + 2} bad files`,
    expected: 'exit code 2, each file named',
    got: `exit code ${code}, not named: ${unnamed.join(', ') || 'none'}`,
    ok: code === 2 && unnamed.length === 0,
  });
  await lookAtFolders(site);
  await site.until(
    'the good tenant beside them has its place',
    async () => {
      const found = await said(site, ['-n', 'gamma', 'get', 'rolebinding,resourcequota', '-o', 'name']);
      return found.includes('rolebinding') && found.includes('resourcequota') ? found : undefined;
    },
    180,
  );
  const refused = await site
    .until(
      'Argo CD has looked at all of them',
      async () => {
        const found = new Map((await site.applications()).map((one) => [one.metadata.name, one.status]));
        const parts = Object.keys(bad).flatMap((name) => [`tenant-${name}-access`, `tenant-${name}-place`]);
        const waiting = parts.filter(
          (name) => !found.get(name)?.conditions?.some(({ type }) => type === 'ComparisonError'),
        );
        if (waiting.length > 0) throw new Error(`no ComparisonError: ${waiting.join(', ')}`);
        return parts;
      },
      180,
    )
    .catch(() => []);
  const made = (await namespaces(site)).filter((name) => !before.includes(name));
  const healthy = (await site.applications()).filter(
    ({ metadata, status }) => /^tenant-(alpha|beta|gamma)-/.test(metadata.name) && status?.health?.status !== 'Healthy',
  );
  site.record.check({
    group,
    name: 'bad files affect only themselves',
    tried: `${Object.keys(bad).join(', ')} and an empty file, pushed past every check, with the good tenant gamma and the greedy one beside them`,
    expected: 'both Applications of each bad one: ComparisonError; made: gamma, greedy; alpha, beta, gamma: Healthy',
    got: `${refused.length} of ${2 * Object.keys(bad).length}: ComparisonError; made: ${made.join(', ')}; not Healthy: ${healthy.map(({ metadata }) => metadata.name).join(', ') || 'none'}`,
    ok: refused.length === 2 * Object.keys(bad).length && made.join() === 'gamma,greedy' && healthy.length === 0,
  });
  await tryGreedy(site, group);
  await site.revert(commit);
  await lookAtFolders(site);
  await site.until(
    'gamma and greedy, whose deletionPolicy is delete, have gone with their folders',
    async () => ((await namespaces(site)).some((name) => ['gamma', greedy.name].includes(name)) ? undefined : true),
    180,
  );
  site.record.check({
    group,
    name: 'deletionPolicy: delete',
    tried: 'the folders of gamma and greedy removed by a push',
    expected: 'their namespaces are deleted',
    got: 'their namespaces went',
    ok: true,
  });
}

async function tryGreedy(site: RehearsalSite, group: string): Promise<void> {
  const read = async (namespace: string, kind: string, path: string) =>
    (await said(site, ['-n', namespace, 'get', kind, '-o', `jsonpath=${path}`])).trim();
  await site.until(
    'the access of greedy is synced',
    async () => {
      const found = (await site.applications()).find(
        ({ metadata }) => metadata.name === `tenant-${greedy.name}-access`,
      );
      return found?.status?.sync?.status === 'Synced' ? true : undefined;
    },
    120,
  );
  const principals = await read(
    greedy.name,
    'authorizationpolicies.security.istio.io/user-eve-example-com-clusterrole-admin',
    '{.spec.rules[*].from[*].source.principals[*]}',
  );
  const from = await read(
    greedy.name,
    'networkpolicy/openings',
    '{.spec.ingress[*].from[*].namespaceSelector.matchExpressions[*].values[*]}',
  );
  const project = await read('argocd', 'appproject/tenant-greedy', '{.spec.destinations[*].namespace}');
  const got = `${principals}; ${from}; ${project}`;
  const expected = 'cluster.local/ns/ingress/sa/istio-ingressgateway; ingress greedy; greedy';
  site.record.check({
    group,
    name: 'a tenant.yaml sets nothing of the platform',
    tried: `${greedy.text.trim().split('\n').at(-1)}; then who may call its pods, by mesh and network, and where its project may write`,
    expected,
    got,
    ok: got === expected,
  });
}

async function namespaces(site: RehearsalSite): Promise<string[]> {
  const list = await site.kubectl(['get', 'namespaces', '-o', 'name']);
  return list
    .trim()
    .split('\n')
    .map((name) => name.replace('namespace/', ''));
}
