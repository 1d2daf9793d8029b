import { parse } from 'yaml';
import type { KustomizePatch } from './cluster.ts';
import type { Finding } from './positions.ts';
import { isRecord } from './schema/reads.ts';

/** A line of a policy of Argo CD. */
interface PolicyLine {
  /** Index of the patch that it is in. */
  patch: number;
  text: string;
  parts: string[];
  /** Why Argo CD would not read it, or not as it looks. */
  problem?: string;
}

/** How many parts a line has, by its first one. */
const lengths: Readonly<Record<string, number>> = { p: 6, g: 3 };

/**
 * Checks the policies in patches of Argo CD's ConfigMap argocd-rbac-cm. One line that it can't read, and no policy holds any more.
 *
 * @returns findings at the patches of a kustomization
 */
export function policyFindings(patches: readonly KustomizePatch[]): Finding[] {
  return policyLines(patches).flatMap(({ patch, text, problem }): Finding[] =>
    problem === undefined
      ? []
      : [{ path: ['patches', patch, 'patch'], at: 'value', message: `the policy "${text}" ${problem}` }],
  );
}

/** @returns groups (and users) by the role that the policies give them, as `role:admin` */
export function groupsOfRole(patches: readonly KustomizePatch[], role: string): string[] {
  return policyLines(patches).flatMap(({ parts: [kind, group, given] }) =>
    kind === 'g' && given === role && group !== undefined ? [group] : [],
  );
}

function policyLines(patches: readonly KustomizePatch[]): PolicyLine[] {
  return patches.flatMap(({ patch }, index) =>
    policyTexts(patch)
      .flatMap((text) => text.split('\n').map((line) => line.trim()))
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map((line) => readLine(index, line)),
  );
}

/** The texts of `policy.csv` and `policy.<anything>.csv`. https://argo-cd.readthedocs.io/en/stable/operator-manual/rbac/ */
function policyTexts(patch: string): string[] {
  let object: unknown;
  try {
    object = parse(patch, { logLevel: 'silent' });
  } catch {
    return [];
  }
  if (!isRecord(object) || !isRecord(object.metadata) || object.metadata.name !== 'argocd-rbac-cm') return [];
  return Object.entries(isRecord(object.data) ? object.data : {}).flatMap(([key, value]) =>
    /^policy\.(.*\.)?csv$/.test(key) && typeof value === 'string' ? [value] : [],
  );
}

function readLine(patch: number, text: string): PolicyLine {
  const parts = csvParts(text);
  if (typeof parts === 'string') return { patch, text, parts: [], problem: parts };
  const [kind = ''] = parts;
  const length = lengths[kind];
  if (length === undefined) return { patch, text, parts, problem: 'begins with neither "p" nor "g"' };
  if (parts.length !== length) {
    const problem = `has ${parts.length} parts, where "${kind}" takes ${length}: put a name with a comma in double quotes`;
    return { patch, text, parts, problem };
  }
  const loose = parts.find((part) => part !== part.trimEnd());
  if (loose !== undefined)
    return { patch, text, parts, problem: `has a blank behind "${loose.trimEnd()}", which counts` };
  return { patch, text, parts };
}

/** The parts of a line as Go's encoding/csv reads them, which drops blanks before a part only; a sentence where it refuses the line. */
function csvParts(line: string): string[] | string {
  const parts: string[] = [];
  let rest = line;
  for (;;) {
    rest = rest.trimStart();
    const quoted = /^"((?:[^"]|"")*)"(,|$)/.exec(rest);
    const plain = /^([^",]*)(,|$)/.exec(rest);
    const found = quoted ?? plain;
    if (found === null)
      return 'has a double quote that stands alone: quote the whole name, and double quotes within it';
    parts.push((found[1] ?? '').replaceAll('""', '"'));
    if (found[2] === '') return parts;
    rest = rest.slice(found[0].length);
  }
}
