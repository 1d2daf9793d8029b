import { execFileSync, spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkout } from './repository.ts';
import { environment, has, script } from './workflow-script.ts';

let place: string;
beforeEach(() => {
  place = mkdtempSync(join(tmpdir(), 'breakwater-workflow-'));
});
afterEach(() => rmSync(place, { recursive: true, force: true }));

describe.runIf(has('bash', 'jq', 'base64'))('the script that commits what was rendered', () => {
  const files = {
    '.github/workflows/ci.yaml': 'name: ci\non: push\njobs: {}\n',
    'clusters/demo/cluster.yaml': 'name: demo\nhost: example.com\n',
    'clusters/demo/apps/04-istiod.yaml': 'targetRevision: 1.31.0\n',
    'clusters/demo/values/old.yaml': 'old: true\n',
    'package.json': '{}\n',
  };
  const git = (...parameters: string[]) =>
    execFileSync('git', ['-c', 'user.name=renovate', '-c', 'user.email=renovate@example.com', ...parameters], {
      cwd: join(place, 'clone'),
      env: environment(),
      encoding: 'utf8',
      maxBuffer: 2 ** 26,
    });
  const write = (path: string, text: string) => {
    mkdirSync(dirname(join(place, 'clone', path)), { recursive: true });
    writeFileSync(join(place, 'clone', path), text);
  };

  beforeEach(() => {
    mkdirSync(join(place, 'clone'));
    git('init', '--quiet', '--initial-branch', 'renovate/istio');
    for (const [path, text] of Object.entries(files)) write(path, text);
    git('add', '--all');
    git('commit', '--quiet', '--message', 'Raise istiod');
    mkdirSync(join(place, 'bin'));
    writeFileSync(
      join(place, 'bin', 'gh'),
      `#!/bin/sh
echo "$*" > '${place}/call'
cp "$4" '${place}/request.json'
echo 0123456789012345678901234567890123456789
`,
      { mode: 0o755 },
    );
  });

  /** What the API is asked to do, as Git would list it, with the contents of what is written. */
  function asked() {
    const nothing: Record<string, string> = {};
    if (!existsSync(join(place, 'request.json'))) return { changed: [], contents: nothing };
    const { query, variables } = JSON.parse(readFileSync(join(place, 'request.json'), 'utf8')) as {
      query: string;
      variables: {
        input: {
          branch: Record<string, string>;
          expectedHeadOid: string;
          message: { headline: string };
          fileChanges: { additions: { path: string; contents: string }[]; deletions: { path: string }[] };
        };
      };
    };
    const { fileChanges, ...input } = variables.input;
    return {
      query,
      input,
      changed: [
        ...fileChanges.additions.map(({ path }) => `A\t${path}`),
        ...fileChanges.deletions.map(({ path }) => `D\t${path}`),
      ],
      contents: Object.fromEntries<string>(
        fileChanges.additions.map(({ path, contents }) => [path, Buffer.from(contents, 'base64').toString()]),
      ),
    };
  }

  /** Makes a patch of a change to the work tree, takes the change back, and runs the script over the patch. */
  function commit(change: () => void) {
    change();
    git('add', '--all');
    const patch = git('diff', '--cached', '--binary', '--find-renames', 'HEAD');
    git('reset', '--quiet', '--hard');
    mkdirSync(join(place, 'render'), { recursive: true });
    writeFileSync(join(place, 'render/render.patch'), patch);
    const output = join(place, 'output');
    writeFileSync(output, '');
    const env = {
      ...environment(),
      PATH: `${join(place, 'bin')}:${process.env.PATH}`,
      GH_TOKEN: 'secret',
      BRANCH: 'renovate/istio',
      REPOSITORY: 'acme/platform',
      RUNNER_TEMP: place,
      GITHUB_OUTPUT: output,
    };
    const head = git('rev-parse', 'HEAD').trim();
    const run = spawnSync('bash', ['--norc', '-e', '-c', script('render.yaml', 'commit')], {
      cwd: join(place, 'clone'),
      env,
      encoding: 'utf8',
    });
    return {
      status: run.status,
      said: run.stdout + run.stderr,
      output: readFileSync(output, 'utf8'),
      head,
      ...asked(),
    };
  }

  it('asks the API, which signs, for a commit of generated files: new, changed and gone', () => {
    const { status, query, input, changed, contents, output, head } = commit(() => {
      write('clusters/demo/apps/04-istiod.yaml', 'targetRevision: 1.31.1\n');
      write('clusters/demo/manifests/gateway/gateway-new.yaml', 'new: true\n');
      rmSync(join(place, 'clone/clusters/demo/values/old.yaml'));
    });
    expect(status).toBe(0);
    expect(query).toContain('createCommitOnBranch(input: $input)');
    expect(input).toEqual({
      branch: { repositoryNameWithOwner: 'acme/platform', branchName: 'renovate/istio' },
      // A branch that has moved on since is left alone.
      expectedHeadOid: head,
      message: { headline: 'Render what was raised' },
    });
    expect(changed).toEqual([
      'A\tclusters/demo/apps/04-istiod.yaml',
      'A\tclusters/demo/manifests/gateway/gateway-new.yaml',
      'D\tclusters/demo/values/old.yaml',
    ]);
    expect(contents['clusters/demo/apps/04-istiod.yaml']).toBe('targetRevision: 1.31.1\n');
    expect(output).toBe('commit=0123456789012345678901234567890123456789\n');
    expect(git('rev-parse', 'HEAD').trim()).toBe(head);
  });

  it('writes a large file as it is', () => {
    const large = `a: ${'ü'.repeat(500_000)}\n`;
    const { contents } = commit(() => write('clusters/demo/values/large.yaml', large));
    expect(contents).toEqual({ 'clusters/demo/values/large.yaml': large });
  });

  it.each([
    ['a link', () => symlinkSync('/etc/passwd', join(place, 'clone/clusters/demo/values/link.yaml'))],
    [
      'a program',
      () => writeFileSync(join(place, 'clone/clusters/demo/values/run.yaml'), '#!/bin/sh\n', { mode: 0o755 }),
    ],
    [
      'a file that becomes a link',
      () => {
        rmSync(join(place, 'clone/clusters/demo/values/old.yaml'));
        symlinkSync('/etc/passwd', join(place, 'clone/clusters/demo/values/old.yaml'));
      },
    ],
  ])('refuses %s', (_, change) => {
    const { status, said, changed, output } = commit(change);
    expect(status).toBe(1);
    expect(said).toContain('not a plain one');
    expect(changed).toEqual([]);
    expect(output).toBe('');
  });

  it.each([
    'clusters/demo/manifests/gateway/Kustomization',
    'clusters/demo/manifests/gateway/kustomization.yaml',
    'clusters/demo/manifests/gateway/x.json',
    'clusters/demo/manifests/dex/y.jsonnet',
    'clusters/demo/manifests/dex/.argocd-source.yaml',
    'clusters/demo/manifests/dex/deep/virtualservice-x.yaml',
    'clusters/demo/manifests/virtualservice-x.yaml',
    'clusters/demo/apps/.argocd-source-platform.yaml',
    'clusters/demo/apps/x.yaml',
    'clusters/demo/values/Chart.yaml',
    'clusters/demo/values/ü.yaml',
    'clusters/demo/values/a\nclusters/demo/values/dex.yaml',
  ])('refuses %j, a name that no render writes', (path) => {
    const { status, said, changed } = commit(() => {
      write('clusters/demo/values/dex.yaml', 'a: 1\n');
      write(path, '{}\n');
    });
    expect(status).toBe(1);
    expect(said).toContain('a name that render does not write');
    expect(changed).toEqual([]);
  });

  it('finds the one hostile file among thousands', () => {
    const { status, said } = commit(() => {
      write('clusters/demo/apps/.a.json', '{}\n');
      for (let index = 0; index < 3000; index += 1)
        write(`clusters/demo/values/${'x'.repeat(60)}-${index}.yaml`, 'a: 1\n');
      symlinkSync('/etc/passwd', join(place, 'clone/clusters/demo/apps/00-first.yaml'));
    });
    expect({ status, said }).toEqual({ status: 1, said: expect.stringContaining('not a plain one') });
  });

  it('takes every name that a render writes', () => {
    const golden = join(checkout, 'scripts/dev/golden');
    const paths = readdirSync(golden)
      .filter((name) => name.endsWith('.golden.txt'))
      .flatMap((name) => [...readFileSync(join(golden, name), 'utf8').matchAll(/^#+ (clusters\/\S+)/gm)])
      // The same file of several clusters is one name.
      .map(([, path]) => String(path).replace(/^clusters\/[^/]+\//, 'clusters/demo/'));
    const names = new Set([...paths, 'clusters/cluster.schema.json']);
    expect(names.size).toBeGreaterThan(100);
    const { status, said } = commit(() => {
      for (const name of names) write(name, 'a: 1\n');
    });
    expect({ status, said }).toEqual({ status: 0, said: '' });
  });

  it('takes nothing else from a patch, which may come from any package that the branch brings', () => {
    const { status, changed } = commit(() => {
      write('clusters/demo/apps/04-istiod.yaml', 'targetRevision: 1.31.1\n');
      write('clusters/demo/cluster.yaml', 'name: demo\nhost: evil.example.com\n');
      write('clusters/demo/overrides/dex.yaml', 'evil: true\n');
      write('package.json', '{"evil": true}\n');
      rmSync(join(place, 'clone/.github/workflows/ci.yaml'));
    });
    expect(status).toBe(0);
    expect(changed).toEqual(['A\tclusters/demo/apps/04-istiod.yaml']);
  });

  it('refuses a rename that takes a file from where nothing is generated', () => {
    const { status, said, changed, output } = commit(() =>
      git('mv', '.github/workflows/ci.yaml', 'clusters/demo/apps/99-ci.yaml'),
    );
    expect(status).toBe(1);
    expect(said).toContain('takes away what is not generated');
    expect(changed).toEqual([]);
    expect(output).toBe('');
  });

  it('commits nothing when nothing was rendered, or nothing of it is generated', () => {
    const nothing = { status: 0, said: 'nothing to commit\n', output: '', changed: [] };
    expect(commit(() => undefined)).toMatchObject(nothing);
    expect(commit(() => write('package.json', '{"evil": true}\n'))).toMatchObject({
      ...nothing,
      said: expect.stringContaining('nothing to commit'),
    });
  });
});
