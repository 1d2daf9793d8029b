import type { EditorHint } from './editor-schema.ts';

type Hints = Readonly<Record<string, EditorHint>>;

const secret = { env: '${3:NAME_OF_THE_VARIABLE}' };
const connector = (type: string, rest: object) => ({
  label: type,
  body: { type, id: `\${1:${type}}`, name: '${2:Company login}', ...rest },
});

/** What editors offer in cluster.yaml. */
export const clusterHints: Hints = {
  host: { examples: ['kubeflow.example.com', '192.168.10.240', 'auto'] },
  'kubernetes.context': { examples: ['prod-admin'] },
  git: {
    snippets: [
      {
        label: 'repository over HTTPS, with a token',
        body: { url: 'https://${1:github.com/acme/platform}.git', credentials: { token: { env: '${2:GIT_TOKEN}' } } },
      },
      {
        label: 'repository over SSH, with a key of your own',
        body: {
          url: 'git@${1:github.com:acme/platform}.git',
          credentials: { sshKey: { file: '${2:../deploy-key}' }, knownHosts: { file: '${3:../known_hosts}' } },
        },
      },
    ],
  },
  'git.url': { examples: ['https://github.com/acme/platform.git', 'git@github.com:acme/platform.git'] },
  tls: {
    snippets: [
      { label: 'acme: certificates of a public CA', body: { acme: { email: '${1:ann@example.com}' } } },
      { label: 'existingIssuer: an issuer of your own', body: { existingIssuer: { name: '${1:company}' } } },
    ],
  },
  'tls.acme.email': { examples: ['ann@example.com'] },
  loadBalancer: {
    snippets: [
      {
        label: 'metallb: addresses of your own network',
        body: {
          metallb: { pools: [{ name: '${1:public}', addresses: ['${2:192.168.10.240}-${3:192.168.10.250}'] }] },
        },
      },
    ],
  },
  'auth.users': { snippets: [{ label: 'a user', body: [{ email: '${1:ann@example.com}' }] }] },
  'auth.users[].email': { examples: ['ann@example.com'] },
  'auth.connectors[]': {
    snippets: [
      connector('github', { clientID: '${4:id}', clientSecret: secret, orgs: [{ name: '${5:acme}' }] }),
      connector('oidc', {
        issuer: 'https://${4:login.example.com}',
        clientID: '${5:kubeflow}',
        clientSecret: secret,
        unverifiedEmails: 'reject',
      }),
      connector('ldap', {
        host: '${4:ldap.example.com:636}',
        bindDN: '${5:cn=reader,dc=example,dc=com}',
        bindPassword: secret,
        unverifiedEmails: 'accept',
        userSearch: { baseDN: '${6:ou=people,dc=example,dc=com}', username: 'mail', emailAttr: 'mail' },
      }),
    ],
  },
};

/** What editors offer in app.yaml. */
export const appHints: Hints = {
  '': {
    snippets: [
      {
        label: 'an app from a Helm chart',
        body: {
          description: '${1:what it is}',
          source: { chart: '${2:wiki}', repository: 'https://${3:charts.example.com}', version: '${4:1.2.3}' },
          place: { host: '${5:wiki}' },
          service: { name: '${6:wiki}', port: 80 },
          access: { groups: ['${7:staff}'] },
        },
      },
      {
        label: 'an app from plain manifests',
        body: {
          description: '${1:what it is}',
          source: { manifests: true },
          place: { host: '${2:wiki}' },
          service: { name: '${3:wiki}', port: 80 },
          access: { everyone: true },
        },
      },
    ],
  },
};

/** What editors offer in tenant.yaml. */
export const tenantHints: Hints = {
  '': {
    snippets: [
      {
        label: 'a tenant',
        body: {
          kind: 'namespace',
          owner: '${1:ann@example.com}',
          members: [{ email: '${2:bob@example.com}', role: 'edit' }],
        },
      },
    ],
  },
  owner: { examples: ['ann@example.com'] },
  namespaces: { examples: [['team-a', 'team-a--dev']] },
  members: { examples: [[{ email: 'bob@example.com', role: 'edit' }]] },
};

/** What editors offer in removals.yaml. */
export const removalsHints: Hints = {
  removals: { examples: [['tenants/team-a'], ['clusters/prod/grafana']] },
};

/** What editors offer in upstream.yaml. */
export const upstreamHints: Hints = {};
