import { describe, expect, it } from 'vitest';
import { type ChangedPath, isGeneratedBody, pullRequestBody } from './pull-request-body.ts';

const change = (line: string): ChangedPath => {
  const [what, path = ''] = line.split(' ');
  return { change: what as ChangedPath['change'], path };
};
const facts = (...lines: string[]) => ({
  cluster: 'prod',
  changes: lines.map(change),
  waves: new Map([
    ['dex', 6],
    ['metallb', 1],
  ]),
});

describe('the text of a pull request', () => {
  it('says what comes, changes and goes, by wave and component', () => {
    const body = pullRequestBody(
      facts(
        'changed clusters/prod/values/dex.yaml',
        'changed clusters/prod/manifests/dex/virtualservice-dex.yaml',
        'added clusters/prod/apps/01-metallb.yaml',
        'added clusters/prod/values/metallb.yaml',
        'removed clusters/prod/apps/09-kubeflow-katib.yaml',
        'changed clusters/prod/apps/kustomization.yaml',
      ),
    );
    const rows = body.split('\n').filter((line) => /^\| [^-w]/.test(line) || line.startsWith('|  |'));
    expect(rows).toEqual([
      '|  | the root | changed `apps/kustomization.yaml` |',
      '| 1 | metallb | added |',
      '| 6 | dex | changed `values/dex.yaml`, changed `manifests/dex/virtualservice-dex.yaml` |',
      '| 9 | kubeflow-katib | removed |',
    ]);
    expect(body).not.toContain('Also on this branch');
  });

  it('names what else is on its branch, as another cluster that waits for its own', () => {
    const body = pullRequestBody(facts('changed clusters/test/values/dex.yaml', 'changed removals.yaml'));
    expect(body).toContain('Nothing in the tree of this cluster changes.');
    expect(body).toContain(
      'Also on this branch:\n\n- changed `clusters/test/values/dex.yaml`\n- changed `removals.yaml`',
    );
  });

  it('is distinguished from one that was edited, whatever a host does to its line ends', () => {
    const body = pullRequestBody(facts('changed clusters/prod/values/dex.yaml'));
    expect(isGeneratedBody(body)).toBe(true);
    expect(isGeneratedBody(`${body.trim().replaceAll('\n', '\r\n')}\r\n`)).toBe(true);
    expect(isGeneratedBody(`${body}\nAnn: looks good`)).toBe(false);
    expect(isGeneratedBody(body.replace('dex', 'Dex'))).toBe(false);
    expect(isGeneratedBody('')).toBe(false);
  });
});
