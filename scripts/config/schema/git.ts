import { z } from 'zod';
import { secretReference } from './common.ts';
import { branchProblem } from './git-names.ts';
import { type GitUrlProblem, parseGitUrl } from './git-url.ts';
import { reads } from './reads.ts';

const credentials = z
  .union([
    z.strictObject({
      token: secretReference.describe('An access token (https URLs).'),
      username: z
        .string()
        .min(1, 'must not be empty')
        .default('git')
        .describe('User name that goes with the token; most hosts take any.'),
    }),
    z.strictObject({
      sshKey: secretReference.describe('A private SSH key without passphrase (ssh and scp-like URLs).'),
      knownHosts: secretReference.describe(
        "The host's keys, as `ssh-keyscan HOST` prints them; check them before you trust them.",
      ),
    }),
    z.strictObject({
      githubApp: z
        .strictObject({
          id: z.int().positive().describe("The App's id."),
          installationId: z.int().positive().describe('The id of its installation on the repository.'),
          privateKey: secretReference.describe("The App's private key (PEM)."),
          baseUrl: z
            .url({ protocol: /^https$/, error: 'must be an https:// URL' })
            .optional()
            .describe('API address of a GitHub Enterprise Server, as https://github.example.com/api/v3.'),
        })
        .describe('A GitHub App that is installed on the repository.'),
    }),
  ])
  .describe(
    'How Argo CD and the bootstrap get at the repository: token, sshKey with knownHosts, or githubApp. Absent: a public repository.',
  );

/** The `git` section: where the tree is published and where Argo CD reads it. */
export const git = z
  .strictObject({
    url: z
      .string()
      .superRefine((text, context) => {
        const parsed = parseGitUrl(text);
        if ('problem' in parsed)
          context.addIssue({ code: 'custom', message: parsed.problem, params: { hint: parsed.hint } });
      })
      // For editors; the rule above says more.
      .meta({ pattern: '^(https?://[^@\\s]+|ssh://\\S+|file:///\\S+|[^@/:\\s]+@[^/:\\s]+:[^/\\s]\\S*)$' })
      .optional()
      .describe(
        'The repository: https://, ssh://, user@host:path or file://. Absent: an embedded remote in .breakwater/, enough to try everything but a real cluster.',
      ),
    branch: z
      .string()
      .superRefine((text, context) => {
        const problem = branchProblem(text);
        if (problem !== undefined)
          context.addIssue({
            code: 'custom',
            message: problem,
            params: { hint: 'For example main, or clusters/prod.' },
          });
      })
      .default('main')
      .describe('The branch that Argo CD follows.'),
    revision: z
      .string()
      .regex(/^[0-9a-f]{40}$/, 'must be a full commit id (40 hexadecimal digits), as `git rev-parse HEAD` prints it')
      .optional()
      .describe('Holds the cluster at one commit. Remove it to follow the branch again.'),
    credentials: credentials.optional(),
    caFile: z
      .string()
      .min(1, 'must not be empty')
      .optional()
      .describe("PEM file of the CA that signed the Git host's certificate; used by git, the host's API and Argo CD."),
    publish: z
      .enum(['push', 'pull-request'])
      .default('push')
      .describe(
        'push: commit and push to the branch. pull-request: push a branch of its own and open a pull request, for protected branches.',
      ),
  })
  .superRefine(
    (value, context) => {
      if (value.credentials === undefined) return;
      const problem = credentialsProblem(value.url, 'sshKey' in value.credentials);
      if (problem !== undefined)
        context.addIssue({
          code: 'custom',
          path: ['credentials'],
          message: problem.problem,
          params: { hint: problem.hint, at: 'key' },
        });
    },
    reads('url', 'credentials'),
  )
  .superRefine(
    (value, context) => {
      const scheme = schemeOf(value.url);
      if (value.publish !== 'pull-request' || scheme === 'https' || scheme === 'ssh') return;
      context.addIssue({
        code: 'custom',
        path: ['publish'],
        message:
          value.url === undefined
            ? 'pull-request needs git.url'
            : `pull-request needs a Git host, and git.url is ${scheme}://`,
        params: {
          hint:
            value.url === undefined
              ? 'The embedded remote has no pull requests.'
              : 'Use publish: push, or an https or ssh address.',
        },
      });
    },
    reads('url', 'publish'),
  )
  .prefault({})
  .describe('Where the tree is published and where Argo CD reads it.');

function schemeOf(url: string | undefined): string | undefined {
  if (url === undefined) return undefined;
  const parsed = parseGitUrl(url);
  return 'problem' in parsed ? undefined : parsed.scheme;
}

function credentialsProblem(url: string | undefined, ssh: boolean): GitUrlProblem | undefined {
  const scheme = schemeOf(url);
  if (scheme === undefined) return { problem: 'needs git.url', hint: 'The embedded remote takes no credentials.' };
  if (scheme === 'file')
    return { problem: 'git.url is a file:// address, which takes none', hint: 'Remove credentials.' };
  if (ssh && scheme !== 'ssh') {
    return {
      problem: `an SSH key does not go with an ${scheme} URL`,
      hint: 'Give a token, or write git.url as ssh://git@host/path.',
    };
  }
  if (!ssh && scheme !== 'https') {
    return {
      problem: `a token goes with https:// only, and git.url is ${scheme}`,
      hint: 'A token over plain http could be read on the way; over ssh it is not used.',
    };
  }
  return undefined;
}
