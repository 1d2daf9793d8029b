import type { DiffLine } from './lines.ts';
import {
  byApplication,
  type ClusterDifference,
  changesText,
  changeTitle,
  countChanges,
  type Difference,
  notShownText,
  waveText,
} from './summary.ts';

const colours = { '+': '\u001b[32m', '-': '\u001b[31m', ' ': '', bold: '\u001b[1m', off: '\u001b[0m' } as const;

/**
 * Writes the difference for a terminal: the summary of all clusters first, then each resource.
 *
 * @param against name of the base, as `1a2b3c4d5e6f (origin/main)`
 */
export function diffText({ differences, notShown }: Difference, against: string, coloured: boolean): string {
  const warning = notShownText(notShown);
  const bold = (text: string) => (coloured ? `${colours.bold}${text}${colours.off}` : text);
  return [
    ...(warning === undefined ? [] : [bold(`! ${warning}`)]),
    ...differences.flatMap((difference) => [bold(headline(difference, against)), ...summaryLines(difference)]),
    ...differences.flatMap(({ cluster, changes }) =>
      changes.flatMap((change) => [
        '',
        bold(changeTitle(cluster, change)),
        ...change.lines.map((line) => lineText(line, coloured)),
      ]),
    ),
  ].join('\n');
}

function headline({ cluster, changes }: ClusterDifference, against: string): string {
  return changes.length === 0
    ? `${cluster}: no changes since ${against}`
    : `${cluster}: ${changesText(countChanges(changes))}, against ${against}`;
}

function summaryLines({ changes, notes }: ClusterDifference): string[] {
  const rows = byApplication(changes);
  const width = Math.max(0, ...rows.map(({ application }) => application.length));
  return [
    ...rows.map((row) => `  ${waveText(row.wave).padEnd(8)} ${row.application.padEnd(width)}  ${changesText(row)}`),
    ...notes.map((note) => `  ! ${note}`),
  ];
}

function lineText({ sign, text }: DiffLine, coloured: boolean): string {
  const line = `  ${sign} ${text}`;
  return coloured && sign !== ' ' ? `${colours[sign]}${line}${colours.off}` : line;
}
