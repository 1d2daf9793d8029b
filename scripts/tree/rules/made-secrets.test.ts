import { expect, it } from 'vitest';
import { goodTree } from '../../dev/testing/good-tree.ts';
import { checkTree } from './index.ts';

it('made-secrets finds what the source of Secrets lacks, and is content where the bootstrap makes them', () => {
  const tree = goodTree();
  if (tree.facts === undefined) throw new Error('the good tree knows its cluster');
  const lacking = { file: 'clusters/demo/secrets/sops.yaml', message: 'lacks client-secret' };
  const found = (unmade: readonly (typeof lacking)[]) =>
    checkTree({ ...tree, facts: { ...tree.facts, unmade } as typeof tree.facts }).map(({ rule, file }) => ({
      rule,
      file,
    }));
  expect(found([lacking])).toEqual([{ rule: 'made-secrets', file: lacking.file }]);
  expect(found([])).toEqual([]);
});
