import type { Site } from '../site.ts';
import { lookAtFolders, said } from './tenants-site.ts';

/** Files that no review should let pass, and what they try. */
const bad: Readonly<Record<string, string>> = {
  'bad-yaml': 'kind: [namespace\n',
  'bad-list': '- kind: namespace\n',
  'bad-template': 'kind: namespace\nowner: "{{ .Values.platform.repository }}"\n',
  'bad-platform':
    'kind: namespace\nowner: eve@example.com\nplatform: {reserved: [], gatewayPrincipal: "*"}\npart: place\n',
  'bad-neighbour': 'kind: namespace\nowner: eve@example.com\nnamespaces: [bad-neighbour, alpha]\n',
  'bad-place': 'kind: namespace\nowner: eve@example.com\nnamespaces: [bad-place, kube-system]\n',
  'bad-path': 'kind: namespace\nowner: eve@example.com\nroutes: [{path: /tenants/alpha/, service: web, port: 80}]\n',
  'bad-anchors': `kind: namespace\nowner: eve@example.com\na: &a [x,x,x,x,x,x,x,x,x]\n${['b', 'c', 'd', 'e', 'f', 'g', 'h'].map((name, index) => `${name}: &${name} [${Array(9).fill(`*${'abcdefg'[index]}`).join(', ')}]`).join('\n')}\n`,
};

/** One bad file among good ones stops nobody: a push past every check, with a good tenant beside. */
export async function tryBadFiles(site: Site, group: string): Promise<void> {
  const before = await namespaces(site);
  const commit = await site.change('Bad tenants, and a good one', {
    ...Object.fromEntries(Object.entries(bad).map(([name, text]) => [`tenants/${name}/tenant.yaml`, text])),
    'tenants/empty/tenant.yaml': '',
    'tenants/gamma/tenant.yaml': 'kind: namespace\nowner: cy@example.com\ndeletionPolicy: delete\n',
  });
  const { code, stderr } = await site.program(['validate']);
  const unnamed = [...Object.keys(bad), 'empty'].filter((name) => !stderr.includes(`tenants/${name}/tenant.yaml`));
  site.record.check({
    group,
    name: 'validation refuses each of them',
    tried: `npm run validate with ${Object.keys(bad).length + 1} bad files`,
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
        const words = Object.keys(bad).map((name) => {
          const conditions = [...(found.get(`tenant-${name}-access`)?.conditions ?? [])].map(({ type }) => type);
          return [name, conditions.includes('ComparisonError') ? 'ComparisonError' : ''] as const;
        });
        return words.every(([, word]) => word !== '') ? words : undefined;
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
    name: 'bad files stop themselves only',
    tried: `${Object.keys(bad).join(', ')} and an empty file, pushed past every check, with the good tenant gamma beside them`,
    expected: 'each bad one: ComparisonError; made: gamma; alpha, beta, gamma: Healthy',
    got: `${refused.length} of ${Object.keys(bad).length}: ComparisonError; made: ${made.join(', ')}; not Healthy: ${healthy.map(({ metadata }) => metadata.name).join(', ') || 'none'}`,
    ok: refused.length === Object.keys(bad).length && made.join() === 'gamma' && healthy.length === 0,
  });
  await site.revert(commit);
  await lookAtFolders(site);
  await site.until(
    'gamma, whose deletionPolicy is delete, has gone with its folder',
    async () => ((await namespaces(site)).includes('gamma') ? undefined : true),
    180,
  );
  site.record.check({
    group,
    name: 'deletionPolicy: delete',
    tried: 'the folder of gamma removed by a push',
    expected: 'its namespace goes',
    got: 'its namespace went',
    ok: true,
  });
}

async function namespaces(site: Site): Promise<string[]> {
  const list = await site.kubectl(['get', 'namespaces', '-o', 'name']);
  return list
    .trim()
    .split('\n')
    .map((name) => name.replace('namespace/', ''));
}
