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
import { parse } from 'yaml';
import { commentLimit, commentMark } from '../../diff/markdown.ts';
import { onPath } from '../../tools/find.ts';
import { checkout, testRepository } from './repository.ts';

/** The script of a job's step, as the runner gets it: of its last, unless a step is named by its id. */
function script(file: string, job: string, id?: string): string {
  const workflow = parse(readFileSync(join(checkout, '.github/workflows', file), 'utf8')) as {
    jobs: Record<string, { steps: { id?: string; run?: string }[] }>;
  };
  const steps = workflow.jobs[job]?.steps ?? [];
  return (id === undefined ? steps.at(-1) : steps.find((step) => step.id === id))?.run ?? 'exit 1';
}

let place: string;
beforeEach(() => {
  place = mkdtempSync(join(tmpdir(), 'breakwater-workflow-'));
});
afterEach(() => rmSync(place, { recursive: true, force: true }));

interface Occasion {
  /** full_name of the head's repository; default: the repository itself. */
  from?: string;
  /** Event of the run that left the artifact; default: pull_request. */
  event?: string;
  /** Who wrote a comment that begins with the mark, and its number. */
  there?: { login: string; id: number };
  /** Files that the pull request changes, as the API lists them. */
  files?: readonly { filename: string; previous_filename?: string }[];
}

/** Runs the comment's own script over `artifact/`, with a host that notes what it is told. */
function comment({ from = 'acme/platform', event = 'pull_request', there, files = [] }: Occasion = {}) {
  mkdirSync(join(place, 'bin'), { recursive: true });
  const pulls = [
    { number: 6, head: { sha: 'other', repo: { full_name: 'x/y' } } },
    { number: 7, head: { sha: event === 'push' ? 'rendered' : 'abc', repo: { full_name: from } } },
  ];
  const comments =
    there === undefined ? [] : [{ id: there.id, user: { login: there.login }, body: `${commentMark}\nold` }];
  writeFileSync(join(place, 'files.json'), JSON.stringify(files));
  const gh = `#!/bin/sh
case "$*" in
*"repos/acme/platform/pulls/7/files") cat '${place}/files.json' ;;
*/pulls*) printf %s '${JSON.stringify(pulls)}' ;;
*"--paginate repos/acme/platform/issues/7/comments"*) printf %s '${JSON.stringify(comments)}' ;;
*) echo "$*" > '${place}/call'; cp body.json '${place}/body' ;;
esac
`;
  writeFileSync(join(place, 'bin', 'gh'), gh, { mode: 0o755 });
  const env = {
    PATH: `${join(place, 'bin')}:${process.env.PATH}`,
    REPOSITORY: 'acme/platform',
    EVENT: event,
    HEAD_REPOSITORY: from,
    HEAD_OWNER: 'x',
    HEAD_BRANCH: 'y',
    HEAD_SHA: 'abc',
  };
  const { status, stdout } = spawnSync('bash', ['--norc', '-e', '-c', script('comment.yaml', 'comment')], {
    cwd: place,
    env,
    encoding: 'utf8',
  });
  if (status !== 0 || !existsSync(join(place, 'call'))) return { status, stdout, call: '', body: '' };
  const { body } = JSON.parse(readFileSync(join(place, 'body'), 'utf8')) as { body: string };
  return { status, stdout, call: readFileSync(join(place, 'call'), 'utf8'), body };
}

function artifact(text: string): void {
  mkdirSync(join(place, 'artifact'));
  writeFileSync(join(place, 'artifact', 'diff.md'), text);
}

/** Environment in which nobody's Git configuration counts. */
const environment = () => ({
  PATH: process.env.PATH ?? '',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_SYSTEM: '/dev/null',
});

// The runner has these; the tests need no more than Node and git.
const has = (...programs: string[]) => programs.every((program) => onPath(program) !== undefined);

