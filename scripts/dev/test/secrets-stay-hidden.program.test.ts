import { afterEach, expect, it } from 'vitest';
import { type TestRepository, testRepository } from './repository.ts';

let repository: TestRepository;
afterEach(() => repository.remove());

const marker = 'MARKERTOKEN0123456789';
const cluster = `name: prod
host: platform.example.com
git: {url: "https://127.0.0.1:9/a/b.git", credentials: {token: {env: PLATFORM_TOKEN}}}
kubeflow: {components: []}
auth: {users: [{email: user@example.com}]}
`;

// NODE_DEBUG prints the environment of each program that is started: see https://nodejs.org/api/cli.html#node_debugmodule
it.each(['bootstrap', 'bootstrap --dry-run', 'doctor', 'diff --base HEAD'])(
  '%s prints no secret for debugging',
  (command) => {
    const debug = { DEBUG: '*', NODE_DEBUG: 'child_process,http,https,net', GIT_TRACE: '1', GIT_CURL_VERBOSE: '1' };
    repository = testRepository({ prod: cluster }, { PLATFORM_TOKEN: marker, ...debug });
    const { stdout, stderr } = repository.breakwater(...command.split(' '));
    // It did debug, and the token was found.
    expect(stderr).toContain('CHILD_PROCESS');
    expect(stderr).not.toMatch(/simple-git/);
    expect(stdout + stderr).not.toContain('PLATFORM_TOKEN is not set');
    expect(stdout + stderr).not.toContain(marker);
    expect(stdout + stderr).not.toContain(Buffer.from(marker).toString('base64'));
  },
);
