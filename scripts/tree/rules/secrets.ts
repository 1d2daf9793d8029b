import { at, folderOf, isMap, nestedIn, ofKind } from './parsed-tree.ts';
import { about, type Rule } from './rule.ts';

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
    ofKind(tree, 'Secret', '')
      .filter(({ object, rendered }) => !rendered && (hasContent(object.data) || hasContent(object.stringData)))
      .map((secret) => about(secret, 'contains data: let the bootstrap create the Secret')),
};

/** @returns whether a Secret's data has a value */
export function hasContent(value: unknown): boolean {
  return isMap(value) && Object.values(value).some((text) => text !== null && text !== '');
}

const noPasswordsFromUpstream: Rule = {
  name: 'no-passwords-from-upstream',
  reason:
    'Everyone knows a password from a public repository, and Kubeflow ships several (kubeflow/community-distribution).',
  needs: 'charts',
  check: (tree) =>
    ofKind(tree, 'Secret', '')
      .filter(({ rendered }) => rendered)
      .flatMap((secret) =>
        ['data', 'stringData'].flatMap((field) =>
          Object.entries((at(secret.object, field) ?? {}) as object)
            .filter(([key, text]) => /pass|secret|key|token/i.test(key) && text !== null && text !== '')
            .map(([key]) =>
              about(secret, 'is published by the upstream: replace it with a generated one', `${field}.${key}`),
            ),
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
            .flatMap((document) => nestedIn(document))
            .filter(isPlainCredential)
            .map(({ path }) => ({ file, path, message: 'is a credential in plain text: name a Secret or a variable' }))
        : [],
    );
  },
};

/** True for a credential that is not empty, and not a variable such as $NAME or ${NAME}. */
function isPlainCredential({ path, key, value }: { path: string; key: string; value: unknown }): boolean {
  if (typeof value !== 'string' || value === '' || path.endsWith(']') || !credentialKey.test(key)) return false;
  return !/^\$(\{[A-Za-z_]\w*\}|[A-Za-z_]\w*)$/.test(value);
}

const madeSecrets: Rule = {
  name: 'made-secrets',
  reason:
    'A pod whose Secret no one makes never starts, and the wave never ends (Kubernetes docs, concepts/configuration/secret).',
  check: (tree) => [...(tree.facts?.unmade ?? [])],
};

/** No secret is in Git, and each that is needed is made. */
export const secretRules: readonly Rule[] = [
  noSecretObjects,
  noPasswordsFromUpstream,
  nothingLikeASecret,
  credentialsByReference,
  madeSecrets,
];
