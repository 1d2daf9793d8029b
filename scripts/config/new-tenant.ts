import { stringify } from 'yaml';
import type { Problem } from '../report/errors.ts';
import { commented, indented } from './new-cluster.ts';
import { formatPath } from './paths.ts';

/** Settings of a new tenant's file. Absent ones are written as comments. */
export interface NewTenant {
  name: string;
  kind: string;
  owner: string;
  displayName?: string | undefined;
  /** Members as `bob@example.com`, `bob@example.com=view`, or `acme:team-a=edit` for a group. */
  members: readonly string[];
  /** Amounts by key of `quota`. */
  quota: Readonly<Record<string, string>>;
  /** Names of clusters. Empty: all. */
  clusters: readonly string[];
  repositories: readonly string[];
}

/**
 * Writes the commented tenant.yaml of a new tenant.
 *
 * @returns the file's text; it is not validated, so that mistakes are reported with their position in the file
 */
export function newTenantFile(tenant: NewTenant): string {
  const { name, kind, owner, displayName, members, quota, clusters, repositories } = tenant;
  return `# yaml-language-server: $schema=../tenant.schema.json
# One team of the platform. Merging this file gives the team its namespaces; removing the folder revokes access. See docs/tenants.md.
${displayName === undefined ? `# displayName: ${name}` : `displayName: ${scalar(displayName)}`}

# kubeflow: a Kubeflow Profile. namespace: plain namespaces.
kind: ${scalar(kind)}

# The owner (role admin) and further members: people by e-mail address, groups by their name at the identity provider.
owner: ${scalar(owner)}
${section('members', members.map(memberOf), '- {email: bob@example.com, role: edit}\n- {group: acme:team, role: view}')}
# Namespaces: <team>, and further ones that start with <team>--.
${commented(`namespaces: [${name}, ${name}--dev]`)}

# Clusters, by name or by label (labels in cluster.yaml). Default: all.
${clusters.length === 0 ? commented('clusters: {names: [prod]}') : `clusters: {names: [${clusters.map(scalar).join(', ')}]}`}

# Quota of each namespace. Defaults: infrastructure/tenant/values.yaml.
${quotaSection(quota)}
# Network access beyond its own namespaces, DNS and the gateway.
${commented('network:\n  internet: true\n  to: [shared-data]\n  from: [other-team]')}

# Paths on the platform's host that lead to its Services, for its members.
${commented(`routes:\n  - {path: /tenants/${name}/, service: web, port: 80}`)}

# Git repositories that its Applications may deploy from, in addition to tenants/${name}/apps/ here.
${repositories.length === 0 ? commented('repositories: ["https://github.com/acme/team.git"]') : `repositories:\n${repositories.map((url) => `  - ${scalar(url)}`).join('\n')}`}
`;
}

/**
 * Reports a mistake in the text of {@link newTenantFile}, which is not on disk yet, by the option that was typed.
 *
 * @param problem a problem in the new file
 * @returns the problem without a position, and with the option and its value
 */
export function asTyped({ line: _, column: __, ...problem }: Problem, tenant: NewTenant): Problem {
  return { ...problem, typed: typedFor(problem.path, tenant) };
}

function typedFor(path: string, tenant: NewTenant): string {
  const index = Number(/\[(\d+)\]/.exec(path)?.[1] ?? -1);
  const within = (...keys: string[]) => {
    const start = formatPath(keys);
    return path === start || path.startsWith(`${start}.`) || path.startsWith(`${start}[`);
  };
  if (within('owner')) return option('owner', tenant.owner);
  if (within('kind')) return option('kind', tenant.kind);
  if (within('displayName')) return option('display-name', tenant.displayName);
  if (within('members')) return option('members', tenant.members[index]);
  if (within('clusters')) return option('clusters', tenant.clusters[index]);
  if (within('repositories')) return option('repositories', tenant.repositories[index]);
  const amount = Object.entries(tenant.quota).find(([key]) => within('quota', key));
  return amount === undefined ? tenant.name : option('quota', amount.join('='));
}

function option(name: string, value = ''): string {
  return `--${name} ${value}`.trimEnd();
}

function memberOf(text: string): string {
  const split = text.lastIndexOf('=');
  const name = split < 0 ? text : text.slice(0, split);
  const role = split < 0 ? 'edit' : text.slice(split + 1);
  return `- {${name.includes('@') ? 'email' : 'group'}: ${scalar(name)}, role: ${scalar(role)}}`;
}

function section(key: string, entries: readonly string[], example: string): string {
  if (entries.length === 0) return `${commented(`${key}:\n${indented(example)}`)}\n`;
  return `${key}:\n${indented(entries.join('\n'))}\n`;
}

function quotaSection(quota: NewTenant['quota']): string {
  const entries = Object.entries(quota);
  if (entries.length === 0)
    return `${commented('quota:\n  cpu: "8"\n  memory: 32Gi\n  gpus: {nvidia.com/gpu: 1}\n  storage: 200Gi')}\n`;
  const lines = entries.map(([key, amount]) => {
    const number = /^\d+$/.test(amount) ? amount : scalar(amount);
    if (key === 'gpus') return `  gpus: {nvidia.com/gpu: ${number}}`;
    return `  ${scalar(key)}: ${/^(pods|claims)$/.test(key) ? number : scalar(amount)}`;
  });
  return `quota:\n${lines.join('\n')}\n`;
}

/** Quotes text that YAML 1.1 or 1.2 would read as something other than that string, including within braces. */
function scalar(text: string): string {
  const plain = stringify([text], { version: '1.1', lineWidth: 0, collectionStyle: 'flow' }).trim();
  return plain.startsWith('[') ? plain.slice(1, -1).trim() : JSON.stringify(text);
}
