import { z } from 'zod';
import { secretReference } from './common.ts';
import { branchProblem } from './git-names.ts';
import { type GitUrlProblem, parseGitUrl } from './git-url.ts';
import { reads } from './reads.ts';

const credentials = z
  .union([
    z.strictObject({
      token: secretReference.describe('An access token (https URLs). The bootstrap pushes with it.'),
      readToken: secretReference
        .optional()
        .describe(
          'An access token that may only read the repository, for Argo CD. Absent: Argo CD, in the cluster, gets the one that may push.',
        ),
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
    z.strictObject({
      deployKey: z
        .strictObject({
          knownHosts: secretReference
            .optional()
            .describe(
              "The host's keys, as `ssh-keyscan HOST` prints them. Absent: those that Argo CD brings (github.com, gitlab.com and others).",
            ),
        })
        .describe(
          'An SSH key that may only read, made by the bootstrap for Argo CD and added to the repository by git.host.token; the bootstrap itself pushes over https with that token.',
        ),
    }),
  ])
  .describe(
    'How Argo CD and the bootstrap get at the repository: token, sshKey with knownHosts, githubApp, or deployKey. Absent: a public repository.',
  );

const host = z
  .strictObject({
    kind: z
      .enum(['github', 'gitea', 'gitlab', 'git'])
      .optional()
      .describe(
        'What the host is. Absent: told by its name, else the host is asked. gitea: Forgejo, too. git: any other; then nothing but pushing.',
      ),
    url: z
      .url({ protocol: /^https$/, error: 'must be an https:// URL' })
      .refine((text) => !text.endsWith('/'), 'must not end with "/"')
      .optional()
      .describe(
        "The host's web address, where it is not https:// and the host of git.url: another port, or a path in front, as https://example.com/gitea.",
      ),
    token: secretReference.optional().describe("Access token for the host's API. Absent: the one of git.credentials."),
  })
  .prefault({})
  .describe("The Git host's API: it makes the repository, the deploy key, the webhook and pull requests.");

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
    host,
    create: z
      .enum(['private', 'internal', 'public', 'never'])
      .default('private')
      .describe(
        'Who may see the repository that is made when there is none: it takes a token for the host. never: a missing repository is an error.',
      ),
    webhook: z
      .boolean()
      .default(false)
      .describe(
        'true: the host tells Argo CD of each push by a webhook through the gateway, which must be reachable from it. false: Argo CD looks by itself, each minute.',
      ),
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
      const problem = credentialsProblem(value.url, 'sshKey' in value.credentials || 'deployKey' in value.credentials);
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
      for (const { path, message, hint } of hostProblems(value))
        context.addIssue({ code: 'custom', path, message, params: { hint, at: 'key' } });
    },
    reads('url', 'credentials', 'host', 'webhook'),
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

/** Hosts whose SSH keys Argo CD's own manifests bring: argocd-ssh-known-hosts-cm. */
const knownToArgocd = [
  ...['github.com', 'gitlab.com', 'bitbucket.org', 'ssh.dev.azure.com', 'ssh.github.com', 'altssh.gitlab.com'],
];

interface GitSettings {
  url?: string | undefined;
  credentials?: z.output<typeof credentials> | undefined;
  host: z.output<typeof host>;
  webhook: boolean;
}

/** What a setting for the host's API needs beside itself. */
function hostProblems(value: GitSettings): { path: string[]; message: string; hint: string }[] {
  const { url, credentials: given, webhook } = value;
  const parsed = url === undefined ? undefined : parseGitUrl(url);
  const address = parsed === undefined || 'problem' in parsed ? undefined : parsed;
  const deployKey = given !== undefined && 'deployKey' in given ? given.deployKey : undefined;
  const hasToken =
    value.host.token !== undefined || (given !== undefined && ('token' in given || 'githubApp' in given));
  const problems: { path: string[]; message: string; hint: string }[] = [];
  if (deployKey !== undefined && value.host.token === undefined)
    problems.push({
      path: ['credentials'],
      message: 'a deploy key needs git.host.token, which adds it to the repository',
      hint: 'Set git.host.token to {env: NAME} or {file: PATH}.',
    });
  if (deployKey !== undefined && deployKey.knownHosts === undefined && address?.scheme === 'ssh') {
    if (!knownToArgocd.includes(address.host))
      problems.push({
        path: ['credentials', 'deployKey'],
        message: `Argo CD does not know the SSH keys of ${address.host}`,
        hint: 'Set knownHosts to what `ssh-keyscan` prints for it, compared with what the host publishes.',
      });
  }
  if (webhook && (!hasToken || value.host.kind === 'git'))
    problems.push({
      path: ['webhook'],
      message: "needs the host's API",
      hint: 'Set git.host.token (and git.host.kind to github, gitea or gitlab), or make the webhook by hand.',
    });
  return problems;
}

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
