import { generatedMark } from '../../../components/domain.ts';
import { folderOf } from '../../../tree/rules/parsed-tree.ts';
import type { Rule } from '../../../tree/rules/rule.ts';

const generatedSaysSo: Rule = {
  name: 'generated-says-so',
  reason: 'An edit in a generated file is overwritten, so each names its source in the first line (fluxcd/flux2#524).',
  check(tree) {
    const folder = `${folderOf(tree)}/`;
    return [...tree.files]
      .filter(([file]) => /^(apps|values|manifests)\/|^(bootstrap\.yaml|README\.md)$/.test(file.slice(folder.length)))
      .filter(([file]) => file.startsWith(folder))
      .filter(([, { text }]) => !text.startsWith(generatedMark) && !text.startsWith(`<!-- ${generatedMark.slice(2)}`))
      .map(([file]) => ({ file, message: `must begin with "${generatedMark}"` }));
  },
};

/** The texts themselves. */
export const objectRules: readonly Rule[] = [generatedSaysSo];
