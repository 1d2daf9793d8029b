/**
 * The sandbox by itself: `node --import tsx scripts/dev/sandbox/main.ts build|up|down|status [--folder F]`.
 * What runs on it is not its business.
 */
import { resolve } from 'node:path';
import { buildSandbox, findSandbox, sandboxDown, sandboxStatus, sandboxUp } from './cluster.ts';
import { messageOf, SandboxError } from './errors.ts';
import { chartsOf, imageVersionsOf, repositoriesOf, repositoryRoot } from './of-repository.ts';

const usage = `usage: main.ts COMMAND [--folder FOLDER] [--git NAME=BARE_REPOSITORY] [--host NAME=ADDRESS]
  build   builds all programs and images, and starts nothing
  up      starts a cluster, builds what is absent first
  down    ends it and takes away what it left
  status  says what runs`;

const images = imageVersionsOf(repositoryRoot);
const report = (line: string) => console.log(line);

function option(name: string): string[] {
  return process.argv.flatMap((word, at) => (word === `--${name}` ? [process.argv[at + 1] ?? ''] : []));
}

function pairs(name: string): Record<string, string> {
  return Object.fromEntries(
    option(name).map((text) => [text.slice(0, text.indexOf('=')), text.slice(text.indexOf('=') + 1)]),
  );
}

async function up(folder: string): Promise<void> {
  const repositories = { ...pairs('git'), ...(await repositoriesOf(repositoryRoot)) };
  const charts = await chartsOf(repositoryRoot);
  const sandbox = await sandboxUp({ folder, images, charts, repositories, hosts: pairs('host'), report });
  console.log(JSON.stringify(sandbox, null, 2));
}

async function status(folder: string): Promise<void> {
  const sandbox = await findSandbox(folder);
  console.log(sandbox ? JSON.stringify(sandbox, null, 2) : `no sandbox runs in ${folder}`);
  for (const [name, runs] of Object.entries(await sandboxStatus(folder)))
    console.log(`${runs ? 'runs ' : 'ended'}  ${name}`);
}

async function main(): Promise<void> {
  const folder = resolve(option('folder')[0] ?? '/var/lib/breakwater/sandbox');
  if (process.argv[2] === 'build') await buildSandbox({ images, report });
  else if (process.argv[2] === 'up') await up(folder);
  else if (process.argv[2] === 'down') await sandboxDown(folder);
  else if (process.argv[2] === 'status') await status(folder);
  else throw new SandboxError(usage);
}

main().catch((error) => {
  console.error(error instanceof SandboxError ? messageOf(error) : error);
  process.exitCode = error instanceof SandboxError ? 1 : 70;
});
