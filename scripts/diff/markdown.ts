import type { Change } from './compare.ts';
import {
  byApplication,
  type ClusterDifference,
  changesText,
  changeTitle,
  countChanges,
  type Difference,
  notShownText,
} from './summary.ts';

/** Longest comment that GitHub accepts, in characters: https://docs.github.com/rest/issues/comments (422 beyond it). */
export const commentLimit = 65_536;
/** Our own limit: the workflow that posts the comment may add to it. */
export const textLimit = 64_000;
/** Identifies our comment, so that the next run replaces it. */
export const commentMark = '<!-- breakwater:diff -->';

const mostLines = 120;
const mostRows = 60;

/**
 * Writes the difference as Markdown that fits a comment: the summary first, then each resource folded. What does not fit is
 * omitted and counted.
 *
 * @param against name of the base
 * @param limit maximum length in characters
 */
export function diffMarkdown(
  { differences, notShown }: Difference,
  against: string,
  limit: number = textLimit,
): string {
  const warning = notShownText(notShown);
  const parts = [commentMark, `## Rendered difference against ${code(against)}`, '', ...differences.flatMap(headline)];
  if (warning !== undefined) parts.push(`:warning: ${escaped(warning)}`, '');
  for (const difference of differences) parts.push(...clusterSummary(difference));
  const room = limit - 400;
  let text = cut(parts.join('\n'), room);
  const left = { resources: 0, lines: 0 };
  for (const { cluster, changes } of differences) {
    for (const change of changes) {
      const { part, lines } = resource(cluster, change);
      if (left.resources === 0 && text.length + part.length + 1 <= room) {
        text += `\n${part}`;
        left.lines += lines;
      } else {
        left.resources += 1;
        left.lines += change.lines.length;
      }
    }
  }
  return `${text}\n${leftOut(left)}`;
}

/** Kinds whose removal takes data or whole parts of the platform along. */
const heavyKinds = ['CustomResourceDefinition', 'Namespace', 'PersistentVolumeClaim', 'Profile'];

/** One line for a cluster that loses something. */
function headline({ cluster, changes }: ClusterDifference): string[] {
  const removed = changes.filter(({ change }) => change === 'removed');
  if (removed.length === 0) return [];
  const applications = removed.filter(({ kind }) => kind === 'Application').length;
  const others = removed.length - applications;
  const what = [
    ...(applications === 0 ? [] : [`${applications} ${applications === 1 ? 'Application' : 'Applications'}`]),
    ...(others === 0 ? [] : [`${others} ${others === 1 ? 'resource' : 'resources'}`]),
  ].join(' and ');
  const heavy = removed
    .filter(({ kind }) => heavyKinds.includes(kind))
    .map(({ kind, name }) => `${kind} ${name}`)
    .slice(0, 10);
  const among = heavy.length === 0 ? '' : `, with the data of ${heavy.map(escaped).join(', ')}`;
  return [`:warning: **Removes ${what} from ${escaped(cluster)}${among}.**`, ''];
}

function leftOut({ resources, lines }: { resources: number; lines: number }): string {
  if (resources + lines === 0) return '';
  const what = [
    ...(resources === 0 ? [] : [`${resources} ${resources === 1 ? 'resource' : 'resources'}`]),
    ...(lines === 0 ? [] : [`${lines} ${lines === 1 ? 'line' : 'lines'}`]),
  ].join(' with ');
  return `\nOmitted to fit into a comment: ${what}. For everything, run ${code('npm run diff')}.\n`;
}

function clusterSummary({ cluster, changes, notes }: ClusterDifference): string[] {
  const rows = byApplication(changes);
  const shown = rows.slice(0, mostRows);
  return [
    `### ${escaped(cluster)}: ${changes.length === 0 ? 'no changes' : changesText(countChanges(changes))}`,
    '',
    ...(rows.length === 0
      ? []
      : ['| wave | Application | added | changed | removed | kept |', '| --- | --- | ---: | ---: | ---: | ---: |']),
    ...shown.map(
      ({ wave, application, added, changed, removed, kept }) =>
        `| ${wave < 0 ? 'root' : wave} | ${escaped(application)} | ${added} | ${changed} | ${removed} | ${kept} |`,
    ),
    ...(shown.length < rows.length ? [`| | and ${rows.length - shown.length} more | | | | |`] : []),
    '',
    ...notes.slice(0, mostRows).map((note) => `- :warning: ${escaped(note)}`),
    ...(notes.length === 0 ? [] : ['']),
  ];
}

/** One folded resource, cut if long. A kept one has nothing to unfold. */
function resource(cluster: string, change: Change): { part: string; lines: number } {
  const title = escaped(changeTitle(cluster, change));
  if (change.lines.length === 0) return { part: `<p>${title}</p>\n`, lines: 0 };
  const shown = change.lines.slice(0, mostLines).map(({ sign, text }) => `${sign} ${text}`);
  const hidden = change.lines.length - shown.length;
  const body = [...shown, ...(hidden === 0 ? [] : [`  ... ${hidden} more lines`])].join('\n');
  const fence = '`'.repeat(Math.max(3, ...[...body.matchAll(/`+/g)].map(([run]) => run.length + 1)));
  return {
    part: `<details><summary>${title}</summary>\n\n${fence}diff\n${body}\n${fence}\n\n</details>`,
    lines: hidden,
  };
}

/** Names come from files that anyone may propose: they must not become markup or mention people (@name). */
function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('@', '@\u200b')
    .replaceAll(/[\r\n]+/g, ' ')
    .replaceAll(/([|`*_[\]#\\])/g, '\\$1');
}

function code(text: string): string {
  return `\`${text.replaceAll('`', "'")}\``;
}

function cut(text: string, limit: number): string {
  return text.length <= limit ? text : `${text.slice(0, limit)}\n...`;
}
