import { describe, expect, it } from 'vitest';
import { apps } from '../../dev/testing/good-files.ts';
import { goodTree } from '../../dev/testing/good-tree.ts';
import { allObjects, children, nameOf, parseTree, valuesOf } from './parsed-tree.ts';

describe('a parsed tree', () => {
  it('knows who applies what', () => {
    const owners = allObjects(goodTree()).map(
      ({ object, application }) => `${application?.name ?? 'root'}: ${nameOf(object)}`,
    );
    expect(owners).toContain('root: AppProject argocd/platform');
    expect(owners).toContain('gateway: Gateway ingress/ingress-gateway');
    expect(owners).toContain('dex: Deployment dex');
  });

  it('reads values weakest first', () => {
    const tree = parseTree(
      'demo',
      new Map([
        ['clusters/demo/overrides/dex.yaml', 'a: 3'],
        ['clusters/demo/values/dex.yaml', 'a: 2'],
        ['infrastructure/dex/values.yaml', 'a: 1'],
        ['infrastructure/dex/upstream.yaml', 'a: ['],
      ]),
    );
    expect(valuesOf(tree, 'dex').map(({ values }) => values.a)).toEqual([1, 2, 3]);
  });

  it('uses what is known of a text instead of reading it again', () => {
    const file = `${apps}/00-x.yaml`;
    const object = { apiVersion: 'argoproj.io/v1alpha1', kind: 'Application', metadata: { name: 'known' } };
    const documents = new Map([['written', [object]]]);
    const names = (text: string) =>
      children(parseTree('demo', new Map([[file, text]]), { documents })).map(({ name }) => name);
    expect(names('written')).toEqual(['known']);
    expect(names('edited')).toEqual([]);
  });

  it('keeps a file that is not YAML, with the reason', () => {
    const tree = parseTree('demo', new Map([[`${apps}/x.yaml`, 'a: [']]));
    expect(tree.files.get(`${apps}/x.yaml`)?.problem).toMatch(/^Flow sequence/);
  });
});
