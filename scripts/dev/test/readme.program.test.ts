import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { progress } from '../../cluster/progress.ts';
import { loadCluster } from '../../config/load.ts';
import type { BootstrapContext } from '../../steps/context.ts';
import { wavesOf } from '../../steps/follow-waves.ts';
import { bootstrapSummary } from '../../steps/summary.ts';
import { placePlatform } from '../../tree/place.ts';
import { readMarkdown } from './markdown.ts';
import { type TestRepository, testRepository } from './repository.ts';

// The steps of the README's "Make it yours", each run, and what it promises of the output. "…" stands for what is skipped.

const section = /\n## Make it yours\n([\s\S]*?)\n## /.exec(readMarkdown('README.md'))?.[1] ?? '';
const steps = [...section.matchAll(/^ *```console\n *\$ npm run (\w+) -- (.+)\n([\s\S]*?)^ *```$/gm)].map((match) => ({
  command: match[1] ?? '',
  parameters: (match[2] ?? '').split(' '),
  output: (match[3] ?? '').split('\n').map((line) => line.trim()),
}));

let remote: string;
let repository: TestRepository;

beforeAll(() => {
  remote = mkdtempSync(join(tmpdir(), 'breakwater-readme-'));
  execFileSync('git', ['init', '--quiet', '--bare', remote]);
  repository = testRepository();
});
afterAll(() => {
  repository.remove();
  rmSync(remote, { recursive: true, force: true });
});

/** What step 2 asks people to write into the file, as options. */
const answers = () => ['--email', 'ann@example.com', '--host', 'kubeflow.example.com', '--git-url', `file://${remote}`];

it('the README has its steps', () => {
  expect(steps.map(({ command }) => command)).toEqual(['new', 'doctor', 'bootstrap', 'bootstrap']);
});

// The last step needs a cluster; below is what it prints once all is healthy.
it.each(steps.slice(0, 3))('$command: says what the README shows', ({ command, parameters, output }) => {
  const { code, stdout, stderr } = repository.breakwater(
    command,
    ...parameters,
    ...(command === 'new' ? answers() : []),
  );
  const said = `${stderr}${stdout}`;
  expect(code, said).toBe(0);
  const shown = output
    // As it is written where no person looks.
    .map((line) => line.replace(/^~ /, 'planned ').replace(/^✔ /, 'ok      '))
    .map((line) => line.replace('https://github.com/acme/platform.git', `file://${remote}`))
    .map((line) => line.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  expect(said).toMatch(new RegExp(shown.join('\n\\s*').replaceAll('…', '[\\s\\S]*')));
});

it('bootstrap --wait: the waves and the end that the README shows are those of the cluster of step 2', () => {
  const cluster = loadCluster(repository.root, 'prod');
  const platform = placePlatform(cluster);
  const waves = wavesOf(platform);
  const live = (name: string) => ({
    apiVersion: 'argoproj.io/v1alpha1' as const,
    kind: 'Application' as const,
    metadata: { name, namespace: 'argocd', annotations: { 'breakwater.dev/revision': 'a' } },
    status: {
      sync: { status: 'Synced', revision: 'a', revisions: ['a'] },
      health: { status: 'Healthy' },
      operationState: { phase: 'Succeeded', syncResult: { revision: 'a' } },
    },
  });
  const names = ['platform', ...waves.flatMap(({ applications }) => applications)];
  const question = { root: 'platform', namespace: 'argocd', waves, commit: 'a', context: 'prod', now: Date.now() };
  const { line, waves: lines } = progress(names.map(live), question);
  const context = {
    ...{ cluster, planned: { platform }, connection: {}, leftOut: [] },
    ...{ options: { dryRun: false, push: true, wait: true }, publication: { kind: 'published', commit: 'a' } },
  } as unknown as BootstrapContext;
  const said = [...lines.map((wave) => wave.line), line, bootstrapSummary(context)].join('\n');
  for (const shown of (steps[3]?.output ?? []).filter((one) => one !== '' && one !== '…'))
    expect(said.split('\n')).toContain(shown);
});

it('and with another public port, the end names it', () => {
  const cluster = loadCluster(repository.root, 'prod');
  const context = {
    ...{ cluster: { ...cluster, loadBalancer: { publicPort: 8443 } }, planned: { platform: { waiting: [] } } },
    ...{ connection: {}, leftOut: [], options: { push: true, wait: true }, publication: { kind: 'published' } },
  } as unknown as BootstrapContext;
  expect(bootstrapSummary(context)).toContain('Open https://kubeflow.example.com:8443/');
});
