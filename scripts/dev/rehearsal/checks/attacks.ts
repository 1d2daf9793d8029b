import { RunError } from '../../../report/errors.ts';
import type { AttackResult } from '../record.ts';
import type { RehearsalSite } from '../site.ts';
import type { Check } from './check.ts';

const group = 'attacks';

/** The attack suite that users run on their own platform, with two users. */
export const check: Check = {
  name: group,
  title: 'The attack suite',
  quick: true,
  run: async (site) => {
    const requests = await attack(site);
    site.record.requests(requests);
    for (const name of new Set(requests.map((request) => request.group))) {
      const tried = requests.filter((request) => request.group === name && request.outcome !== 'skipped');
      const failed = tried.filter(({ outcome }) => outcome === 'failed');
      site.record.check({
        group,
        name,
        tried: `${tried.length} requests of the attack suite`,
        expected: 'each answered as expected',
        got:
          failed.length === 0 ? 'all were' : failed.map(({ id, why }) => `${id}: ${why ?? 'wrong answer'}`).join('; '),
        ok: failed.length === 0,
        ...(tried.length === 0
          ? { skipped: requests.find((request) => request.group === name)?.why ?? 'skipped' }
          : {}),
      });
    }
  },
};

/**
 * The attack suite while apps are exposed: it must pass, and cover each of them.
 *
 * @param apps names of apps, or of groups of the suite with a trailing slash
 */
export async function attackApps(
  site: RehearsalSite,
  name: string,
  apps: readonly string[],
  more: readonly string[] = [],
): Promise<void> {
  const tried = (await attack(site, more)).filter(({ outcome }) => outcome !== 'skipped');
  const failed = tried.filter(({ outcome }) => outcome === 'failed');
  const counts = apps.map((app) => ({
    app,
    count: tried.filter(({ id }) => id.startsWith(app.endsWith('/') ? app : `places/app-${app}-`)).length,
  }));
  site.record.check({
    group: name,
    name: 'the attack suite holds, and covers each app',
    tried: `npm run verify ${more.join(' ')}: ${tried.length} requests; ${counts.map(({ app, count }) => `${count} at ${app}`).join(', ')}`,
    expected: 'each answered as expected, and some at each app',
    got: failed.length === 0 ? 'all were' : failed.map(({ id, why }) => `${id}: ${why ?? 'wrong answer'}`).join('; '),
    ok: failed.length === 0 && counts.every(({ count }) => count > 0),
  });
}

/**
 * @param more further arguments for `verify`
 * @throws RunError if it did not finish
 */
async function attack(site: RehearsalSite, more: readonly string[] = []): Promise<AttackResult[]> {
  const { owner, other } = site.users;
  const words = ['verify', '--cluster', site.cluster, '--context', site.context, '--json'];
  const { code, stdout, stderr } = await site.program([
    ...words,
    ...['--user', owner.email, '--second-user', other.email],
    ...(site.sandbox === undefined ? [] : ['--probe-image', site.sandbox.probeImage]),
    ...more,
  ]);
  const requests = requestsOf(stdout);
  if (requests === undefined)
    throw new RunError(`verify ended with exit code ${code}`, {
      details: (stderr || stdout).trim().split('\n').slice(-10),
    });
  return requests;
}

function requestsOf(stdout: string): AttackResult[] | undefined {
  try {
    return JSON.parse(stdout).requests;
  } catch {
    return undefined;
  }
}
