import { existsSync, lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type * as z from 'zod';
import { type Problem, UsageError } from '../report/errors.ts';
import { parseDocument } from './document.ts';
import { type Parsed, parseInput } from './parse.ts';
import { platformRoles } from './platform-roles.ts';
import { withPositions } from './positions.ts';
import { readInput } from './read-input.ts';
import { type TenantFile, tenantDefaults, tenantFile, tenantName } from './schema/tenant.ts';
import { allowedLabels } from './schema/tenant-workloads.ts';
import { closest } from './suggest.ts';
import type { Tenant, TenantCluster } from './tenant.ts';
import { tenantFindings } from './tenant-rules.ts';
import { rolesOf } from './tenant-workload-rules.ts';

/** Defaults for all tenants: the values of the chart that renders each tenant. */
const tenantDefaultsFile = 'infrastructure/tenant/values.yaml';
/** Labels and annotations that tenants may set on their namespaces. */
const allowedLabelsFile = 'infrastructure/tenant/labels.yaml';

/** @returns names of the folders in tenants/, sorted the same on every machine */
export function listTenants(root: string): string[] {
  const folder = join(root, 'tenants');
  if (lstatSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) return [];
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => (entry.isDirectory() || entry.isSymbolicLink()) && !entry.name.startsWith('.'))
    .map(({ name }) => name)
    .sort();
}

/**
 * Reads and validates all tenants of a repository, each alone and together.
 *
 * @param root the repository's folder
 * @param clusters all clusters
 * @param others texts by path that replace files or add to them: a change about to be written
 * @throws UsageError with every mistake of every file
 */
export function loadTenants(
  root: string,
  clusters: readonly TenantCluster[],
  others: ReadonlyMap<string, string> = new Map(),
): Tenant[] {
  const defaults = readPolicyFile(root, tenantDefaultsFile, tenantDefaults);
  const labels = readPolicyFile(root, allowedLabelsFile, allowedLabels);
  const problems: Problem[] = [defaults, labels].flatMap((read) => ('problems' in read ? read.problems : []));
  const tenants: Tenant[] = [];
  const texts = new Map<string, string>();
  const added = [...others.keys()].map((path) => path.split('/')[1] ?? '').sort();
  // Existing tenants come first, so that a conflict is reported at the new one.
  for (const name of new Set([...listTenants(root), ...added])) {
    const read = readTenant(root, name, others);
    if ('problems' in read) problems.push(...read.problems);
    else {
      tenants.push(read.value.tenant);
      texts.set(name, read.value.text);
    }
  }
  const policy = {
    defaults: 'value' in defaults ? defaults.value : {},
    labels: 'value' in labels ? labels.value : undefined,
    platformRoles: platformRoles(root, tenants.flatMap(rolesOf)),
  };
  for (const [tenant, findings] of tenantFindings(tenants, clusters, policy)) {
    const { input } = parseDocument(texts.get(tenant.name) ?? '', tenant.source);
    if (input !== undefined) problems.push(...withPositions(input, findings));
  }
  if (problems.length === 0) return tenants;
  const files = new Set(problems.map(({ file }) => file));
  const where = files.size === 1 ? problems[0]?.file : `${files.size} files`;
  throw new UsageError(`${problems.length === 1 ? 'a mistake' : `${problems.length} mistakes`} in ${where}`, {
    problems,
  });
}

/**
 * Reads the text of a tenant.yaml without regard to other tenants.
 *
 * @param file path for problems
 * @param name name of its folder
 */
export function parseTenantFile(text: string, file: string, name: string): Parsed<TenantFile> {
  return parseInput(tenantFile, text, file, {
    emptyHint: `Set at least kind and owner, or remove the folder tenants/${name}; docs/tenants.md has an example.`,
  });
}

function readTenant(
  root: string,
  name: string,
  others: ReadonlyMap<string, string>,
): Parsed<{ tenant: Tenant; text: string }> {
  const folder = `tenants/${name}`;
  const source = `${folder}/tenant.yaml`;
  const problems: Problem[] = [...nameProblems(folder, name)];
  const given = others.get(source);
  if (given === undefined && lstatSync(join(root, folder)).isSymbolicLink())
    return {
      problems: [{ file: folder, path: '', message: 'is a symbolic link', hint: 'Replace it with the folder itself.' }],
    };
  const nested = nestedProblems(root, folder);
  // A folder that only contains folders is not a tenant without a file.
  if (given === undefined && nested.length > 0 && !existsSync(join(root, source))) return { problems: nested };
  problems.push(...nested, ...misspeltApps(root, folder));
  const read = given === undefined ? readInput(root, source, missingHint(root, folder)) : { text: given };
  const parsed = 'text' in read ? parseTenantFile(read.text, source, name) : read;
  if ('problems' in parsed) problems.push(...parsed.problems);
  const apps = lstatSync(join(root, folder, 'apps'), { throwIfNoEntry: false });
  if (apps !== undefined && !apps.isDirectory())
    problems.push({ file: `${folder}/apps`, path: '', message: 'must be a folder of manifests' });
  if (problems.length > 0 || 'problems' in parsed || !('text' in read)) return { problems };
  return { value: { tenant: { ...parsed.value, name, source, hasApps: apps !== undefined }, text: read.text } };
}

function nameProblems(file: string, name: string): Problem[] {
  const issue = tenantName.safeParse(name).error?.issues[0];
  return issue === undefined
    ? []
    : [{ file, path: '', message: `cannot be a tenant's name: ${issue.message}`, hint: 'Rename the folder.' }];
}

/** Finds tenants in subfolders: Argo CD only reads folders directly under tenants/. */
function nestedProblems(root: string, folder: string): Problem[] {
  return folders(join(root, folder))
    .filter((name) => existsSync(join(root, folder, name, 'tenant.yaml')))
    .map((name) => ({
      file: `${folder}/${name}/tenant.yaml`,
      path: '',
      message: "is not read: a tenant's folder must be directly under tenants/",
      hint: `Move it: git mv ${folder}/${name} tenants/${name}`,
    }));
}

function misspeltApps(root: string, folder: string): Problem[] {
  const names = folders(join(root, folder));
  if (names.includes('apps')) return [];
  return names
    .filter((name) => closest(name, ['apps']) !== undefined)
    .map((name) => ({
      file: `${folder}/${name}`,
      path: '',
      message: "is not read: the team's manifests must be in apps/",
      hint: `Rename it: git mv ${folder}/${name} ${folder}/apps`,
    }));
}

function folders(folder: string): string[] {
  if (lstatSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) return [];
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name);
}

/** Hint for a folder without tenant.yaml: a misspelt file would remove the tenant. */
function missingHint(root: string, folder: string): string {
  const near = closest('tenant.yaml', readdirSync(join(root, folder)));
  return near === undefined ? `Write it, or remove the folder ${folder}.` : `Rename ${folder}/${near}.`;
}

function readPolicyFile<S extends z.ZodType>(root: string, file: string, schema: S): Parsed<z.output<S>> {
  const read = readInput(root, file, 'Restore it from Git.');
  return 'problems' in read ? read : parseInput(schema, read.text, file);
}
