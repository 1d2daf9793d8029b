import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { checkout, type TestRepository, testRepository } from './repository.ts';

let repository: TestRepository;
afterEach(() => repository.remove());

/** It gives a program a terminal. */
const recorder = 'script';
const onTerminal = it.skipIf(spawnSync(recorder, ['--version']).status !== 0);
const file = (path: string) => join(repository.root, path);

const kubeconfig = `apiVersion: v1
kind: Config
clusters: [{name: a, cluster: {server: 'https://127.0.0.1:1'}}]
users: [{name: a, user: {}}]
contexts:
  - {name: other, context: {cluster: a, user: a}}
  - {name: prod, context: {cluster: a, user: a}}
`;

/** Runs a command on a terminal, and answers each question as it comes. */
async function terminal(parameters: readonly string[], answers: Readonly<Record<string, string>>) {
  repository.write('.breakwater/kubeconfig', kubeconfig);
  const command = [process.execPath, join(checkout, 'scripts', 'start.mjs'), ...parameters];
  const quoted = command.map((word) => `'${word}'`).join(' ');
  const child = spawn(recorder, ['--quiet', '--return', '--command', quoted, '/dev/null'], {
    cwd: repository.root,
    env: { ...process.env, KUBECONFIG: file('.breakwater/kubeconfig') },
  });
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => {
    const before = said;
    said += chunk;
    for (const [question, answer] of Object.entries(answers))
      if (!before.includes(question) && said.includes(question)) child.stdin.write(`${answer}\n`);
  });
  const code = await new Promise((resolve) => child.once('close', resolve));
  return { code, said };
}

const questions = {
  'Git repository that Argo CD reads': '',
  'Context in your kubeconfig': 'prd',
  'has no context "prd"': '',
  'Host: ': 'https://kubeflow.acme.io',
  'must be a host, not a URL': 'kubeflow.acme.io',
  'Certificates: ': '',
  'Load balancer: ': '10.0.0.8-10.0.0.15',
  'first user': 'ann@acme.io',
};

onTerminal('asks for what most users change, with detected defaults, and shows the file before it writes', async () => {
  repository = testRepository();
  repository.git('remote', 'add', 'origin', 'https://github.com/acme/platform.git');
  const refused = await terminal(['new', 'prod'], { ...questions, 'Write this': 'n' });
  expect(refused.code).toBe(1);
  expect(refused.said).toContain('[https://github.com/acme/platform.git]');
  expect(refused.said).toContain('none: no cluster yet, other, prod');
  expect(existsSync(file('clusters/prod'))).toBe(false);

  const made = await terminal(['new', 'prod'], { ...questions, 'Write this': '', 'Remove clusters/demo': 'y' });
  expect(made.code, made.said).toBe(0);
  expect(made.said.replaceAll('\r', '')).toContain(`name: prod
host: kubeflow.acme.io
kubernetes:
  context: prod
git:
  url: https://github.com/acme/platform.git
auth:
  users:
    - email: ann@acme.io
tls:
  acme:
    email: ann@acme.io
loadBalancer:
  metallb:
    pools:
      - name: public
        addresses: [10.0.0.8-10.0.0.15]
`);
  expect(existsSync(file('clusters/demo'))).toBe(false);
  expect(readFileSync(file('removals.yaml'), 'utf8')).toContain('- clusters/demo\n');
  repository.git('add', '.');
  expect(repository.breakwater('render').code).toBe(0);
  const { code, stdout } = repository.breakwater('validate', '--base', 'HEAD');
  expect(code, stdout).toBe(0);
});

it('asks nothing elsewhere: options set the same, and what is wrong is named by its option', () => {
  repository = testRepository();
  const options = ['--tls', 'issuer:company', '--load-balancer', 'node-port', '--host', '10.0.0.7', '--remove-demo'];
  const made = repository.breakwater('new', 'prod', ...options);
  expect(made).toMatchObject({ code: 0, stdout: expect.stringContaining('npm run doctor -- --cluster prod') });
  expect(readFileSync(file('clusters/prod/cluster.yaml'), 'utf8')).toContain(
    'tls:\n  existingIssuer:\n    name: company\n',
  );
  expect(existsSync(file('clusters/demo'))).toBe(false);
  for (const [option, value] of [
    ['--tls', 'letsencrypt'],
    ['--tls', 'acme'],
    ['--load-balancer', 'metal'],
    ['--git-url', 'github.com'],
  ] as const) {
    const wrong = repository.breakwater('new', 'second', option, value);
    expect(wrong).toMatchObject({ code: 2, stderr: expect.stringContaining(`  ${option}: `) });
  }
  expect(existsSync(file('clusters/second'))).toBe(false);
});

onTerminal('a cluster that does not exist is refused on a terminal, too, and not made', async () => {
  repository = testRepository();
  const { code, said } = await terminal(['bootstrap', '--cluster', 'nope'], {});
  expect(code).toBe(2);
  expect(said).toContain('npm run new -- nope');
  expect(existsSync(file('clusters/nope'))).toBe(false);
});
