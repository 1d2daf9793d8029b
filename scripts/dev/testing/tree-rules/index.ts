import { checkTree, type RuleFinding, rules } from '../../../tree/rules/index.ts';
import type { ParsedTree } from '../../../tree/rules/parsed-tree.ts';
import type { Rule } from '../../../tree/rules/rule.ts';
import { applicationRules } from './applications.ts';
import { gateRules } from './gate.ts';
import { objectRules } from './objects.ts';
import { projectRules } from './projects.ts';
import { rootRules } from './root.ts';
import { sourceRules } from './sources.ts';
import { tenantRules } from './tenants.ts';
import { waveRules } from './waves.ts';

/**
 * Rules about files that only the renderer writes. Users cannot break them, since a file that differs from the renderer's output is
 * drift. They test the renderer, over every tree that a test renders.
 */
export const rendererRules: readonly Rule[] = [
  ...waveRules,
  ...rootRules,
  ...sourceRules,
  ...applicationRules,
  ...projectRules,
  ...objectRules,
  ...gateRules,
  ...tenantRules,
];

/** @returns findings of the rules of `validate` and of the renderer in a tree */
export function checkRenderedTree(tree: ParsedTree): RuleFinding[] {
  return [
    ...checkTree(tree),
    ...rendererRules.flatMap(({ name, reason, check }) =>
      check(tree).map((finding) => ({ rule: name, reason, ...finding })),
    ),
  ];
}

/** @returns the rule of this name, of either kind */
export function ruleCalled(name: string): Rule {
  const found = [...rules, ...rendererRules].find((rule) => rule.name === name);
  if (found === undefined) throw new Error(`there is no rule "${name}"`);
  return found;
}
