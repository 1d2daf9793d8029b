import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import type { KubernetesObject } from '../../components/component.ts';
import { type TestRepository, testRepository } from './repository.ts';

// Names as Keycloak, Entra, Okta, Active Directory and Google send them.
const good = [
  '/platform/ml',
  'R&D',
  'IT (Ops)',
  'Équipe Données',
  'okta#admins+eu',
  'acme:team x',
  'ACME\\ml',
  "o'brien's",
  'ml-team@example.com',
  '6f1a1c3e-0d0b-4d5c-9f7e-2b1f6c0d8a11',
  '開発',
  '#ops',
  'a;b|c',
];

const bad: readonly [name: string, why: string][] = [
  ['CN=ML Users,OU=x', 'must not contain ",": groups are sent as one comma-separated list'],
  ['a"b', "must not contain '\"'"],
  ['a$HOME', 'must not contain "$"'],
  ['a{{b', 'must not contain "{{"'],
  ['a\nb', 'must not contain line breaks or other control characters'],
  [' a', 'must not start or end with whitespace'],
  ['a ', 'must not start or end with whitespace'],
  ['', 'must not be empty'],
  ['system:authenticated', 'must not start with "system:"'],
  ['system:masters', 'must not start with "system:"'],
  ['system:serviceaccounts', 'must not start with "system:"'],
  ['role:admin', 'must not start with "role:" or "proj:"'],
  ['x'.repeat(201), 'at most 200 characters'],
];

let repository: TestRepository;

beforeEach(() => {
  repository = testRepository();
});
afterEach(() => repository.remove());

/** The names at each place that takes a group: of cluster.yaml and app.yaml, and of tenant.yaml. */
function write(names: readonly string[], tenantNames = names): void {
  const list = JSON.stringify(names);
  repository.write(
    'clusters/demo/cluster.yaml',
    `name: demo
host: kubeflow.example.com
apps: {wiki: {}}
auth:
  users: [{email: user@example.com, groups: ${list}}]
  groups: ${list}
`,
  );
  repository.write(
    'apps/wiki/app.yaml',
    `description: a wiki
source: {chart: wiki, repository: https://charts.example.com, version: 1.2.3}
place: {path: /wiki/}
service: {name: wiki, port: 80}
access: {groups: ${list}}
headers: [{name: X-Role, byGroup: ${JSON.stringify(names.map((group) => ({ group, value: 'Admin' })))}}]
`,
  );
  const members = JSON.stringify(tenantNames.map((group) => ({ group })));
  repository.write('tenants/red/tenant.yaml', `kind: namespace\nowner: ann@example.com\nmembers: ${members}\n`);
}

describe("a group's name has one grammar", () => {
  it('accepts what identity providers send, in each field, and passes it on unchanged', () => {
    write(good);
    const rendered = repository.breakwater('render');
    expect([rendered.code, rendered.stderr]).toEqual([0, expect.not.stringContaining('mistake')]);
    expect(repository.breakwater('validate')).toMatchObject({ code: 0 });
    const shown = repository.breakwater('tenant', 'show', 'red', '--manifests').stdout;
    const objects = parseAllDocuments(shown).map((document) => document.toJS() as KubernetesObject);
    const project = objects.find(({ kind }) => kind === 'AppProject') as { spec?: { roles: { groups?: string[] }[] } };
    expect(project.spec?.roles.flatMap(({ groups = [] }) => groups).sort()).toEqual(
      ['ann@example.com', ...good].sort(),
    );
    const subjects = objects.flatMap(({ kind, subjects }) => (kind === 'RoleBinding' ? (subjects as object[]) : []));
    expect(subjects).toEqual(
      expect.arrayContaining(good.map((name) => expect.objectContaining({ kind: 'Group', name }))),
    );
    for (const name of good) expect(shown).toContain(`x-breakwater-group-${Buffer.from(name).toString('hex')}]`);
  });

  it('refuses the same names at each of them, with the same words', () => {
    const names = bad.map(([name]) => name);
    const refusals = (places: readonly string[]) => {
      const { code, stderr } = repository.breakwater('validate');
      expect(code).toBe(2);
      for (const [index, [, why]] of bad.entries())
        for (const place of places) expect(stderr).toContain(`${place.replace('*', String(index))}: ${why}`);
    };
    write(names, []);
    refusals(['auth.users[0].groups[*]', 'auth.groups[*]', 'access.groups[*]', 'headers[0].byGroup[*].group']);
    write(good, names);
    refusals(['members[*].group']);
  });
});

