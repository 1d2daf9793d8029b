import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buildPrograms } from '../sandbox/build.ts';
import { dnsAddress } from '../sandbox/network.ts';
import { openAuthority } from '../sandbox/pki.ts';
import { ask } from './observe/ask.ts';
import type { RehearsalSite } from './site.ts';

/** A running ACME server. */
export interface AcmeServer {
  /** URL of its directory. */
  directory: string;
  /** PEM of the CA that signed its own certificate. */
  ownCa: string;
  /** PEM of the root of its issued certificates. */
  root: string;
  stop(): Promise<void>;
}

const name = 'pebble';
const ports = { directory: 14000, management: 15000 };

/**
 * Starts Pebble, Let's Encrypt's ACME server for tests, in the sandbox's network. It validates hosts like Let's Encrypt: it
 * resolves the name with the cluster's name server and connects to port 80.
 *
 * @param lifetime of its certificates, in seconds
 */
export async function startPebble(site: RehearsalSite, lifetime: number): Promise<AcmeServer> {
  const { sandbox } = site;
  if (sandbox === undefined) throw new Error('Pebble needs a sandbox');
  const folder = join(sandbox.folder, name);
  await mkdir(folder, { recursive: true });
  const { node } = sandbox.network;
  const authority = await openAuthority(join(folder, 'pki'));
  const own = await authority.issue({ name, commonName: name, subjectAltNames: [`IP:${node}`] });
  const config = {
    pebble: {
      listenAddress: `${node}:${ports.directory}`,
      managementListenAddress: `${node}:${ports.management}`,
      certificate: own.certificate,
      privateKey: own.key,
      httpPort: 80,
      tlsPort: 443,
      profiles: { default: { description: 'short', validityPeriod: lifetime } },
    },
  };
  const file = join(folder, 'config.json');
  await writeFile(file, JSON.stringify(config));
  const { pebble } = await buildPrograms([name], { report: () => {} });
  // Disables its deliberate delays and refusals, which test clients, not platforms.
  const settings = ['PEBBLE_VA_NOSLEEP=1', 'PEBBLE_WFE_NONCEREJECT=0'];
  await sandbox.start(name, ['env', ...settings, pebble, '-config', file, '-dnsserver', `${dnsAddress}:53`]);
  const root = await site.until(
    'Pebble answers',
    async () => {
      const { status, body } = await ask(`https://${node}:${ports.management}/roots/0`);
      return status === 200 ? body : undefined;
    },
    60,
  );
  return {
    directory: `https://${node}:${ports.directory}/dir`,
    ownCa: await readFile(authority.ca.certificate, 'utf8'),
    root,
    stop: () => sandbox.stop(name),
  };
}
