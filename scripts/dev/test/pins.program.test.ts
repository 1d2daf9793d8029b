import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { loadCluster } from '../../config/load.ts';
import { argocdObjects } from '../../steps/upstream-objects.ts';
import { renderTree } from '../../tree/render.ts';
import { gitIn } from '../testing/git-in.ts';
import { checkout, type TestRepository, testRepository } from './repository.ts';

const sha = '0123456789abcdef0123456789abcdef01234567';
const cluster = (more = '') => `name: one
host: platform.example.com
auth: {users: [{email: ann@example.com, passwordHash: {env: HASH}}]}
kubeflow: {components: [], defaultProfile: {enabled: false}}
${more}`;
const argocd = (more: string) => `repository: https://github.com/argoproj/argo-cd
path: manifests/cluster-install
version: v3.5.9
${more}`;

let repository: TestRepository;
beforeAll(() => {
  repository = testRepository({ one: cluster() });
  repository.write('.github/renovate.json5', readFileSync(join(checkout, '.github/renovate.json5'), 'utf8'));
});
afterAll(() => repository.remove());

/** Commits a kustomization of one ConfigMap of that name, as deploy/ and as Argo CD's folder. @returns the commit */
function commitUpstream(folder: string, name: string): string {
  const git = gitIn(folder, { author: 'a' });
  for (const path of ['deploy', 'manifests/cluster-install']) {
    mkdirSync(join(folder, path), { recursive: true });
    writeFileSync(join(folder, path, 'kustomization.yaml'), 'resources: [object.yaml]\n');
    writeFileSync(join(folder, path, 'object.yaml'), `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}}\n`);
  }
  git('add', '--all');
  git('commit', '--quiet', '--message', name);
  return git('rev-parse', 'HEAD');
}

/** Argo CD's Application as it would be rendered now. */
function application() {
  const text = renderTree(loadCluster(repository.root, 'one')).get('clusters/one/apps/00-argocd.yaml') ?? '';
  const { metadata, spec } = parse(text) as {
    metadata: { annotations: Record<string, string> };
    spec: { sources: { targetRevision: string }[] };
  };
  return { versions: metadata.annotations['breakwater.dev/versions'], revision: spec.sources[0]?.targetRevision };
}
const notes = () =>
  (JSON.parse(repository.breakwater('validate', '--json').stdout) as { notes: string[] }).notes.filter(
    (note) => !/(dex|oauth2-proxy)\/upstream|Pipelines before/.test(note),
  );

describe('a commit beside a version', () => {
  it('is what Argo CD fetches, and the tag stands in an annotation', () => {
    repository.write('infrastructure/argocd/upstream.yaml', argocd(`commit: ${sha}\n`));
    expect(application()).toEqual({ revision: sha, versions: 'argo-cd v3.5.9' });
  });

  it("goes with the version that a cluster's own replaces", () => {
    repository.write('clusters/one/cluster.yaml', cluster('argocd: {version: v3.5.10}\n'));
    expect(application()).toEqual({ revision: 'v3.5.10', versions: undefined });
    repository.write('clusters/one/cluster.yaml', cluster());
  });

  it('may be absent, which validate notes', () => {
    repository.write('infrastructure/argocd/upstream.yaml', argocd(''));
    expect(application()).toEqual({ revision: 'v3.5.9', versions: undefined });
    expect(notes()).toContain(
      'infrastructure/argocd/upstream.yaml: v3.5.9 is a tag, which can be moved. Write its commit on the line after version.',
    );
  });

  it('is refused where it is not a whole one', () => {
    repository.write('infrastructure/argocd/upstream.yaml', argocd('commit: 70204ad\n'));
    const { code, stderr } = repository.breakwater('validate');
    expect(code).toBe(2);
    expect(stderr).toContain('infrastructure/argocd/upstream.yaml:4:9');
    expect(stderr).toContain('must be a full commit id');
    repository.write('infrastructure/argocd/upstream.yaml', argocd(`commit: ${sha}\n`));
  });
});

describe('a digest beside the version of an image', () => {
  it('is part of what the chart takes for the tag, from a mirror, too', () => {
    const digest = `sha256:${sha}${'0'.repeat(24)}`;
    repository.write('clusters/one/cluster.yaml', cluster('mirrors: {images: {ghcr.io: mirror.example.com}}\n'));
    for (const component of ['dex', 'oauth2-proxy']) {
      const file = `infrastructure/${component}/upstream.yaml`;
      const before = readFileSync(join(repository.root, file), 'utf8');
      const { version } = (parse(before) as { image: { version: string } }).image;
      repository.write(file, `${before.trimEnd()}\n  digest: ${digest}\n`);
      const values = renderTree(loadCluster(repository.root, 'one')).get(`clusters/one/values/${component}.yaml`);
      expect((parse(values ?? '') as { image: { tag: string } }).image.tag).toBe(`${version}@${digest}`);
      repository.write(file, before);
    }
    repository.write('clusters/one/cluster.yaml', cluster());
  });
});

