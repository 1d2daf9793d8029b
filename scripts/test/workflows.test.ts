import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { commentLimit, commentMark, textLimit } from '../diff/markdown.ts';
import { onPath } from '../tools/find.ts';
import { checkout } from './repository.ts';

interface Step {
  uses?: string;
  run?: string;
  env?: Record<string, string>;
  with?: Record<string, unknown>;
}
interface Job {
  'runs-on': string;
  'timeout-minutes'?: number;
  permissions?: Record<string, string>;
  steps: Step[];
}
interface Workflow {
  on: Record<string, unknown>;
  permissions?: Record<string, string>;
  concurrency?: unknown;
  jobs: Record<string, Job>;
}

const folder = join(checkout, '.github/workflows');
const files = readdirSync(folder).sort();
const text = (file: string) => readFileSync(join(folder, file), 'utf8');
const workflow = (file: string) => parse(text(file)) as Workflow;
const jobs = (file: string) => Object.values(workflow(file).jobs);
const steps = (file: string) => jobs(file).flatMap((job) => job.steps);

describe.each(files)('the workflow %s', (file) => {
  it('pins each action to a whole commit, with its version beside it', () => {
    for (const line of text(file)
      .split('\n')
      .filter((each) => each.includes('uses:')))
      expect(line).toMatch(/uses: [\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
  });

  it('says what it may do, which is nothing or reading before a job asks for more', () => {
    const { permissions } = workflow(file);
    expect([{}, { contents: 'read' }]).toContainEqual(permissions);
  });

  it('ends by itself, gives way to a newer run, and runs on a named image', () => {
    expect(workflow(file).concurrency).toBeDefined();
    for (const job of jobs(file)) {
      expect(job['timeout-minutes']).toBeGreaterThan(0);
      expect(job['runs-on']).toBe('ubuntu-24.04');
    }
  });

  it('leaves no token in the checkout, and runs no install script', () => {
    for (const { uses, with: inputs, run } of steps(file)) {
      if (uses?.startsWith('actions/checkout@') === true) expect(inputs?.['persist-credentials']).toBe(false);
      if (run?.includes('npm ci') === true) expect(run).toContain('--ignore-scripts');
    }
  });

  it('puts nothing that others may choose into a script', () => {
    for (const { run } of steps(file)) expect(run ?? '').not.toContain('${{');
  });

  it('runs on no event that gives strangers a token for their code', () => {
    expect(Object.keys(workflow(file).on)).not.toContain('pull_request_target');
  });
});

/** Runs the comment's own script, with a host that notes what it is told. */
function comment(diff: string, headRepository: string): { method: string; body: string } {
  const place = mkdtempSync(join(tmpdir(), 'breakwater-comment-'));
  try {
    mkdirSync(join(place, 'artifact'));
    mkdirSync(join(place, 'bin'));
    writeFileSync(join(place, 'artifact', 'diff.md'), diff);
    const gh = `#!/bin/sh
case "$*" in
*/pulls*) echo '[{"number": 6, "head": {"sha": "other"}}, {"number": 7, "head": {"sha": "abc"}}]' ;;
*"--paginate repos/acme/platform/issues/7/comments"*) echo '[]' ;;
*) echo "$*" > ../call; cp body.json ../body ;;
esac
`;
    writeFileSync(join(place, 'bin', 'gh'), gh.replaceAll('../', `${place}/`), { mode: 0o755 });
    const env = {
      PATH: `${join(place, 'bin')}:${process.env.PATH}`,
      ...{
        REPOSITORY: 'acme/platform',
        HEAD_REPOSITORY: headRepository,
        HEAD_OWNER: 'x',
        HEAD_BRANCH: 'y',
        HEAD_SHA: 'abc',
      },
    };
    const [job] = jobs('comment.yaml');
    execFileSync('bash', ['-c', job?.steps[1]?.run ?? 'exit 1'], { cwd: place, env });
    const { body } = JSON.parse(readFileSync(join(place, 'body'), 'utf8')) as { body: string };
    return { method: readFileSync(join(place, 'call'), 'utf8'), body };
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}

const hasJq = onPath('jq') !== undefined;

const writes = (job: Job) => Object.values(job.permissions ?? {}).includes('write');

describe('a job that may write', () => {
  it('runs no code of the pull request, and needs no secret beyond its own token', () => {
    const writing = files.flatMap((file) => jobs(file).filter(writes));
    expect(writing).toHaveLength(2);
    for (const job of writing) {
      for (const { run = '', uses = '' } of job.steps) {
        expect(run).not.toMatch(/\b(npm|npx|node|bash \.|make)\b/);
        expect(uses).not.toContain('setup-node');
      }
    }
    for (const file of files) expect(text(file)).not.toContain('secrets.');
  });
});

describe('the comment', () => {
  const [job] = jobs('comment.yaml');

  it('comes from an artifact, of a run that it looks up by what GitHub says about it', () => {
    expect(workflow('comment.yaml').on).toEqual({
      workflow_run: { workflows: ['pull-request'], types: ['completed'] },
    });
    expect(job?.permissions).toEqual({ actions: 'read', 'pull-requests': 'write' });
    expect(job?.steps.map(({ uses }) => uses?.split('@')[0])).toEqual(['actions/download-artifact', undefined]);
    expect(job?.steps[1]?.env).toMatchObject({ HEAD_SHA: '${{ github.event.workflow_run.head_sha }}' });
  });

  it('is found again by the mark that diff writes, and fits', () => {
    const script = job?.steps[1]?.run ?? '';
    expect(script).toContain(`mark='${commentMark}'`);
    const cut = Number(/\.\[0:(\d+)\]/.exec(script)?.[1]);
    expect(cut).toBe(textLimit);
    expect(cut).toBeLessThan(commentLimit - 500);
  });
});

describe.runIf(hasJq)("the comment's script", () => {
  it('posts the Markdown of a branch of the repository itself', () => {
    const posted = comment('## Difference\n@acme', 'acme/platform');
    expect(posted.method).toContain('POST repos/acme/platform/issues/7/comments');
    expect(posted.body).toBe(`${commentMark}\n## Difference\n@acme`);
  });

  it('shows what comes from a fork as plain text, whatever fences are in it, and cuts it', () => {
    const posted = comment(`\`\`\`\n@acme ![x](http://x)\n\`\`\`\`\`\n${'y'.repeat(100_000)}`, 'stranger/platform');
    expect(posted.body).toMatch(/\n``````text\n```\n@acme/);
    expect(posted.body.endsWith('yyy\n``````\n')).toBe(true);
    expect(posted.body.length).toBeLessThan(commentLimit);
  });
});

describe('the checks of a pull request', () => {
  it('are one command, the same as anywhere else, against the base with all of its history', () => {
    const all = steps('pull-request.yaml');
    expect(all.flatMap(({ run }) => run ?? [])).toContain('npm run validate -- --rendered --base "$BASE"');
    for (const { uses, with: inputs } of all)
      if (uses?.startsWith('actions/checkout@') === true) expect(inputs?.['fetch-depth']).toBe(0);
    expect(workflow('pull-request.yaml').permissions).toEqual({ contents: 'read' });
    expect(jobs('pull-request.yaml').some((each) => each.permissions !== undefined)).toBe(false);
  });
});
