import { setTimeout as sleep } from 'node:timers/promises';
import { ask } from '../observe/ask.ts';
import { logIn, startSession } from '../observe/session.ts';
import type { Check } from './check.ts';
import { clusterYaml, since } from './commits.ts';
import { passed } from './root.ts';

const group = 'A removed user';
/** Seconds; Dex's tokens are valid for five more minutes. */
const refresh = 60;
const tokensGood = refresh + 300;

/** A user who is removed from cluster.yaml loses access after the refresh, whatever cookie they keep. Tried with the second user. */
export const check: Check = {
  name: 'removed-user',
  title: 'A removed user loses access after the refresh',
  quick: false,
  needs: async (site) => (site.sandbox === undefined ? "the users are the sandbox's" : undefined),
  run: async (site) => {
    const base = `https://${await site.host()}`;
    const short = await site.change(
      'Renew sessions each minute',
      await clusterYaml(site, { 'auth.session.refresh': `${refresh}s` }),
    );
    await passed(site, short);
    const session = startSession();
    await logIn(session, `${base}/`, site.users.other);
    const cookies = () => [...session.cookies].map(([key, value]) => `${key.split(' ')[1]}=${value}`).join('; ');
    const first = await statusOf(base, cookies());
    const removed = await site.change('Remove a user', await clusterYaml(site, { 'auth.users.1': undefined }));
    await passed(site, removed);
    const start = Date.now();
    const status = await site
      .until(
        'the removed user is out',
        async () => {
          await sleep(5_000);
          await session.open(`${base}/`);
          const now = await statusOf(base, cookies());
          return now === 302 ? now : undefined;
        },
        tokensGood + 60,
      )
      .catch(() => statusOf(base, cookies()));
    site.record.check({
      group,
      name: 'has no access after the refresh',
      tried: `auth.session.refresh: ${refresh}s; a login; the user taken out of cluster.yaml; then / every few seconds with the session`,
      expected: `in at first; the login within ${tokensGood} s`,
      got: `${first}, then ${status} after ${since(start)}`,
      ok: first === 200 && status === 302 && Date.now() - start <= (tokensGood + 15) * 1000,
    });
    await passed(site, await site.revert(removed));
    await passed(site, await site.revert(short));
  },
};

async function statusOf(base: string, cookie: string): Promise<number> {
  return (await ask(`${base}/`, { headers: { accept: 'text/html', cookie } })).status;
}