describe('validate notes what Renovate does not see', () => {
  const path = 'infrastructure/argocd/upstream.yaml';
  const app = (source: string) => `description: an app
source: ${source}
place: {path: /x/}
service: {name: x, port: 80}
access: {everyone: true}
`;

  it.each([
    [path, `{repository: "https://github.com/argoproj/argo-cd", version: v3.5.9, commit: ${sha}}\n`, 'see v3.5.9'],
    [path, `commit: ${sha}\n${argocd('')}`, 'see the commit. It must be on the line after version'],
    ['apps/x/app.yaml', app(`!!map {chart: x, repository: "https://charts.example.com", version: 1.2.3}`), 'see 1.2.3'],
  ])('of a spelling, in %s', (file, text, expected) => {
    repository.write(file, text);
    expect(
      notes()
        .filter((note) => note.startsWith(file))
        .join(),
    ).toContain(`Renovate does not ${expected}`);
    repository.write(path, argocd(`commit: ${sha}\n`));
    rmSync(join(repository.root, 'apps/x'), { recursive: true, force: true });
  });

  it("of a cluster's own versions", () => {
    repository.write(
      'clusters/one/cluster.yaml',
      cluster(
        'argocd: {version: v3.5.10}\ncomponents: {dex: {version: 0.24.1}}\napps: {grafana: {version: 12.10.0}}\n',
      ),
    );
    expect(notes()).toEqual([
      'clusters/one/cluster.yaml: Renovate leaves argocd.version at v3.5.10. Remove it to follow the shared version.',
      'clusters/one/cluster.yaml: Renovate leaves components.dex.version at 0.24.1. Remove it to follow the shared version.',
      'clusters/one/cluster.yaml: Renovate leaves apps.grafana.version at 12.10.0. Remove it to follow the shared version.',
    ]);
    repository.write('clusters/one/cluster.yaml', cluster());
  });

  it('and nothing where there is no Renovate, or one that is configured in another way', () => {
    repository.write('.github/renovate.json5', "{ extends: ['config:recommended'] }");
    expect(notes()).toEqual(['.github/renovate.json5: not checked, because its format is not recognized.']);
    rmSync(join(repository.root, '.github'), { recursive: true });
    expect(notes()).toEqual([]);
  });
});

describe('validate --rendered asks for the commit of the tag', () => {
  let upstream: string;
  const git = (...words: string[]) => gitIn(upstream, { author: 'a' })(...words);
  beforeAll(() => {
    upstream = mkdtempSync(join(tmpdir(), 'breakwater-upstream-'));
    git('init', '--quiet', '--initial-branch=main');
  });
  afterAll(() => rmSync(upstream, { recursive: true }));

  /** Findings of the rule, for an app that pins the tag v1 by a commit. */
  function findings(pinned: string) {
    repository.write(
      'apps/x/app.yaml',
      `description: an app
source:
  repository: https://git.example.com/x
  path: deploy
  version: v1
  commit: "${pinned}"
place: {path: /x/}
service: {name: x, port: 80}
access: {everyone: true}
`,
    );
    const mirrors = JSON.stringify({ git: { 'https://git.example.com/x': pathToFileURL(upstream).href } });
    repository.write('clusters/one/cluster.yaml', cluster(`apps: {x: {}}\nmirrors: ${mirrors}\n`));
    const { clusters } = JSON.parse(repository.breakwater('validate', '--rendered', '--json').stdout) as {
      clusters: { findings: { rule: string; file: string; message: string }[] }[];
    };
    return clusters
      .flatMap((one) => one.findings)
      .filter(({ rule, file }) => rule === 'commit' && file === 'apps/x/app.yaml')
      .map(({ message }) => message);
  }

  it('and finds a version that was raised alone, a moved tag, and a tag that is gone', () => {
    const first = commitUpstream(upstream, 'first');
    git('tag', 'v1');
    expect(findings(first)).toEqual([]);
    const second = commitUpstream(upstream, 'second');
    git('tag', '--force', 'v1');
    expect(findings(first)).toEqual([
      expect.stringMatching(new RegExp(`the tag v1 of .* is commit ${second}, not ${first}`)),
    ]);
    git('tag', '--delete', 'v1');
    expect(findings(first)).toEqual([expect.stringContaining('has no tag v1')]);
  });
});

describe('the first install of Argo CD', () => {
  it('is built from the commit, whatever the tag stands for by then', async () => {
    const upstream = mkdtempSync(join(tmpdir(), 'breakwater-upstream-'));
    try {
      const run = gitIn(upstream);
      run('init', '--quiet', '--initial-branch=main');
      const first = commitUpstream(upstream, 'first');
      commitUpstream(upstream, 'second');
      run('tag', 'v3.5.9');
      const mirrors = JSON.stringify({ git: { 'https://github.com/argoproj/argo-cd': pathToFileURL(upstream).href } });
      const install = async (upstreamFile: string, more = '') => {
        repository.write('infrastructure/argocd/upstream.yaml', upstreamFile);
        repository.write('clusters/one/cluster.yaml', cluster(`${more}mirrors: ${mirrors}\n`));
        const objects = await argocdObjects(repository.root, loadCluster(repository.root, 'one'), { keep: false });
        return objects.map(({ metadata }) => metadata.name);
      };
      expect(await install(argocd(`commit: ${first}\n`))).toEqual(['first']);
      expect(await install(argocd(''))).toEqual(['second']);
      expect(await install(argocd(`commit: ${first}\n`), 'argocd: {version: v3.5.9}\n')).toEqual(['second']);
    } finally {
      rmSync(upstream, { recursive: true });
    }
  });
});
