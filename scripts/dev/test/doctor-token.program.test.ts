import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type AnsweringServer, startAnsweringServer } from '../testing/answering-server.ts';
import { gitIn } from '../testing/git-in.ts';
import { type TestRepository, testRepository } from './repository.ts';

let server: AnsweringServer;
let repository: TestRepository;
beforeAll(async () => {
  server = await startAnsweringServer();
  const url = `${server.origin}/acme/platform.git`;
  repository = testRepository(
    {
      prod: `name: prod
host: kubeflow.acme.io
git:
  url: ${url}
  publish: pull-request
  webhook: true
  caFile: ../ca.pem
  credentials: {token: {env: GIT_TOKEN}}
  host: {kind: gitlab}
kubeflow: {components: []}
auth: {users: [{email: ann@acme.io}]}
`,
    },
    { GIT_TOKEN: 's3cret-token', NO_PROXY: '127.0.0.1', no_proxy: '127.0.0.1' },
  );
  repository.write('../ca.pem', readFileSync(server.caFile, 'utf8'));
  // git itself goes to a folder: only the API is stubbed.
  gitIn(repository.root)('init', '--quiet', '--bare', '../platform.git');
  repository.git('config', `url.file://${encodeURI(repository.root)}/../platform.git.insteadOf`, url);
});
afterAll(async () => {
  repository.remove();
  await server.stop();
});

async function doctor(...parameters: string[]) {
  const child = repository.start('doctor', '--cluster', 'prod', ...parameters);
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => (said += chunk));
  const code = await new Promise((resolve) => child.once('close', resolve));
  return { code, said };
}

const project = (access_level: number) => ({
  status: 200,
  body: {
    path_with_namespace: 'acme/platform',
    visibility: 'private',
    permissions: { project_access: { access_level }, group_access: null },
  },
});

it('doctor names each right that the token lacks, and the permission to give', async () => {
  server.answers = { 'GET /api/v4/projects/acme%2Fplatform': [project(30), project(30)] };
  const { code, said } = await doctor('--verbose');
  expect(code, said).toBe(1);
  expect(said).toContain(
    'MISSING git host: GitLab: the token may not set a webhook. The token needs the scope api, from a maintainer of the project.',
  );
  expect(said).not.toContain('open pull requests');
  expect(said).toMatch(/^ {4}GET https:\/\/127\.0\.0\.1:\d+\/api\/v4\/projects\/acme%2Fplatform, 200 \(\d+\.\d s\)$/m);
  expect(said).not.toContain('s3cret');
});

it('doctor says what a sufficient token may do', async () => {
  server.answers = { 'GET /api/v4/projects/acme%2Fplatform': [project(40), project(40)] };
  const { said } = await doctor();
  expect(said).toMatch(/^ok {6}git host: GitLab: .* the token seems able to open pull requests, set a webhook$/m);
});
