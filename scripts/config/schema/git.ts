import * as z from 'zod';
import { secretReference } from './common.ts';
import { branchProblem } from './git-names.ts';
import { type GitUrlProblem, gitlabNeedsSuffix, parseGitUrl } from './git-url.ts';
import { reads } from './reads.ts';

const credentials = z
  .union([
    z.strictObject({
      token: secretReference.describe('An access token (https URLs). The bootstrap pushes with it.'),
      readToken: secretReference
        .optional()
        .describe(
          'A read-only access token for Argo CD. Absent: the token that can push is stored in the cluster for Argo CD.',
        ),
      username: z
        .string()
        .min(1, 'must not be empty')
        .default('git')
        .describe('User name for the token. Most hosts accept any.'),
    }),
    z.strictObject({
      sshKey: secretReference.describe('A private SSH key without passphrase (ssh and scp-like URLs).'),
      knownHosts: secretReference.describe(
        "The host's keys, as `ssh-keyscan HOST` prints them. Verify them before you trust them.",
      ),
    }),
    z.strictObject({
      githubApp: z
        .strictObject({
          id: z.int().positive().describe('Id of the App.'),
          installationId: z.int().positive().describe("Id of the App's installation on the repository."),
          privateKey: secretReference.describe('Private key of the App (PEM).'),
          baseUrl: z
            .url({ protocol: /^https$/, error: 'must be an https:// URL' })
            .optional()
            .describe('API URL of a GitHub Enterprise Server, for example https://github.example.com/api/v3.'),
        })
        .describe('A GitHub App installed on the repository.'),
    }),
    z.strictObject({
      deployKey: z
        .strictObject({
          knownHosts: secretReference
            .optional()
            .describe(
              "The host's keys, as `ssh-keyscan HOST` prints them. Absent: the keys that Argo CD ships (github.com, gitlab.com and others).",
            ),
        })
        .describe(
          'A read-only SSH key for Argo CD. The bootstrap generates it, adds it to the repository with git.host.token, and pushes over https with the same token.',
        ),
    }),
  ])
  .describe(
    'How Argo CD and the bootstrap access the repository: token, sshKey with knownHosts, githubApp, or deployKey. Absent: a public repository.',
  );

const host = z
  .strictObject({
    kind: z
      .enum(['github', 'gitea', 'gitlab', 'git'])
      .optional()
      .describe(
        'Git server software. Absent: detected from the host name, or by querying the host. Use gitea for Forgejo, and git for any other host (the bootstrap only pushes to it).',
      ),
    url: z
      .url({ protocol: /^https$/, error: 'must be an https:// URL' })
      .refine((text) => !text.endsWith('/'), 'must not end with "/"')
      .optional()
      .describe(
        'Web address of the host, if it differs from https:// and the host of git.url: another port or a path prefix, for example https://example.com/gitea.',
      ),
    token: secretReference
      .optional()
      .describe("Access token for the host's API. Absent: the token in git.credentials."),
  })
  .prefault({})
  .describe(
    "The Git host's API. The bootstrap uses it for the repository, the deploy key, the webhook and pull requests.",
  );

/** The `git` section: the repository that holds the tree and that Argo CD reads. */
export const git = z
  .strictObject({
    url: z
      .string()
      .superRefine((text, context) => {
        const parsed = parseGitUrl(text);
        if ('problem' in parsed)
          context.addIssue({ code: 'custom', message: parsed.problem, params: { hint: parsed.hint } });
      })
      // For editors; the rule above gives better messages.
      .meta({
        patternErrorMessage: 'must be https://, ssh://, user@host:path or file://, without a password',
        pattern: '^(https?://[^@\\s]+|ssh://\\S+|file:///\\S+|[^@/:\\s]+@[^/:\\s]+:[^/\\s]\\S*)$',
      })
      .optional()
      .describe(
        'The repository: https://, ssh://, user@host:path or file://. Absent: an embedded remote in .breakwater/, enough to try everything except a real cluster.',
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
      .describe('Branch that Argo CD follows.'),
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
        'Visibility of the repository that the bootstrap creates if none exists. Needs a token for the host. never: a missing repository is an error.',
      ),
    webhook: z
      .boolean()
      .default(false)
      .describe(
        'true: a webhook tells Argo CD about each push, through the gateway, which the Git host must be able to reach. false: Argo CD polls every minute.',
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
        'push: commit and push to the branch. pull-request: push to a new branch and open a pull request, for protected branches.',
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
  .describe('The repository that holds the tree and that Argo CD reads.');

/** Hosts whose SSH keys ship with Argo CD's manifests: argocd-ssh-known-hosts-cm. */
const knownToArgocd = [
  ...['github.com', 'gitlab.com', 'bitbucket.org', 'ssh.dev.azure.com', 'ssh.github.com', 'altssh.gitlab.com'],
];

interface GitSettings {
  url?: string | undefined;
  credentials?: z.output<typeof credentials> | undefined;
  host: z.output<typeof host>;
  webhook: boolean;
}

/** Finds settings for the host's API that lack another setting. */
function hostProblems(value: GitSettings): { path: string[]; message: string; hint: string }[] {
  const { url, credentials: given, webhook } = value;
  const parsed = url === undefined ? undefined : parseGitUrl(url);
  const address = parsed === undefined || 'problem' in parsed ? undefined : parsed;
  const deployKey = given !== undefined && 'deployKey' in given ? given.deployKey : undefined;
  const hasToken =
    value.host.token !== undefined || (given !== undefined && ('token' in given || 'githubApp' in given));
  const problems: { path: string[]; message: string; hint: string }[] = [];
  if (value.host.kind === 'gitlab' && address?.scheme === 'https' && !address.path.endsWith('.git'))
    problems.push({ path: ['url'], message: gitlabNeedsSuffix, hint: `Write ${url}.git` });
  if (deployKey !== undefined && value.host.token === undefined)
    problems.push({
      path: ['credentials'],
      message: 'a deploy key needs git.host.token, to add the key to the repository',
      hint: 'Set git.host.token to {env: NAME} or {file: PATH}.',
    });
  if (deployKey !== undefined && deployKey.knownHosts === undefined && address?.scheme === 'ssh') {
    if (!knownToArgocd.includes(address.host))
      problems.push({
        path: ['credentials', 'deployKey'],
        message: `Argo CD does not know the SSH keys of ${address.host}`,
        hint: 'Set knownHosts to the output of `ssh-keyscan`, and compare it with the keys that the host publishes.',
      });
  }
  if (webhook && (!hasToken || value.host.kind === 'git'))
    problems.push({
      path: ['webhook'],
      message: "needs the host's API",
      hint: 'Set git.host.token (and git.host.kind to github, gitea or gitlab), or create the webhook by hand.',
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
  if (scheme === undefined) return { problem: 'needs git.url', hint: 'The embedded remote needs no credentials.' };
  if (scheme === 'file')
    return { problem: 'a file:// address in git.url needs no credentials', hint: 'Remove git.credentials.' };
  if (ssh && scheme !== 'ssh') {
    return {
      problem: `an SSH key does not work with an ${scheme} URL`,
      hint: 'Set a token, or write git.url as ssh://git@host/path.',
    };
  }
  if (!ssh && scheme !== 'https') {
    return {
      problem: `a token works with https:// only, and git.url is ${scheme}`,
      hint: 'Plain http would expose the token; ssh does not use one.',
    };
  }
  return undefined;
}
