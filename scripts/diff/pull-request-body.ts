import { createHash } from 'node:crypto';
import { applicationOf, componentOf } from '../tree/application-file.ts';

/** A file that differs between two commits. */
export interface ChangedPath {
  path: string;
  change: 'added' | 'changed' | 'removed';
}

/** Contents of a bootstrap's pull request. */
export interface PullRequestFacts {
  cluster: string;
  /** Files that differ from the target branch. */
  changes: readonly ChangedPath[];
  /** Wave of each component in the rendered tree. */
  waves: ReadonlyMap<string, number>;
}

const mark = /^<!-- breakwater:pull-request ([0-9a-f]{16}): [^\n]*-->\n/;
const mostFiles = 30;

/**
 * Writes the text of a pull request: the changes by wave and component, and what else is on its branch.
 *
 * The first line holds a digest of the rest: a text that a person has edited is never overwritten.
 */
export function pullRequestBody({ cluster, changes, waves }: PullRequestFacts): string {
  const folder = `clusters/${cluster}/`;
  const own = changes.filter(({ path }) => path.startsWith(folder));
  const others = changes.filter(({ path }) => !path.startsWith(folder));
  const text = [
    `Generated from \`${folder}cluster.yaml\`. After the merge Argo CD applies it wave by wave.`,
    '',
    ...table(rowsOf(folder, own, waves)),
    ...(others.length === 0 ? [] : ['', 'Also on this branch:', '', ...list(others)]),
    '',
    'For the resulting changes in the cluster, see `npm run diff`, or the comment below if the workflow runs.',
    '',
  ].join('\n');
  return `<!-- breakwater:pull-request ${digest(text)}: the next run updates this text, unless you edit it -->\n${text}`;
}

/** @returns true for a text that a run wrote and no one has edited since */
export function isGeneratedBody(body: string): boolean {
  const plain = body.replaceAll('\r\n', '\n');
  const [head, found] = mark.exec(plain) ?? [];
  return head !== undefined && digest(plain.slice(head.length)) === found;
}

/** Hosts may strip trailing whitespace. */
function digest(text: string): string {
  return createHash('sha256').update(text.trim()).digest('hex').slice(0, 16);
}

interface Row {
  wave: number;
  component: string;
  paths: ChangedPath[];
}

function rowsOf(folder: string, changes: readonly ChangedPath[], waves: ReadonlyMap<string, number>): Row[] {
  const rows = new Map<string, Row>();
  for (const change of changes) {
    const component = componentOf(change.path.slice(folder.length)) ?? 'the root';
    // The wave of a removed component is in its file's name.
    const wave = waves.get(component) ?? applicationOf(change.path)?.wave ?? -1;
    const row = rows.get(component) ?? { wave, component, paths: [] };
    rows.set(component, { ...row, wave: Math.max(row.wave, wave), paths: [...row.paths, change] });
  }
  return [...rows.values()].sort((a, b) => a.wave - b.wave || (a.component < b.component ? -1 : 1));
}

function table(rows: readonly Row[]): string[] {
  if (rows.length === 0) return ['Nothing in the tree of this cluster changes.'];
  return [
    '| wave | component | changes |',
    '| --- | --- | --- |',
    ...rows.map(({ wave, component, paths }) => `| ${wave < 0 ? '' : wave} | ${component} | ${what(paths)} |`),
  ];
}

function what(paths: readonly ChangedPath[]): string {
  const application = paths.find(({ path }) => path.includes('/apps/'));
  if (application?.change === 'added' && !paths.some(({ change }) => change === 'removed')) return 'added';
  if (paths.every(({ change }) => change === 'removed')) return 'removed';
  const shown = paths.slice(0, 5).map(({ change, path }) => `${change} \`${path.split('/').slice(2).join('/')}\``);
  return [...shown, ...(paths.length > shown.length ? [`and ${paths.length - shown.length} more`] : [])].join(', ');
}

function list(paths: readonly ChangedPath[]): string[] {
  const shown = paths.slice(0, mostFiles).map(({ change, path }) => `- ${change} \`${path.replaceAll('`', "'")}\``);
  return [...shown, ...(paths.length > shown.length ? [`- and ${paths.length - shown.length} more`] : [])];
}