describe.runIf(has('bash', 'jq'))("the comment's script", () => {
  it('posts the Markdown of a branch of the repository itself, marked once', () => {
    artifact(`${commentMark}\n## Difference\n@acme`);
    const { call, body } = comment();
    expect(call).toContain('POST repos/acme/platform/issues/7/comments');
    expect(body).toBe(`${commentMark}\n## Difference\n@acme`);
  });

  it("replaces its own comment, and nobody else's", () => {
    artifact('new');
    expect(comment({ there: { login: 'github-actions[bot]', id: 31 } }).call).toContain(
      'PATCH repos/acme/platform/issues/comments/31',
    );
    expect(comment({ there: { login: 'somebody', id: 32 } }).call).toContain('POST');
  });

  it('finds the pull request whose head is the rendered commit, on top of what was pushed', () => {
    artifact('new');
    expect(comment({ event: 'push' }).call).toContain('issues/7/comments');
  });

  it('shows what comes from a fork as plain text, whatever fences are in it, and cuts it', () => {
    artifact(`\`\`\`\n@acme ![x](http://x)\n\`\`\`\`\`\n${'y'.repeat(100_000)}`);
    const { body } = comment({ from: 'stranger/platform' });
    expect(body).toMatch(/\n``````text\n```\n@acme/);
    expect(body.endsWith('yyy\n``````\n')).toBe(true);
    expect(body.length).toBeLessThan(commentLimit);
  });

  it('fits with the longest fence that a fork can ask for, and still holds it', () => {
    artifact(`${'`'.repeat(40_000)}\n@acme`);
    const { body } = comment({ from: 'stranger/platform' });
    expect(body.length).toBeLessThan(commentLimit);
    const fence = /\n(`+)text\n/.exec(body)?.[1] ?? '';
    expect(body.split(fence)).toHaveLength(3);
  });

  it('takes a plain file only', () => {
    mkdirSync(join(place, 'artifact'));
    symlinkSync('/etc/hostname', join(place, 'artifact', 'diff.md'));
    const { status, stdout } = comment();
    expect(status).toBe(1);
    expect(stdout).toContain('no plain file diff.md');
  });

  const warning = '> [!WARNING]\n> **It changes the checks themselves**';
  it.each([
    ['scripts/commands/validate.ts'],
    ['.github/workflows/pull-request.yaml'],
    ['package.json'],
    ['package-lock.json'],
    ['biome.json'],
    ['vitest.config.ts'],
    ['tsconfig.json'],
    ['.npmrc'],
  ])('warns of a pull request that changes %s', (filename) => {
    artifact(`${commentMark}\nnew`);
    const { body } = comment({ files: [{ filename: 'clusters/demo/cluster.yaml' }, { filename }] });
    expect(body.startsWith(`${commentMark}\n${warning}`)).toBe(true);
    expect(body).toMatch(/\n\nnew$/);
  });

  it('warns of one that moves a check away, and for a fork as well', () => {
    artifact('new');
    const files = [{ filename: 'docs/old.md', previous_filename: 'scripts/tree/rules/gate.ts' }];
    expect(comment({ from: 'stranger/platform', files }).body).toContain(warning);
  });

  it('warns without a difference, which such a change can take away', () => {
    const { body, call } = comment({ files: [{ filename: '.github/workflows/pull-request.yaml' }] });
    expect(call).toContain('POST repos/acme/platform/issues/7/comments');
    expect(body).toContain(warning);
    expect(body).toContain('There is no rendered difference');
  });

  it('says so where there are more files than GitHub lists', () => {
    artifact('new');
    const files = Array.from({ length: 3000 }, (_, index) => ({ filename: `docs/${index}.md` }));
    expect(comment({ files }).body).toContain('too many files to tell');
  });

  it('says nothing of data, nor of files that only look like checks', () => {
    artifact('new');
    const names = [
      'clusters/demo/apps/01.yaml',
      'docs/scripts/x.md',
      'tenants/scripts/tenant.yaml',
      'apps/package.json',
    ];
    expect(comment({ files: names.map((filename) => ({ filename })) }).body).not.toContain('WARNING');
  });

  it('is silent where there is neither a difference nor a change to the checks', () => {
    expect(comment({ files: [{ filename: 'clusters/demo/cluster.yaml' }] })).toMatchObject({
      status: 0,
      stdout: 'no rendered difference to show\n',
      call: '',
    });
  });
});

