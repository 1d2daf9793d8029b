import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { RunError } from '../../report/errors.ts';
import { enter, findBox } from '../sandbox/box.ts';
import type { Sandbox } from '../sandbox/cluster.ts';
import { fakeImage, probeImage } from '../sandbox/image-table.ts';
import { stopProcess } from '../sandbox/processes.ts';
import type { ServeSettings } from '../sandbox/serve.ts';
import { servePort, starter } from '../sandbox/start.ts';

/** What only a sandbox offers: access to the machine's inside, and serving to the cluster. */
export interface SandboxOfSite extends Sandbox {
  /** A web program that echoes its requests (JSON with `Accept: application/json`; PORT, NAME by environment). */
  fakeImage: string;
  /** An image with a shell and curl. */
  probeImage: string;
  /** Base address of images, charts and repositories. */
  serveUrl: string;
  /** Serves one more bare repository. @returns its address, for the cluster and for this machine */
  serveRepository(name: string, bareFolder: string): Promise<string>;
  /** The command that runs another one in the cluster's network, as root. */
  inside(command: readonly string[]): readonly [string, ...string[]];
  /** Starts a background program in the sandbox, which stops with it. Its log is FOLDER/sandbox/logs/NAME.log. */
  start(name: string, command: readonly [string, ...string[]]): Promise<void>;
  stop(name: string): Promise<void>;
}

/** @throws RunError if it has stopped */
export function openSandbox(sandbox: Sandbox): SandboxOfSite {
  const { folder } = sandbox;
  const box = findBox(folder);
  if (box === undefined) throw new RunError(`the sandbox in ${folder} has ended`);
  return {
    ...sandbox,
    fakeImage,
    probeImage,
    serveUrl: `http://${sandbox.network.node}:${servePort}`,
    serveRepository: async (name, bareFolder) => {
      const file = join(folder, 'serve.json');
      const settings: ServeSettings = JSON.parse(await readFile(file, 'utf8'));
      const repositories = { ...settings.repositories, [name]: bareFolder };
      await writeFile(`${file}.new`, JSON.stringify({ ...settings, repositories }));
      await rename(`${file}.new`, file);
      return `${sandbox.gitUrl}/${name}`;
    },
    inside: (command) => enter(box, command),
    start: starter(folder, box),
    stop: (name) => stopProcess(folder, name),
  };
}
