import { logIn, startSession } from '../observe/session.ts';
import type { RehearsalSite } from '../site.ts';
import type { Check } from './check.ts';
import { tryAttacks } from './tenants-attacks.ts';
import { tryBadFiles } from './tenants-bad-files.ts';
import { tryDropped } from './tenants-dropped.ts';
import { tryLimits } from './tenants-limits.ts';
import { tryProject } from './tenants-project.ts';
import { tryRemoval } from './tenants-removal.ts';
import { lookAtFolders, settled, tenantFiles, whoAnswers } from './tenants-site.ts';

const group = 'Tenants';

/** Two teams created by a push: their rights, and what remains after one is removed. */
export const check: Check = {
  name: 'tenants',
  title: 'Tenants by directory: access to their own namespaces only, and data that outlives them',
  quick: false,
  needs: (site) => (site.sandbox === undefined ? "the tenants' image is the sandbox's" : undefined),
  run: async (site) => {
    const began = Date.now();
    await site.change('Add two tenants', tenantFiles(site));
    await lookAtFolders(site);
    await settled(site, ['alpha', 'beta']);
    const seconds = Math.round((Date.now() - began) / 1000);
    site.record.check({
      group,
      name: 'a push creates two tenants',
      tried: 'a commit with two folders; then their Applications, and the pods of their own manifests',
      expected: 'all Synced and Healthy',
      got: `all Synced and Healthy after ${seconds} s`,
      ok: true,
    });
    await tryPages(site);
    await tryProject(site, group);
    await tryLimits(site, group);
    await tryAttacks(site, group);
    await tryBadFiles(site, group);
    await tryDropped(site, group);
    await tryRemoval(site, group, await cookieOf(site, 'other'));
  },
};

/** @returns the session's cookies, for a header */
async function cookieOf(site: RehearsalSite, who: 'owner' | 'other'): Promise<string> {
  const session = startSession();
  await logIn(session, `https://${await site.host()}/`, site.users[who]);
  return [...session.cookies].map(([key, value]) => `${key.split(' ')[1]}=${value}`).join('; ');
}

/** Each user reaches only their own tenant: the owner through a group, the other one by address. */
async function tryPages(site: RehearsalSite): Promise<void> {
  const base = `https://${await site.host()}`;
  const owner = await cookieOf(site, 'owner');
  const other = await cookieOf(site, 'other');
  const get = (path: string, cookie: string, headers?: Record<string, string>) =>
    whoAnswers(base + path, cookie, headers);
  const expect = (name: string, tried: string, expected: string, got: string) =>
    site.record.check({ group, name, tried, expected, got, ok: got === expected });
  await site.until(
    'the routes exist',
    async () => {
      const first = await get('/tenants/beta/', other);
      return first.startsWith('200 web') ? first : undefined;
    },
    60,
  );
  const hexadecimal = Buffer.from(site.users.owner.groups[0] ?? '').toString('hex');
  const forged = {
    'kubeflow-groups': site.users.owner.groups.join(','),
    [`x-breakwater-group-${hexadecimal}`]: '1',
    'kubeflow-userid': site.users.owner.email,
  };
  expect(
    'a member by group',
    'GET /tenants/alpha/, whose member is a group of this person',
    `200 web ${site.users.owner.email}`,
    await get('/tenants/alpha/', owner),
  );
  expect(
    'its owner, by address',
    'GET /tenants/beta/ as its owner',
    `200 web ${site.users.other.email}`,
    await get('/tenants/beta/', other),
  );
  expect(
    "user A to B's namespace",
    'GET /tenants/alpha/ as the owner of beta',
    '403',
    await get('/tenants/alpha/', other),
  );
  expect(
    "user A to B's namespace, with B's identity forged",
    'the same with the group and the address in headers',
    '403',
    await get('/tenants/alpha/', other, forged),
  );
  expect(
    "user B to A's namespace",
    'GET /tenants/beta/ as the member of alpha',
    '403',
    await get('/tenants/beta/', owner),
  );
  expect(
    'nobody',
    'GET /tenants/alpha/ without a session, with forged headers',
    '401',
    await get('/tenants/alpha/', '', forged),
  );
  expect(
    'a service that left the mesh is not served',
    'GET /tenants/alpha/outside/, a pod without a sidecar, as a member of alpha',
    '503',
    await get('/tenants/alpha/outside/', owner),
  );
}
