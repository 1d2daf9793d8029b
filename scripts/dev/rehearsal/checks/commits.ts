import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseDocument } from 'yaml';
import { $ } from 'zx/core';
import type { ApplicationWatch } from '../observe/follow.ts';
import { type Passage, passages } from '../observe/order.ts';
import type { RehearsalSite } from '../site.ts';

/** @returns path of a file in the cluster's folder, relative to the repository */
export function clusterFile(site: RehearsalSite, ...parts: string[]): string {
  return join('clusters', site.cluster, ...parts);
}

/** @returns path of the cluster's overrides of a component, relative to the repository */
export function overrides(site: RehearsalSite, component: string): string {
  return clusterFile(site, 'overrides', `${component}.yaml`);
}

/** Values of the gateway's chart: a harmless change that is visible on its pods. */
export function gatewayMark(text: string): string {
  return `podAnnotations:\n  rehearsal/mark: ${text}\n`;
}

/**
 * The site's cluster.yaml with some keys set (undefined: removed) and its comments kept.
 *
 * @param keys path of a key, joined by dots → value
 */
export async function clusterYaml(site: RehearsalSite, keys: Record<string, unknown>): Promise<Record<string, string>> {
  const path = clusterFile(site, 'cluster.yaml');
  const document = parseDocument(await readFile(join(site.root, path), 'utf8'));
  for (const [key, value] of Object.entries(keys)) {
    if (value === undefined) document.deleteIn(key.split('.'));
    else document.setIn(key.split('.'), document.createNode(value));
  }
  return { [path]: document.toString() };
}

/** Commits the changes in the site's clone directly, without the program, and pushes nothing. @returns the commit */
export async function commitLocally(site: RehearsalSite, subject: string): Promise<string> {
  const git = $({ cwd: site.root, quiet: true });
  await git`git commit --quiet --all --message ${subject}`;
  return (await git`git rev-parse HEAD`).stdout.trim();
}

/** Like {@link commitLocally}, and pushes. @returns the commit */
export async function commitByHand(site: RehearsalSite, subject: string): Promise<string> {
  const commit = await commitLocally(site, subject);
  await $({ cwd: site.root, quiet: true })`git push --quiet origin HEAD`;
  return commit;
}

/** Passages of Applications in later waves than the named one that were ever at a commit. */
export function laterAt(watch: ApplicationWatch, name: string, commit: string): Passage[] {
  const all = passages(watch.events);
  const wave = all.find((one) => one.name === name)?.wave ?? Number.NEGATIVE_INFINITY;
  return all.filter((one) => one.commit === commit && one.wave > wave);
}

/** @returns names of Applications, for a report */
export function namesOf(some: readonly Passage[]): string {
  return some.length === 0 ? 'none' : some.map(({ name }) => name).join(', ');
}

/** @returns the time since a moment (milliseconds since the epoch), for a report */
export function since(start: number): string {
  return `${Math.round((Date.now() - start) / 1000)} s`;
}
