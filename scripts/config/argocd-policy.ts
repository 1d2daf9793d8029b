import { parse } from 'yaml';
import type { KustomizePatch } from './cluster.ts';
import type { InputFinding } from './positions.ts';
import { isRecord } from './schema/reads.ts';

/** A line of an Argo CD RBAC policy. */
interface PolicyLine {
  /** Index of the patch that contains the line. */
  patch: number;
  text: string;
  parts: string[];
  /** Reason why Argo CD rejects or misreads the line. */
  problem?: string;
}

/** Number of fields in a line, by its first field. */
const lengths: Readonly<Record<string, number>> = { p: 6, g: 3 };

/**
 * Checks the policies in patches of Argo CD's ConfigMap argocd-rbac-cm. One line that Argo CD cannot read disables the whole policy.
 *
 * @returns findings at the patches of a kustomization
 */
export function policyFindings(patches: readonly KustomizePatch[]): InputFinding[] {
  return policyLines(patches).flatMap(({ patch, text, problem }): InputFinding[] =>
    problem === undefined
      ? []
      : [{ path: ['patches', patch, 'patch'], at: 'value', message: `the policy "${text}" ${problem}` }],
  );
}

/** @returns groups (and users) to which the policies give a role, such as `role:admin` */
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

/** Extracts `policy.csv` and `policy.<anything>.csv` from a patch. https://argo-cd.readthedocs.io/en/stable/operator-manual/rbac/ */
function policyTexts(patch: string): string[] {
  // Most patches are of Kubeflow's, and reading them all takes a tenth of a render; an escape could spell the name otherwise.
  if (!patch.includes('argocd-rbac-cm') && !patch.includes('\\')) return [];
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
  if (length === undefined) return { patch, text, parts, problem: 'must start with "p" or "g"' };
  if (parts.length !== length) {
    const problem = `has ${parts.length} fields, and "${kind}" needs ${length}: put a name that contains a comma in double quotes`;
    return { patch, text, parts, problem };
  }
  const loose = parts.find((part) => part !== part.trimEnd());
  if (loose !== undefined)
    return {
      patch,
      text,
      parts,
      problem: `has whitespace after "${loose.trimEnd()}", which Argo CD takes as part of the name`,
    };
  return { patch, text, parts };
}

/** Splits a line as Go's encoding/csv does, which trims leading whitespace only. Returns a message where that refuses the line. */
function csvParts(line: string): string[] | string {
  const parts: string[] = [];
  let rest = line;
  for (;;) {
    rest = rest.trimStart();
    const quoted = /^"((?:[^"]|"")*)"(,|$)/.exec(rest);
    const plain = /^([^",]*)(,|$)/.exec(rest);
    const found = quoted ?? plain;
    if (found === null) return 'has a stray double quote: quote the whole name, and double the quotes inside it';
    parts.push((found[1] ?? '').replaceAll('""', '"'));
    if (found[2] === '') return parts;
    rest = rest.slice(found[0].length);
  }
}
