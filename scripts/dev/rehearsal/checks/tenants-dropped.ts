import type { RehearsalSite } from '../site.ts';
import { said, settled, tenantFiles } from './tenants-site.ts';

const file = 'tenants/alpha/tenant.yaml';

/** A tenant's file no longer lists one of its namespaces: access to it ends, and it stays until it is purged. */
export async function tryDropped(site: RehearsalSite, group: string): Promise<void> {
  const text = tenantFiles(site)[file] ?? '';
  await site.change('Drop a namespace of a tenant', { [file]: text.replace('[alpha, alpha--dev]', '[alpha]') });
  for (const part of ['access', 'place'])
    await site.kubectl([
      ...['-n', 'argocd', 'annotate', 'application', `tenant-alpha-${part}`],
      ...['argocd.argoproj.io/refresh=normal', '--overwrite'],
    ]);
  const bindings = () => said(site, ['-n', 'alpha--dev', 'get', 'rolebindings,networkpolicies', '-o', 'name']);
  await site.until(
    'the access to the dropped namespace has gone',
    async () => (/rolebinding|openings/.test(await bindings()) ? undefined : true),
    180,
  );
  await settled(site, ['alpha']);
  const left = (await bindings()).trim().split('\n').sort().join(', ');
  const quota = (await said(site, ['-n', 'alpha--dev', 'get', 'resourcequota', '-o', 'name'])).trim();
  site.record.check({
    group,
    name: 'a namespace that a tenant drops loses access, stays, and does not block any sync',
    tried: "alpha's file without alpha--dev; its role bindings and network policies, and its quota",
    expected: 'networkpolicy.networking.k8s.io/default-deny; resourcequota/tenant',
    got: `${left}; ${quota}`,
    ok: left === 'networkpolicy.networking.k8s.io/default-deny' && quota === 'resourcequota/tenant',
  });
  const listed = await site.program(['tenant', 'list', '--cluster', site.cluster]);
  const purged = await site.program(['tenant', 'purge', 'alpha', '--cluster', site.cluster, '--yes']);
  await site.until(
    'the dropped namespace has gone',
    async () => {
      const answer = await said(site, ['get', 'namespace', 'alpha--dev', 'alpha', '-o', 'name']);
      return /"alpha--dev" not found/.test(answer) ? true : undefined;
    },
    120,
  );
  const there = (await said(site, ['get', 'namespace', 'alpha', '-o', 'name'])).trim();
  const line = listed.stdout.split('\n').find((each) => /^alpha +orphaned/.test(each)) ?? listed.stdout;
  site.record.check({
    group,
    name: 'and a purge deletes it, but not the others',
    tried: 'npm run tenant -- list, then purge alpha --yes',
    expected: 'alpha--dev listed as orphaned; exit code 0; namespace/alpha',
    got: `${line.trim()}; exit code ${purged.code}; ${there}`,
    ok: line.includes('alpha--dev') && purged.code === 0 && there === 'namespace/alpha',
  });
}
