import type { RehearsalSite } from '../site.ts';
import { lookAtFolders, said, settled, tenantFiles, whoAnswers } from './tenants-site.ts';

/** Removing the folder ends access and keeps data; restoring it restores access; a purge deletes the data. */
export async function tryRemoval(site: RehearsalSite, group: string, cookie: string): Promise<void> {
  const base = `https://${await site.host()}`;
  const page = () => whoAnswers(`${base}/tenants/beta/`, cookie);
  const before = await kept(site);
  const began = Date.now();
  const commit = await site.change('Remove a tenant', { 'tenants/beta': undefined });
  await lookAtFolders(site);
  await site.until('the access of beta has gone', async () => ((await accessOf(site)) === '' ? true : undefined), 120);
  const seconds = Math.round((Date.now() - began) / 1000);
  const status = await site.until(
    'the route has gone',
    async () => {
      const now = await page();
      return isServed(now) ? undefined : now;
    },
    60,
  );
  const after = await kept(site);
  site.record.check({
    group,
    name: 'removal ends access and keeps data',
    tried: `the folder removed by a push; access had gone after ${seconds} s`,
    expected: `its program does not answer; the same objects as before: ${before}`,
    got: `GET /tenants/beta/: ${status}; ${after}`,
    ok: after === before,
  });
  const listed = await site.program(['tenant', 'list', '--cluster', site.cluster]);
  site.record.check({
    group,
    name: 'kept namespaces are listed',
    tried: 'npm run tenant -- list --cluster',
    expected: 'beta, orphaned',
    got: listed.stdout.split('\n').find((line) => line.startsWith('beta')) ?? listed.stderr,
    ok: /^beta +orphaned/m.test(listed.stdout),
  });
  await backAgain(site, group, commit, before, page);
  await goForGood(site, group, page);
}

/** Whether the tenant's own program answered. Without its route, the dashboard does, which serves all other paths. */
function isServed(answer: string): boolean {
  return answer.startsWith('200 web');
}

/** A generator that briefly returns fewer folders looks to the cluster like a removal that is reverted. */
async function backAgain(
  site: RehearsalSite,
  group: string,
  commit: string,
  before: string,
  page: () => Promise<string>,
): Promise<void> {
  const began = Date.now();
  await site.revert(commit);
  await lookAtFolders(site);
  await site.until('beta is served again', async () => (isServed(await page()) ? true : undefined), 120);
  const seconds = Math.round((Date.now() - began) / 1000);
  await settled(site, ['beta']);
  const after = await kept(site);
  site.record.check({
    group,
    name: 'a short outage of the generator costs seconds of access, and no data',
    tried: 'the folder put back; the same objects (by uid), and the same pods',
    expected: before,
    got: `${after}; served again after ${seconds} s`,
    ok: after === before,
  });
}

async function goForGood(site: RehearsalSite, group: string, page: () => Promise<string>): Promise<void> {
  const folders = [...new Set(Object.keys(tenantFiles(site)).map((path) => path.split('/').slice(0, 2).join('/')))];
  await site.change('Remove the tenants', Object.fromEntries(folders.map((folder) => [folder, undefined])));
  await lookAtFolders(site);
  await site.until(
    'no Application of a tenant is left',
    async () => {
      const left = (await site.applications()).filter(({ metadata }) => metadata.name.startsWith('tenant-'));
      return left.length === 0 ? true : undefined;
    },
    180,
  );
  const asked = await site.program(['tenant', 'purge', 'beta', '--cluster', site.cluster]);
  const there = await said(site, ['get', 'namespace', 'beta', '-o', 'name']);
  const purged = await Promise.all(
    ['alpha', 'beta'].map((name) => site.program(['tenant', 'purge', name, '--cluster', site.cluster, '--yes'])),
  );
  await site.until(
    'their namespaces have gone',
    async () =>
      /not found/i.test(`${await said(site, ['get', 'namespace', 'alpha'])}`) &&
      /not found/i.test(`${await said(site, ['get', 'namespace', 'beta'])}`)
        ? true
        : undefined,
    180,
  );
  const served = await page();
  site.record.check({
    group,
    name: 'purge deletes kept namespaces, only after confirmation',
    tried: 'npm run tenant -- purge beta, without a terminal; then with --yes',
    expected: 'exit code 2, the claim named, namespace there; then 0 and 0, its program does not answer',
    got: `exit code ${asked.code}, ${asked.stdout.includes('data') ? 'the claim named' : asked.stdout.slice(0, 200)}, ${there.trim()}; then ${purged.map(({ code }) => code).join(' and ')}, ${served}`,
    ok:
      asked.code === 2 &&
      asked.stdout.includes('data') &&
      there.includes('namespace/beta') &&
      purged.every(({ code }) => code === 0) &&
      !isServed(served),
  });
}

/** Objects that must not change: namespace, claims, data, quota, limits and pods, each with its uid. */
async function kept(site: RehearsalSite): Promise<string> {
  const path = '{range .items[*]}{.kind}/{.metadata.name}={.metadata.uid} {end}';
  const kinds = 'persistentvolumeclaim,configmap/note,resourcequota,limitrange,pod';
  const namespace = await said(site, ['get', 'namespace', 'beta', '-o', 'jsonpath={.metadata.uid}']);
  const inside = await Promise.all(
    kinds
      .split(',')
      .map((kind) =>
        said(site, [
          '-n',
          'beta',
          'get',
          ...kind.split('/'),
          '-o',
          kind.includes('/') ? 'jsonpath={.kind}/{.metadata.name}={.metadata.uid} ' : `jsonpath=${path}`,
        ]),
      ),
  );
  return `Namespace/beta=${namespace} ${inside.join('')}`.trim();
}

async function accessOf(site: RehearsalSite): Promise<string> {
  const label = 'breakwater.dev/tenant=beta';
  const kinds =
    'rolebindings,virtualservices.networking.istio.io,authorizationpolicies.security.istio.io,networkpolicies';
  const inside = await site.kubectl(['-n', 'beta', 'get', kinds, '-l', label, '-o', 'name']);
  const project = await site.kubectl(['-n', 'argocd', 'get', 'appprojects', '-l', label, '-o', 'name']);
  // Policies that permit nothing stay.
  return `${inside}${project}`
    .split('\n')
    .filter((name) => name !== '' && !name.endsWith('/default-deny'))
    .join(' ');
}
