import { LineCounter, parseDocument } from 'yaml';
import { formatPath } from '../../config/paths.ts';
import { locate } from '../../config/positions.ts';
import { appRightsRules } from './app-rights.ts';
import { applicationRules } from './applications.ts';
import { appRules } from './apps.ts';
import { clusterNeedRules } from './cluster-needs.ts';
import { gateRules } from './gate.ts';
import { gatewayRules } from './gateway.ts';
import { loginRules } from './login.ts';
import { meshRules } from './mesh.ts';
import { mirrorRules } from './mirrors.ts';
import { neededValueRules } from './needed-values.ts';
import { objectRules } from './objects.ts';
import type { ParsedTree } from './parsed-tree.ts';
import { projectRules } from './projects.ts';
import { referenceRules } from './references.ts';
import type { Finding, Rule } from './rule.ts';
import { secretRules } from './secrets.ts';
import { sourceRules } from './sources.ts';
import { valueRules } from './values.ts';
import { waveRules } from './waves.ts';

/** All rules, by family. */
export const rules: readonly Rule[] = [
  ...waveRules,
  ...sourceRules,
  ...applicationRules,
  ...projectRules,
  ...objectRules,
  ...secretRules,
  ...gatewayRules,
  ...gateRules,
  ...meshRules,
  ...loginRules,
  ...valueRules,
  ...neededValueRules,
  ...referenceRules,
  ...clusterNeedRules,
  ...mirrorRules,
  ...appRules,
  ...appRightsRules,
];

/** A finding with the rule that it breaks. */
export interface RuleFinding extends Finding {
  rule: string;
  reason: string;
}

/**
 * Checks a tree against all rules; those that need rendered charts skip a tree without them.
 *
 * @returns the findings, in the order of the rules; empty for a valid tree
 */
export function checkTree(tree: ParsedTree): RuleFinding[] {
  return rules.flatMap((rule) =>
    rule.check(tree).map((finding) => ({ rule: rule.name, reason: rule.reason, ...withPosition(tree, finding) })),
  );
}

/** @returns the finding with its line and column, if it has the keys of its value */
export function withPosition(tree: ParsedTree, { keys, ...finding }: Finding): Finding {
  const text = tree.files.get(finding.file)?.text;
  if (keys === undefined || text === undefined) return finding;
  const lines = new LineCounter();
  const document = parseDocument(text, { version: '1.1', lineCounter: lines });
  const { line, col } = lines.linePos(locate({ document }, keys).key);
  return { ...finding, path: formatPath(keys), line, column: col };
}