describe.runIf(has('bash'))('the script that puts the program of the base under the data of a change', () => {
  const clone = () => join(place, 'clone');
  const git = (...parameters: string[]) =>
    execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@example.com', ...parameters], {
      cwd: clone(),
      env: environment(),
      encoding: 'utf8',
    }).trim();
  const write = (path: string, text: string) => {
    mkdirSync(dirname(join(clone(), path)), { recursive: true });
    writeFileSync(join(clone(), path), text);
  };

  /** Commits a base and a change on top, and runs the script with the change checked out. */
  function overlay(change: () => void) {
    mkdirSync(clone());
    git('init', '--quiet', '--initial-branch', 'main');
    write('scripts/check.mjs', 'process.exit(1)\n');
    write('package.json', '{}\n');
    write('clusters/demo/apps/01.yaml', 'a: 1\n');
    write('tenants/red/tenant.yaml', 'a: 1\n');
    write('infrastructure/dex/values.yaml', 'a: 1\n');
    git('add', '--all');
    git('commit', '--quiet', '--message', 'base');
    const base = git('rev-parse', 'HEAD');
    change();
    git('add', '--all');
    git('commit', '--quiet', '--message', 'change');
    const output = join(place, 'output');
    writeFileSync(output, '');
    const env = { ...environment(), BASE: base, GITHUB_OUTPUT: output };
    const { status, stdout, stderr } = spawnSync(
      'bash',
      ['--norc', '-e', '-c', script('pull-request.yaml', 'base-checks', 'base')],
      { cwd: clone(), env, encoding: 'utf8' },
    );
    return { status, said: stdout + stderr, base, output: readFileSync(output, 'utf8') };
  }
  const read = (path: string) => readFileSync(join(clone(), path), 'utf8');

  it('takes the data from the change, new and gone files too, and all else from the base', () => {
    const { status, output, base } = overlay(() => {
      write('scripts/check.mjs', 'process.exit(0)\n');
      write('scripts/new.mjs', '\n');
      write('package.json', '{"scripts": {"validate": "true"}}\n');
      write('.npmrc', 'script-shell=evil\n');
      write('clusters/demo/apps/01.yaml', 'a: 2\n');
      write('apps/new/app.yaml', 'a: 2\n');
      write('removals.yaml', 'removals: []\n');
      rmSync(join(clone(), 'tenants'), { recursive: true });
    });
    expect(status).toBe(0);
    expect(output).toBe(`commit=${base}\n`);
    expect(read('scripts/check.mjs')).toBe('process.exit(1)\n');
    expect(read('package.json')).toBe('{}\n');
    for (const gone of ['scripts/new.mjs', '.npmrc', 'tenants']) expect(existsSync(join(clone(), gone))).toBe(false);
    expect(read('clusters/demo/apps/01.yaml')).toBe('a: 2\n');
    expect(read('apps/new/app.yaml')).toBe('a: 2\n');
    expect(read('removals.yaml')).toBe('removals: []\n');
    expect(read('infrastructure/dex/values.yaml')).toBe('a: 1\n');
  });

  it('does nothing for a change of data and documents, which validate has checked with the same program', () => {
    const { status, output, said } = overlay(() => {
      write('clusters/demo/apps/01.yaml', 'a: 2\n');
      write('docs/notes.md', 'x\n');
      write('README.md', 'x\n');
    });
    expect(status).toBe(0);
    expect(output).toBe('');
    expect(said).toContain('leaves the checks alone');
  });

  it("lets the base's program find what the change's program would not tell", () => {
    const repository = testRepository();
    try {
      const base = repository.git('rev-parse', 'HEAD');
      repository.write('scripts/commands/validate.ts', 'process.exit(0);\n');
      repository.write('clusters/demo/values/dex.yaml', 'evil: true\n');
      repository.git('add', '--all');
      repository.git('commit', '--quiet', '--message', 'change');
      const env = { ...environment(), BASE: base, GITHUB_OUTPUT: join(place, 'output') };
      const steps = script('pull-request.yaml', 'base-checks', 'base');
      expect(spawnSync('bash', ['--norc', '-e', '-c', steps], { cwd: repository.root, env }).status).toBe(0);
      const { code, stdout, stderr } = repository.breakwater('validate', '--base', base);
      expect(code).toBe(1);
      expect(stdout + stderr).toContain('clusters/demo/values/dex.yaml');
    } finally {
      repository.remove();
    }
  });

  it('fails where it cannot tell the base, so that nothing passes unchecked', () => {
    mkdirSync(clone());
    git('init', '--quiet', '--initial-branch', 'main');
    git('commit', '--quiet', '--allow-empty', '--message', 'only');
    const env = { ...environment(), BASE: 'origin/main', GITHUB_OUTPUT: join(place, 'output') };
    const run = spawnSync('bash', ['--norc', '-e', '-c', script('pull-request.yaml', 'base-checks', 'base')], {
      cwd: clone(),
      env,
    });
    expect(run.status).not.toBe(0);
  });
});

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
      .map(([, path]) => String(path));
    expect(paths.length).toBeGreaterThan(200);
    const { status, said } = commit(() => {
      for (const path of [...paths, 'clusters/cluster.schema.json']) write(path, 'a: 1\n');
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
