/**
 * The sandbox by itself: `node --import tsx scripts/rehearsal/sandbox/main.ts build|up|down|status [--folder F]`.
 * What runs on it is not its business.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parse } from 'yaml';
import { chartFolder, chartNames } from './charts.ts';
import { buildSandbox, findSandbox, sandboxDown, sandboxStatus, sandboxUp } from './cluster.ts';
import { messageOf, SandboxError } from './errors.ts';
import { upstreamRepository } from './upstream-repository.ts';

const usage = `usage: main.ts COMMAND [--folder FOLDER] [--git NAME=BARE_REPOSITORY] [--host NAME=ADDRESS]
  build   builds all programs and images, and starts nothing
  up      starts a cluster, builds what is absent first
  down    ends it and takes away what it left
  status  says what runs`;

const repositoryRoot = resolve(import.meta.dirname, '../../..');
const report = (line: string) => console.log(line);

function option(name: string): string[] {
  return process.argv.flatMap((word, at) => (word === `--${name}` ? [process.argv[at + 1] ?? ''] : []));
}

function pairs(name: string): Record<string, string> {
  return Object.fromEntries(
    option(name).map((text) => [text.slice(0, text.indexOf('=')), text.slice(text.indexOf('=') + 1)]),
  );
}

/** The charts that this repository names and that can be made from modules, under the versions that it names. */
async function chartsOfThisRepository(): Promise<string[]> {
  const charts: string[] = [];
  const infrastructure = join(repositoryRoot, 'infrastructure');
  for (const component of readdirSync(infrastructure)) {
    const file = join(infrastructure, component, 'upstream.yaml');
    if (!existsSync(file)) continue;
    const { chart, version } = parse(readFileSync(file, 'utf8'));
    const name = chartNames.find((known) => known === chart);
    if (name) charts.push(await chartFolder(name, String(version)));
  }
  return charts;
}

async function up(folder: string): Promise<void> {
  const repositories = { ...pairs('git'), 'argo-cd': await upstreamRepository('argo-cd', ['manifests']) };
  const charts = await chartsOfThisRepository();
  const sandbox = await sandboxUp({ folder, charts, repositories, hosts: pairs('host'), report });
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
  if (process.argv[2] === 'build') await buildSandbox({ report });
  else if (process.argv[2] === 'up') await up(folder);
  else if (process.argv[2] === 'down') await sandboxDown(folder);
  else if (process.argv[2] === 'status') await status(folder);
  else throw new SandboxError(usage);
}

main().catch((error) => {
  console.error(error instanceof SandboxError ? messageOf(error) : error);
  process.exitCode = error instanceof SandboxError ? 1 : 70;
});
