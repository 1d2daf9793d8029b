import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { runProgram } from '../rehearsal/run-program.ts';
import { repositoryRoot } from '../sandbox/of-repository.ts';

// Docker, kind, k3d and kubectl are fakes that write down how they were called: the choice, the commands, and what is removed are
// tested, and the bootstrap ends where it asks the cluster, after it has checked the cluster.yaml that a try writes.

let folder: string;
let state: string;
const log = () => readFileSync(join(folder, 'log'), 'utf8').trimEnd().split('\n');

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'breakwater-try-'));
  state = join(folder, 'state');
  writeFileSync(join(folder, 'log'), '');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function fake(name: string, script: string): void {
  const path = join(folder, 'bin', name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `#!/bin/sh\necho "${name} $*" >> '${folder}/log'\n${script}\n`);
  chmodSync(path, 0o755);
}

/** A Docker with some memory, and the programs that make clusters. */
function fakeDocker(memory: number, ...programs: string[]): void {
  fake('docker', `echo ${memory}`);
  for (const name of programs)
    fake(
      name,
      `case "$*" in
        *create*) touch '${folder}/cluster' ;;
        *delete*) rm '${folder}/cluster' ;;
        "get clusters" | "cluster list --no-headers") if [ -e '${folder}/cluster' ]; then echo "breakwater-try 1/1"; fi ;;
      esac`,
    );
  fake('kubectl', `case "$*" in *get-contexts*) echo ${programs[0]}-breakwater-try ;; esac`);
}

/** As a user who is not root would run it, with all state in a folder of the test's own. */
async function attempt(...words: string[]) {
  const program = [process.execPath, '--import', 'tsx', 'scripts/dev/try/main.ts'] as const;
  const PATH = [join(folder, 'bin'), process.env.PATH].join(delimiter);
  const env = { ...process.env, PATH, BREAKWATER_TRY_FOLDER: join(state, 'try'), KUBECONFIG: join(folder, 'users') };
  return await runProgram([...program, ...words], { cwd: repositoryRoot, env });
}

describe('npm run try', () => {
  it('shows what it would do with kind, asks once, and changes nothing before the answer', async () => {
    fakeDocker(4_000_000_000, 'kind', 'k3d');
    const { code, stdout, stderr } = await attempt('--dry-run');
    expect(code, stderr).toBe(0);
    expect(stdout).toContain('  kind create cluster --name breakwater-try --config ');
    expect(stdout).toContain('  npm run rehearse -- up --folder ');
    expect(stdout).toContain('To remove all of it: npm run try -- --down');
    expect(stdout).toContain('Docker has 4.0 GB of memory; 8 GB are needed.');
    expect((await attempt()).code).toBe(2);
    expect(log()).not.toContainEqual(expect.stringContaining('create'));
    expect(existsSync(state)).toBe(false);
  });

  it.each([
    ['kind', 'kind delete cluster --name breakwater-try'],
    ['k3d', 'k3d cluster delete breakwater-try'],
  ])('makes a cluster with %s, installs the platform on it, and removes both', async (provider, removal) => {
    fakeDocker(16_000_000_000, provider);
    const { code, stdout, stderr } = await attempt('--yes');
    // The fake cluster has no API server.
    expect(code).toBe(1);
    expect(stdout + stderr).toContain('npm run rehearse -- up ended with exit code 1');
    expect(stdout + stderr).toContain('npm run try -- --down');
    expect(stdout + stderr).toMatch(/the bootstrap ended with exit code/);
    const [create] = log().filter((line) => / create /.test(line));
    expect(create).toMatch(
      provider === 'kind' ? /^kind create cluster --name breakwater-try --config .* --wait 5m$/ : /--disable=traefik/,
    );
    if (provider === 'kind')
      expect(parse(readFileSync(join(state, 'try', 'kind.yaml'), 'utf8')).nodes[0].extraPortMappings).toEqual([
        { containerPort: 30443, hostPort: 8443, listenAddress: '127.0.0.1' },
      ]);
    // The user's own kubeconfig is neither read nor written.
    expect(existsSync(join(folder, 'users'))).toBe(false);
    const cluster = parse(readFileSync(join(state, 'try', 'repository/clusters/rehearsal/cluster.yaml'), 'utf8'));
    expect(cluster).toMatchObject({
      host: 'kubeflow.localhost',
      kubernetes: { context: `${provider}-breakwater-try` },
      loadBalancer: { nodePort: { https: 30443, publicPort: 8443 } },
    });
    const validated = await runProgram([process.execPath, 'scripts/start.mjs', 'render', '--cluster', 'rehearsal'], {
      cwd: join(state, 'try', 'repository'),
    });
    expect(validated.code, validated.stderr).toBe(0);

    const gone = await attempt('--down');
    expect(gone.code, gone.stderr).toBe(0);
    expect(log()).toContain(removal);
    expect(existsSync(join(state, 'try'))).toBe(false);
    expect((await attempt('--down')).stdout).toContain('There was nothing to remove.');
  });

  it('names what is missing where neither kind nor k3d is there, and an unknown provider', async () => {
    fake('docker', 'exit 1');
    const { code, stderr } = await attempt('--on', 'kind', '--dry-run');
    expect(code).toBe(1);
    expect(stderr).toContain('Docker does not run');
    expect((await attempt('--on', 'minikube')).stderr).toContain('--on takes kind, k3d, sandbox');
  });
});
