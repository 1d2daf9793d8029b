import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { commentLimit, commentMark } from '../../diff/markdown.ts';
import { onPath } from '../../tools/find.ts';
import { checkout } from './repository.ts';

/** The script of a job's last step, as the runner gets it. */
function script(file: string, job: string): string {
  const workflow = parse(readFileSync(join(checkout, '.github/workflows', file), 'utf8')) as {
    jobs: Record<string, { steps: { run?: string }[] }>;
  };
  return workflow.jobs[job]?.steps.at(-1)?.run ?? 'exit 1';
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
}

/** Runs the comment's own script over `artifact/`, with a host that notes what it is told. */
function comment({ from = 'acme/platform', event = 'pull_request', there }: Occasion = {}) {
  mkdirSync(join(place, 'bin'), { recursive: true });
  const pulls = [
    { number: 6, head: { sha: 'other', repo: { full_name: 'x/y' } } },
    { number: 7, head: { sha: event === 'push' ? 'rendered' : 'abc', repo: { full_name: from } } },
  ];
  const comments =
    there === undefined ? [] : [{ id: there.id, user: { login: there.login }, body: `${commentMark}\nold` }];
  const gh = `#!/bin/sh
case "$*" in
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
  if (status !== 0) return { status, stdout, call: '', body: '' };
  const { body } = JSON.parse(readFileSync(join(place, 'body'), 'utf8')) as { body: string };
  return { status, stdout, call: readFileSync(join(place, 'call'), 'utf8'), body };
}

function artifact(text: string): void {
  mkdirSync(join(place, 'artifact'));
  writeFileSync(join(place, 'artifact', 'diff.md'), text);
}

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
});

/** Environment in which the host's address is a bare repository, and nobody's configuration counts. */
const environment = () => ({
  PATH: process.env.PATH ?? '',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_SYSTEM: '/dev/null',
  GIT_CONFIG_COUNT: '1',
  GIT_CONFIG_KEY_0: `url.${place}/host/.insteadOf`,
  GIT_CONFIG_VALUE_0: 'https://github.com/',
});

describe.runIf(has('bash'))('the script that commits what was rendered', () => {
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
    git('clone', '--quiet', '--bare', '.', join(place, 'host/acme/platform.git'));
  });

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
      GH_TOKEN: 'secret',
      BRANCH: 'renovate/istio',
      REPOSITORY: 'acme/platform',
      RUNNER_TEMP: place,
      GITHUB_OUTPUT: output,
    };
    const run = spawnSync('bash', ['--norc', '-e', '-c', script('render.yaml', 'commit')], {
      cwd: join(place, 'clone'),
      env,
      encoding: 'utf8',
    });
    const host = ['--git-dir', join(place, 'host/acme/platform.git')];
    const [subject, , ...changed] = git(...host, 'show', '--no-renames', '--name-status', '--format=%s', env.BRANCH)
      .trim()
      .split('\n');
    return {
      status: run.status,
      said: run.stdout + run.stderr,
      output: readFileSync(output, 'utf8'),
      head: git(...host, 'rev-parse', env.BRANCH).trim(),
      subject,
      changed,
    };
  }

  it('pushes generated files, new, changed and gone, and names the commit', () => {
    const { status, subject, changed, output, head } = commit(() => {
      write('clusters/demo/apps/04-istiod.yaml', 'targetRevision: 1.31.1\n');
      write('clusters/demo/manifests/istiod/new.yaml', 'new: true\n');
      rmSync(join(place, 'clone/clusters/demo/values/old.yaml'));
    });
    expect(status).toBe(0);
    expect(subject).toBe('Render what was raised');
    expect(changed).toEqual([
      'M\tclusters/demo/apps/04-istiod.yaml',
      'A\tclusters/demo/manifests/istiod/new.yaml',
      'D\tclusters/demo/values/old.yaml',
    ]);
    expect(output).toBe(`commit=${head}\n`);
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
    expect(changed).toEqual(['M\tclusters/demo/apps/04-istiod.yaml']);
  });

  it('refuses a rename that takes a file from where nothing is generated', () => {
    const { status, said, subject, output } = commit(() =>
      git('mv', '.github/workflows/ci.yaml', 'clusters/demo/apps/99-ci.yaml'),
    );
    expect(status).toBe(1);
    expect(said).toContain('takes away what is not generated');
    expect(subject).toBe('Raise istiod');
    expect(output).toBe('');
  });

  it('commits nothing when nothing was rendered, or nothing of it is generated', () => {
    const nothing = { status: 0, said: 'nothing to commit\n', output: '', subject: 'Raise istiod' };
    expect(commit(() => undefined)).toMatchObject(nothing);
    expect(commit(() => write('package.json', '{"evil": true}\n'))).toMatchObject({
      ...nothing,
      said: expect.stringContaining('nothing to commit'),
    });
  });
});