describe('a group that has power here', () => {
  const connector = (id: string, more: string) =>
    `{type: oidc, id: ${id}, name: X, issuer: "https://${id}.example.com", clientID: x, clientSecret: {env: X}, unverifiedEmails: reject${more}}`;
  const notesWith = (connectors: readonly string[], localAdmin = false) => {
    repository.write(
      'clusters/demo/cluster.yaml',
      `name: demo
host: kubeflow.example.com
apps: {argocd: {}, grafana: {}}
argocd: {localAdmin: ${localAdmin}}
auth: {users: [{email: user@example.com}], connectors: [${connectors.join(', ')}]}
`,
    );
    expect(repository.breakwater('render').code).toBe(0);
    const { notes } = JSON.parse(repository.breakwater('validate', '--json').stdout) as { notes: string[] };
    return notes.filter((note) => note.includes('Groups'));
  };

  it('is reported by validate where anyone could make a group of that name at a provider', () => {
    const at =
      'clusters/demo/cluster.yaml: anyone who can create a group named platform-admins at a connector (company)';
    expect(notesWith([connector('company', ', groups: true')])).toEqual([
      `${at} administers Argo CD (apps/argocd/kustomization.yaml). See docs/security.md, Groups.`,
      `${at} administers grafana (apps/grafana/app.yaml). See docs/security.md, Groups.`,
    ]);
    expect(notesWith([connector('company', '')])).toEqual([]);
    const prefixed = (id: string) => connector(id, `, groups: true, groupsPrefix: ${id}/`);
    expect(notesWith([prefixed('company'), prefixed('partner')])).toEqual([]);
    const config = readFileSync(join(repository.root, 'clusters/demo/values/dex.yaml'), 'utf8');
    expect(config).toMatch(/modifyGroupNames:\s+prefix: company\//);
    expect(notesWith([connector('company', ', groups: true')], true)[0]).toContain('platform-admins or admin at');
  });

  it('and where people may choose their address', () => {
    const accepts = connector('lax', '').replace('unverifiedEmails: reject', 'unverifiedEmails: accept');
    const addresses = (connectors: readonly string[]) => {
      notesWith(connectors);
      const { notes } = JSON.parse(repository.breakwater('validate', '--json').stdout) as { notes: string[] };
      return notes.filter((note) => note.includes('Addresses'));
    };
    expect(addresses([accepts])).toEqual([
      expect.stringContaining('choose an address at a connector (lax) logs in as'),
    ]);
    expect(addresses([connector('strict', '')])).toEqual([]);
  });

  it('is none for being named as the local account of Argo CD, while that is off', () => {
    const policy = () => {
      const application = parse(readFileSync(join(repository.root, 'clusters/demo/apps/00-argocd.yaml'), 'utf8'));
      return JSON.stringify(application).includes('p, admin, *, *, *, deny');
    };
    notesWith([]);
    expect(policy()).toBe(true);
    notesWith([], true);
    expect(policy()).toBe(false);
  });

  it('stops nothing by a line that Argo CD cannot read', () => {
    const path = 'apps/argocd/kustomization.yaml';
    const text = readFileSync(join(repository.root, path), 'utf8');
    repository.write(path, text.replace('g, platform-admins,', 'g, CN=Platform Admins,OU=x,'));
    const { code, stderr } = repository.breakwater('validate');
    expect(code).toBe(2);
    expect(stderr).toContain('the policy "g, CN=Platform Admins,OU=x, role:admin" has 4 fields');
  });
});
