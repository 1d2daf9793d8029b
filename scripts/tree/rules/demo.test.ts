import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { loadAllClusters } from '../../config/load.ts';
import { checkRenderedTree } from '../../dev/testing/tree-rules/index.ts';
import { checkObject } from '../../schemas/check.ts';
import { renderTree } from '../render.ts';
import { parseTree } from './parsed-tree.ts';

const repository = fileURLToPath(new URL('../../..', import.meta.url));

/** The hand-owned files that a tree refers to. */
function handOwned(): [string, string][] {
  return ['infrastructure', 'apps'].flatMap((folder) =>
    readdirSync(`${repository}${folder}`, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry): [string, string] => {
        const path = `${entry.parentPath}/${entry.name}`;
        return [path.slice(repository.length), readFileSync(path, 'utf8')];
      }),
  );
}

describe('the clusters that ship with the repository', () => {
  it.each(loadAllClusters(repository).map((cluster) => [cluster.name, cluster] as const))(
    '%s keeps every rule and schema',
    (name, cluster) => {
      const tree = parseTree(name, new Map([...handOwned(), ...renderTree(cluster)]));
      expect(checkRenderedTree(tree)).toEqual([]);
      const objects = [...tree.files.values()]
        .flatMap((file) => file.objects)
        .filter(({ kind }) => kind !== 'Kustomization');
      expect(objects.length).toBeGreaterThan(10);
      expect(
        objects.flatMap((object) =>
          checkObject(object).map((problem) => `${object.kind} ${object.metadata.name}: ${problem}`),
        ),
      ).toEqual([]);
    },
  );
});
