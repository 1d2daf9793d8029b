import { cp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { $ } from 'zx/core';
import { ask } from '../../rehearsal/observe/ask.ts';
import { freePort } from '../../sandbox/api-server.ts';
import { buildPrograms } from '../../sandbox/build.ts';
import { moduleFolder } from '../../sandbox/modules.ts';
import { logTail, startUntilReady, stopProcess } from '../../sandbox/processes.ts';

/** The real Dex, on loopback. */
export interface RealDex {
  /** `http://127.0.0.1:PORT`; Dex is at the path of its issuer. */
  url: string;
  /** The last lines that it wrote. */
  log(): string;
  stop(): Promise<void>;
}

/**
 * Starts the real Dex with its store in memory, and waits until it is ready. It ends with the test.
 *
 * @param folder for its settings and log
 * @param settings its config file's, for its URL; they name neither storage nor addresses
 * @param options.root folder with files that are mounted over those of its image
 * @throws SandboxError with the end of its log, when it ends or is not ready in time
 */
export async function startRealDex(
  folder: string,
  settings: (url: string) => Record<string, unknown> & { frontend?: { dir?: string } },
  options: { port?: number; env?: NodeJS.ProcessEnv; root?: string } = {},
): Promise<RealDex> {
  const { dex } = await buildPrograms(['dex'], { report: (line) => console.log(line) });
  const [port, telemetry] = [options.port ?? (await freePort()), await freePort()];
  const [name, url] = [`dex-${port}`, `http://127.0.0.1:${port}`];
  const file = join(folder, `${name}.yaml`);
  const { frontend, ...others } = settings(url);
  const pages = frontend?.dir === undefined ? {} : { frontend: { ...frontend, dir: join(folder, `${name}-web`) } };
  if (frontend?.dir !== undefined) {
    await cp(join(await moduleFolder('dex'), 'web'), join(folder, `${name}-web`), { recursive: true });
    await $`chmod -R u+w ${join(folder, `${name}-web`)}`;
    if (options.root !== undefined)
      await cp(options.root + frontend.dir, join(folder, `${name}-web`), { recursive: true });
  }
  await writeFile(file, stringify({ ...others, ...pages, storage: { type: 'memory' } }));
  const addresses = ['--web-http-addr', `127.0.0.1:${port}`, '--telemetry-addr', `127.0.0.1:${telemetry}`];
  const env = { PATH: process.env.PATH, HOME: folder, ...options.env };
  await startUntilReady(
    folder,
    { name, command: [dex, 'serve', ...addresses, file], env, endWithParent: true },
    async () => (await ask(`http://127.0.0.1:${telemetry}/healthz/ready`)).status === 200,
  );
  return { url, log: () => logTail(folder, name), stop: () => stopProcess(folder, name) };
}
