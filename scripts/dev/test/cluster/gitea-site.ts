import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Gitea, startGitea } from '../../sandbox/gitea.ts';
import { openSite, type TestSite } from './site.ts';

/** A site whose tree goes to a real Gitea, on which nothing is yet. */
export interface GiteaSite {
  gitea: Gitea;
  site: TestSite;
  /** Of a person who may create repositories in the organization. */
  token: string;
  stop(): Promise<void>;
}

/** Starts a Gitea, and opens a site that names a repository there, to be read by a deploy key. */
export async function openGiteaSite(repository: string, host?: string): Promise<GiteaSite> {
  const folder = mkdtempSync(join(tmpdir(), 'breakwater-host-'));
  const gitea = await startGitea({ folder: join(folder, 'gitea'), report: (line) => console.log(line) });
  await gitea.makeUser('root-admin', true);
  await gitea.makeUser('ann');
  const token = await gitea.makeToken('ann', ['write:repository', 'write:issue', 'write:organization', 'read:user']);
  await gitea.call(token, 'POST', '/orgs', { username: repository.split('/')[0] });
  const knownHosts = join(folder, 'known_hosts');
  writeFileSync(knownHosts, gitea.knownHosts);
  const section = {
    url: gitea.sshUrl(repository),
    credentials: { deployKey: { knownHosts: { file: knownHosts } } },
    host: { url: gitea.url, token: { env: 'GITEA_TOKEN' } },
    webhook: true,
    caFile: gitea.caFile,
  };
  const site = await openSite({
    ...(host === undefined ? {} : { host }),
    git: { section, environment: { GITEA_TOKEN: token } },
  });
  return {
    gitea,
    site,
    token,
    stop: async () => {
      await site.stop();
      await gitea.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
