import { randomBytes, randomUUID } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hash } from 'bcryptjs';
import { stringify } from 'yaml';
import { buildPrograms } from '../../sandbox/build.ts';
import { ask } from '../observe/ask.ts';
import type { RehearsalSite } from '../site.ts';
import type { Account } from '../state.ts';

/** A running OpenID Connect provider with one client. */
export interface Provider {
  issuer: string;
  clientID: string;
  clientSecret: string;
  stop(): Promise<void>;
}

const name = 'provider';
const port = 5558;
const clientID = 'breakwater';

/**
 * Starts a second Dex in the sandbox's network, as an external OpenID Connect provider. It uses plain HTTP: the rehearsal tests
 * identities, not this connection.
 *
 * @param people its users; their addresses count as verified
 * @param redirectURI permitted redirect URI
 */
export async function startProvider(
  site: RehearsalSite,
  people: readonly Account[],
  redirectURI: string,
): Promise<Provider> {
  const { sandbox } = site;
  if (sandbox === undefined) throw new Error('the provider needs a sandbox');
  const folder = join(sandbox.folder, name);
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const address = `${sandbox.network.node}:${port}`;
  const issuer = `http://${address}/dex`;
  const clientSecret = randomBytes(24).toString('base64url');
  const config = {
    issuer,
    storage: { type: 'memory' },
    web: { http: address },
    oauth2: { skipApprovalScreen: true },
    staticClients: [{ id: clientID, name: 'Breakwater', secret: clientSecret, redirectURIs: [redirectURI] }],
    enablePasswordDB: true,
    staticPasswords: await Promise.all(
      people.map(async ({ email, password, groups }) => ({
        email,
        username: email,
        userID: randomUUID(),
        hash: await hash(password, 10),
        emailVerified: true,
        groups: [...groups],
      })),
    ),
  };
  const file = join(folder, 'config.yaml');
  await writeFile(file, stringify(config), { mode: 0o600 });
  const { dex } = await buildPrograms(['dex'], { report: () => {} });
  await sandbox.start(name, [dex, 'serve', file]);
  const answers = async () =>
    (await ask(`${issuer}/.well-known/openid-configuration`)).status === 200 ? true : undefined;
  await site.until('the second Dex answers', answers, 60);
  return { issuer, clientID, clientSecret, stop: () => sandbox.stop(name) };
}
