import { allObjects, at, folderOf, isMap, nameOf } from './parsed-tree.ts';
import type { Rule } from './rule.ts';

/** Patterns of secrets anywhere in a file. */
export const secretShapes: readonly { what: string; pattern: RegExp }[] = [
  { what: 'a private key', pattern: /-----BEGIN [A-Z ]*PRIVATE KEY-----/ },
  { what: 'a bcrypt hash', pattern: /\$2[abxy]\$\d\d\$[./A-Za-z0-9]{53}/ },
  { what: 'a GitHub token', pattern: /\b(gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{60,})/ },
  { what: 'a GitLab token', pattern: /\bglpat-[A-Za-z0-9_-]{20,}/ },
  { what: 'an AWS key', pattern: /\b(AKIA|ASIA)[A-Z0-9]{16}\b/ },
  { what: 'a Slack token', pattern: /\bxox[abprs]-[A-Za-z0-9-]{10,}/ },
  { what: 'a Google API key', pattern: /\bAIza[A-Za-z0-9_-]{35}\b/ },
  { what: 'a JSON web token', pattern: /\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}/ },
  { what: 'a password in an address', pattern: /\b[a-z][a-z0-9+.-]*:\/\/[^\s/:@"'{}$]+:[^\s/@"'{}$]+@/ },
];

const noSecretObjects: Rule = {
  name: 'no-secret-objects',
  reason: 'A secret in Git stays readable in its history; create it in the cluster (design: no secret in Git).',
  check: (tree) =>
    allObjects(tree)
      .filter(({ object, rendered }) => !rendered && object.kind === 'Secret' && object.apiVersion === 'v1')
      .filter(({ object }) => hasContent(object.data) || hasContent(object.stringData))
      .map(({ file, object }) => ({
        file,
        path: nameOf(object),
        message: 'contains data: let the bootstrap create the Secret',
      })),
};

function hasContent(value: unknown): boolean {
  return isMap(value) && Object.values(value).some((text) => text !== null && text !== '');
}

const noPasswordsFromUpstream: Rule = {
  name: 'no-passwords-from-upstream',
  reason:
    'Everyone knows a password from a public repository, and Kubeflow ships several (kubeflow/community-distribution).',
  needs: 'charts',
  check: (tree) =>
    allObjects(tree)
      .filter(({ object, rendered }) => rendered && object.kind === 'Secret' && object.apiVersion === 'v1')
      .flatMap(({ file, object }) =>
        ['data', 'stringData'].flatMap((field) =>
          Object.entries((at(object, field) ?? {}) as object)
            .filter(([key, text]) => /pass|secret|key|token/i.test(key) && text !== null && text !== '')
            .map(([key]) => ({
              file,
              path: `${nameOf(object)} ${field}.${key}`,
              message: 'is published by the upstream: replace it with a generated one',
            })),
        ),
      ),
};

const nothingLikeASecret: Rule = {
  name: 'nothing-like-a-secret',
  reason:
    'Tokens and keys in values or manifests end up in Git, in logs and in every clone (konstructio/kubefirst#633, argocd-autopilot#471).',
  check: (tree) =>
    [...tree.files].flatMap(([file, { text }]) =>
      secretShapes
        .filter(({ pattern }) => pattern.test(text))
        .map(({ what, pattern }) => {
          const line = text.slice(0, text.search(pattern)).split('\n').length;
          return { file, message: `line ${line} looks like ${what}: keep it out of Git` };
        }),
    ),
};

const credentialKey =
  /^(client-?secret|cookie-?secret|password|passwd|api-?token|access-?token|bind-?pw|private-?key)$/i;

const credentialsByReference: Rule = {
  name: 'credentials-by-reference',
  reason:
    'A value under such a key is a secret in plain text; charts accept the name of a Secret, or a variable (oauth2-proxy docs, configuration).',
  check(tree) {
    const folders = [`${folderOf(tree)}/values/`, `${folderOf(tree)}/overrides/`];
    return [...tree.files].flatMap(([file, { documents }]) =>
      folders.some((folder) => file.startsWith(folder)) || /^infrastructure\/[^/]+\/values\.yaml$/.test(file)
        ? documents
            .flatMap((document) => plainCredentials(document, ''))
            .map((path) => ({ file, path, message: 'is a credential in plain text: name a Secret or a variable' }))
        : [],
    );
  },
};

/** Key paths of credentials that are not empty, and not a variable such as $NAME or ${NAME}. */
function plainCredentials(value: unknown, path: string): string[] {
  if (Array.isArray(value)) return value.flatMap((item, index) => plainCredentials(item, `${path}[${index}]`));
  if (!isMap(value)) return [];
  return Object.entries(value).flatMap(([key, item]) => {
    const place = path === '' ? key : `${path}.${key}`;
    if (typeof item !== 'string') return plainCredentials(item, place);
    return credentialKey.test(key) && item !== '' && !/^\$(\{[A-Za-z_]\w*\}|[A-Za-z_]\w*)$/.test(item) ? [place] : [];
  });
}

/** No secret is in Git. */
export const secretRules: readonly Rule[] = [
  noSecretObjects,
  noPasswordsFromUpstream,
  nothingLikeASecret,
  credentialsByReference,
];
