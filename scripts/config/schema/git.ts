import { z } from 'zod';
import { secretReference } from './common.ts';
import { branchProblem } from './git-names.ts';
import { parseGitUrl } from './git-url.ts';

const credentials = z
  .union([
    z.strictObject({
      token: secretReference.describe('An access token (https URLs).'),
      username: z.string().min(1).default('git').describe('User name that goes with the token; most hosts take any.'),
    }),
    z.strictObject({
      sshKey: secretReference.describe('A private SSH key without passphrase (ssh and scp-like URLs).'),
      knownHosts: secretReference.describe(
        "The host's keys, as `ssh-keyscan HOST` prints them; check them before you trust them.",
      ),
    }),
    z.strictObject({
      githubApp: z.strictObject({
        id: z.int().positive().describe("The App's id."),
        installationId: z.int().positive().describe('The id of its installation on the repository.'),
        privateKey: secretReference.describe("The App's private key (PEM)."),
        baseUrl: z
          .url({ protocol: /^https$/ })
          .optional()
          .describe('API address of a GitHub Enterprise Server, as https://github.example.com/api/v3.'),
      }),
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
      .optional()
      .describe(
        'The repository: https://, ssh://, user@host:path or file://. Absent: an embedded remote in .breakwater/, enough to try everything but a real cluster.',
      ),
    branch: z
      .string()
      .superRefine((text, context) => {
        const problem = branchProblem(text);
        if (problem !== undefined) context.addIssue({ code: 'custom', message: problem });
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
      .min(1)
      .optional()
      .describe("PEM file of the CA that signed the Git host's certificate; used by git, the host's API and Argo CD."),
    publish: z
      .enum(['push', 'pull-request'])
      .default('push')
      .describe(
        'push: commit and push to the branch. pull-request: push a branch of its own and open a pull request, for protected branches.',
      ),
  })
  .superRefine((value, context) => {
    if (value.url === undefined) {
      if (value.credentials !== undefined)
        context.addIssue({
          code: 'custom',
          path: ['credentials'],
          message: 'needs git.url',
          params: { hint: 'The embedded remote takes no credentials.' },
        });
      if (value.publish === 'pull-request')
        context.addIssue({
          code: 'custom',
          path: ['publish'],
          message: 'pull-request needs git.url',
          params: { hint: 'The embedded remote has no pull requests.' },
        });
      return;
    }
    const parsed = parseGitUrl(value.url);
    if ('problem' in parsed || value.credentials === undefined) return;
    const ssh = 'sshKey' in value.credentials;
    if (ssh && parsed.scheme !== 'ssh') {
      context.addIssue({
        code: 'custom',
        path: ['credentials'],
        message: 'an SSH key does not go with an https URL',
        params: { hint: 'Give a token, or write git.url as ssh://git@host/path.' },
      });
    }
    if (!ssh && parsed.scheme !== 'https') {
      context.addIssue({
        code: 'custom',
        path: ['credentials'],
        message: `a token goes with https:// only, and git.url is ${parsed.scheme}`,
        params: { hint: 'A token over plain http could be read on the way; over ssh it is not used.' },
      });
    }
  })
  .prefault({})
  .describe('Where the tree is published and where Argo CD reads it.');
