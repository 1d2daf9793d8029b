import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { commentLimit, commentMark } from '../../diff/markdown.ts';
import { has, script } from './workflow-script.ts';

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

describe.runIf(has('bash', 'jq'))("the comment's script", () => {
  it('posts the Markdown of a branch of the repository itself, marked once', () => {
    artifact(`${commentMark}\n## Difference\n@acme`);
    const { call, body } = comment();
    expect(call).toContain('POST repos/acme/platform/issues/7/comments');
    expect(body).toBe(`${commentMark}\n## Difference\n@acme`);
  });

  it("replaces its own comment, and no one else's", () => {
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
