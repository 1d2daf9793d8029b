import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { commentLimit, commentMark, textLimit } from '../../diff/markdown.ts';
import { checkout } from './repository.ts';

interface Step {
  if?: string;
  uses?: string;
  run?: string;
  env?: Record<string, string>;
  with?: Record<string, unknown>;
}
interface Job {
  if?: string;
  'runs-on'?: string;
  'timeout-minutes'?: number;
  permissions?: Record<string, string>;
  needs?: string | string[];
  /** Another workflow of this repository, whose jobs run instead of steps. */
  uses?: string;
  with?: Record<string, string>;
  steps?: Step[];
}
interface Workflow {
  on: Record<string, unknown>;
  permissions?: Record<string, string>;
  env?: Record<string, string>;
  concurrency?: { group?: string };
  jobs: Record<string, Job>;
}

const folder = join(checkout, '.github/workflows');
const files = readdirSync(folder).sort();
const text = (file: string) => readFileSync(join(folder, file), 'utf8');
const workflow = (file: string) => parse(text(file)) as Workflow;
const jobs = (file: string) => Object.values(workflow(file).jobs);
const steps = (file: string) => jobs(file).flatMap((job) => job.steps ?? []);

describe.each(files)('the workflow %s', (file) => {
  it('pins each action to a whole commit, with its version beside it', () => {
    for (const line of text(file)
      .split('\n')
      .filter((each) => /^[ -]*uses: (?!\.\/)/.test(each)))
      expect(line).toMatch(/uses: [\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
  });

  it('says what it may do, which is nothing or reading before a job asks for more', () => {
    const { permissions } = workflow(file);
    expect([{}, { contents: 'read' }]).toContainEqual(permissions);
  });

  it('ends automatically, gives way to a newer run, and runs on a named image', () => {
    expect(workflow(file).concurrency).toBeDefined();
    for (const job of jobs(file).filter(({ uses }) => uses === undefined)) {
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

const writes = (job: Job) => Object.values(job.permissions ?? {}).includes('write');

describe('a job that may write', () => {
  it('runs no code of the pull request, and needs no secret beyond its own token', () => {
    const writing = files.flatMap((file) => jobs(file).filter(writes));
    // render's commit and status, the comment, the release, the pages.
    expect(writing).toHaveLength(5);
    for (const job of writing) {
      for (const { run = '', uses = '' } of job.steps ?? []) {
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
      workflow_run: { workflows: ['pull-request', 'render'], types: ['completed'] },
    });
    expect(job?.permissions).toEqual({ actions: 'read', 'pull-requests': 'write' });
    expect(job?.steps?.map(({ uses }) => uses?.split('@')[0])).toEqual(['actions/download-artifact', undefined]);
    // Without an artifact, too: a change to the job that makes it must not silence the warning about that change.
    expect(job?.steps?.[1]).not.toHaveProperty('if');
    expect(job?.steps?.[1]?.env).toMatchObject({ HEAD_SHA: '${{ github.event.workflow_run.head_sha }}' });
  });

  it('is found again by the mark that diff writes, and fits', () => {
    const script = job?.steps?.[1]?.run ?? '';
    expect(script).toContain(`mark='${commentMark}'`);
    const cut = Number(/\.\[0:(\d+)\]/.exec(script)?.[1]);
    expect(cut).toBe(textLimit);
    expect(cut).toBeLessThan(commentLimit - 500);
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

  it('run in a merge queue, too, against the commit that the queue starts from', () => {
    const { on, env, concurrency, jobs: all } = workflow('pull-request.yaml');
    expect(on.merge_group).toEqual({ types: ['checks_requested'] });
    expect(env?.BASE).toBe(
      "${{ github.event.merge_group.base_sha || format('origin/{0}', github.base_ref || github.event.repository.default_branch) }}",
    );
    expect(concurrency?.group).toContain('github.ref');
    expect(all.validate).not.toHaveProperty('if');
    for (const job of Object.values(all)) expect(job).not.toHaveProperty('env');
  });

  it('are run by the base, too, wherever a change touches them', () => {
    const [, look, ...rest] = workflow('pull-request.yaml').jobs['base-checks']?.steps ?? [];
    expect(look).not.toHaveProperty('if');
    expect(rest.at(-1)?.run).toBe('npm run validate -- --rendered --base "$BASE_COMMIT"');
    for (const each of rest) expect(each.if).toBe("steps.base.outputs.commit != ''");
  });
});

describe("the template's own tests", () => {
  const own = ['ci.yaml', 'docs.yaml', 'release.yaml'];

  it('run in a repository that is a template, and in a copy only when asked, as its site and its releases', () => {
    for (const job of own.flatMap(jobs).filter(({ needs }) => needs === undefined))
      expect(job.if).toBe("github.event.repository.is_template || vars.BREAKWATER_CI == 'true'");
  });

  it('publish main as main, also from a tag or another branch, and leave it to GitHub which release is the latest', () => {
    const checkouts = steps('docs.yaml').filter(({ uses }) => uses?.startsWith('actions/checkout@'));
    expect(checkouts.map(({ with: inputs }) => inputs?.ref)).toEqual([
      "${{ github.event_name != 'pull_request' && github.event.repository.default_branch || '' }}",
    ]);
    expect(text('release.yaml')).not.toContain('--latest');
  });

  it('hold nothing that a copy needs: what checks its pull requests runs everywhere', () => {
    for (const file of files.filter((each) => !own.includes(each))) expect(text(file)).not.toContain('is_template');
  });
});

describe('the example of CODEOWNERS', () => {
  it('names what decides about a change before it names anything else, and only what is there', () => {
    const lines = readFileSync(join(checkout, '.github/CODEOWNERS.example'), 'utf8')
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'));
    const paths = lines.map((line) => line.split(/\s+/)[0] ?? '');
    expect(paths).toEqual(
      expect.arrayContaining(['/scripts/', '/.github/', '/package*.json', '/clusters/', '/infrastructure/']),
    );
    // The last match counts: a team's own line has to come after the line for all tenants.
    expect(paths.indexOf('/tenants/')).toBeLessThan(paths.indexOf('/tenants/example-team/'));
    expect(paths.indexOf('/tenants/example-team/')).toBeLessThan(paths.lastIndexOf('/tenants/*/tenant.yaml'));
  });
});

describe('a rendered commit of Renovate', () => {
  const { commit, checks, report } = workflow('render.yaml').jobs;

  it('is checked in the run that made it, by the same jobs as a pull request, which may only read', () => {
    expect(workflow('pull-request.yaml').on).toHaveProperty('workflow_call.inputs.ref.required', true);
    expect(checks?.uses).toBe('./.github/workflows/pull-request.yaml');
    expect(checks?.permissions).toEqual({ contents: 'read' });
    expect(checks?.with).toEqual({ ref: '${{ needs.commit.outputs.commit }}' });
    for (const { uses, with: inputs } of steps('pull-request.yaml'))
      if (uses?.startsWith('actions/checkout@') === true) expect(inputs?.ref).toBe('${{ inputs.ref }}');
  });

  it('gets the status that a required check asks for, under the name of the job', () => {
    expect(commit?.permissions).toEqual({ contents: 'write' });
    expect(report?.permissions).toEqual({ statuses: 'write' });
    expect(report?.needs).toEqual(['commit', 'checks']);
    expect(report?.steps?.[0]?.env?.STATE).toBe("${{ needs.checks.result == 'success' && 'success' || 'failure' }}");
    const context = /context=(\S+)/.exec(report?.steps?.[0]?.run ?? '')?.[1] ?? '';
    expect(Object.keys(workflow('pull-request.yaml').jobs)).toContain(context);
  });
});

describe('what people who contribute find', () => {
  it('is a form for each kind of issue, as GitHub reads it', () => {
    for (const name of ['bug', 'feature']) {
      const form = parse(readFileSync(join(checkout, `.github/ISSUE_TEMPLATE/${name}.yaml`), 'utf8')) as {
        name: string;
        description: string;
        body: { type: string; id?: string; attributes: { label?: string; value?: string } }[];
      };
      expect(form).toMatchObject({ name: expect.any(String), description: expect.any(String) });
      for (const { type, id, attributes } of form.body)
        if (type === 'markdown') expect(attributes.value).toEqual(expect.any(String));
        else expect([id, attributes.label]).toEqual([expect.stringMatching(/^[a-z]+$/), expect.any(String)]);
    }
  });
});
