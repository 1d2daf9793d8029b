import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Cluster } from '../../config/cluster.ts';
import { loadCluster } from '../../config/load.ts';
import { apps } from '../../dev/testing/good-files.ts';
import { deployment, goodTree, pods } from '../../dev/testing/good-tree.ts';
import { idleMirrors } from '../idle-mirrors.ts';
import type { ClusterFacts } from './cluster-facts.ts';
import { withPosition } from './index.ts';
import { mirrorRules } from './mirrors.ts';

const demo = loadCluster(join(import.meta.dirname, '../../..'), 'demo');

function idle(mirrors: Partial<Cluster['mirrors']>): string[] {
  const cluster: Cluster = { ...demo, mirrors: { charts: {}, git: {}, images: {}, logins: [], ...mirrors } };
  return idleMirrors(cluster).map(({ section, original }) => `${section} ${original}`);
}

describe('mirrors of a cluster', () => {
  it('replace nothing under addresses that nothing comes from', () => {
    expect(
      idle({
        git: { 'https://github.com': 'https://git.example.com' },
        charts: { 'https://charts.dexidp.example': 'https://charts.example.com' },
        images: { 'registry.istio.io': 'registry.example.com/istio', 'doker.io': 'registry.example.com/docker' },
      }),
    ).toEqual([
      'charts https://charts.dexidp.example',
      'git https://github.com',
      'images registry.istio.io',
      'images doker.io',
    ]);
  });

  it('have logins at addresses that something is fetched from, in any spelling', () => {
    const charts = { 'https://charts.dexidp.io': 'oci://registry.example.com/charts' };
    const git = { 'https://github.com/argoproj/argo-cd': 'https://git.example.com/argo-cd' };
    const logins = [
      'oci://registry.example.com/charts',
      'https://git.example.com/argo-cd.git',
      'https://grafana-community.github.io/helm-charts',
      'https://git.example.com',
    ].map((url) => ({ url, username: 'x', password: { env: 'X' } }));
    expect(idle({ charts, git, logins })).toEqual(['logins https://git.example.com']);
  });

  it('count for parts and apps that are switched off, too', () => {
    expect(
      idle({
        git: {
          'https://github.com/argoproj/argo-cd.git': 'https://git.example.com/argo-cd',
          'https://github.com/kubernetes-sigs/jobset': 'https://git.example.com/jobset',
        },
        charts: {
          'https://metallb.github.io/metallb': 'oci://registry.example.com/charts',
          'https://grafana-community.github.io/helm-charts': 'oci://registry.example.com/charts',
        },
        images: {
          'docker.io': 'a.example.com',
          'docker.io/istio': 'b.example.com',
          'gcr.io/knative-releases': 'c.example.com',
        },
      }),
    ).toEqual([]);
  });
});

/** What both rules find in the good tree with a Deployment of this image, on a cluster with these facts. */
function found(image: string, facts: Partial<ClusterFacts>): string[] {
  const file = 'clusters/demo/cluster.yaml';
  const text = 'name: demo\nmirrors:\n  git:\n    https://github.com: https://git.example.com\n';
  const spec = pods({ app: 'web' }, { containers: [{ name: 'web', image }] });
  const tree = goodTree({ chart: 'dex', objects: [deployment('web', spec)] }, { file, text });
  if (tree.facts === undefined) throw new Error('the good tree knows its cluster');
  const known = { ...tree, facts: { ...tree.facts, ...facts } };
  return mirrorRules
    .flatMap(({ name, check }) => check(known).map((finding) => ({ name, finding: withPosition(known, finding) })))
    .map(({ name, finding }) => `${name} ${finding.file}:${finding.line} ${finding.path} ${finding.message}`);
}

describe('the rules of mirrors', () => {
  it('mirrors-have-an-effect says where an entry has none', () => {
    const entry = { section: 'git', original: 'https://github.com' } as const;
    expect(found('x', { idleMirrors: [entry] })).toEqual([
      expect.stringMatching(
        /^mirrors-have-an-effect clusters\/demo\/cluster.yaml:4 mirrors.git\["https:\/\/github.com"\] has no effect/,
      ),
    ]);
  });

  it.each([
    ['quay.io/prometheus/prometheus:v3', true],
    ['grafana/grafana:12', true],
    ['mysql:8.0', true],
    ['registry.example.com/docker/grafana/grafana:12', false],
    ['ghcr.io/acme/web:1', false],
    ['auto', false],
  ])('images-come-from-mirrors judges %s', (image, expected) => {
    const imageMirrors = { 'docker.io': 'registry.example.com/docker', 'quay.io': 'registry.example.com/quay' };
    const all = found(image, { imageMirrors });
    expect(all).toEqual(
      expected ? [expect.stringMatching(/^images-come-from-mirrors .* pulls (docker|quay)\.io\//)] : [],
    );
  });

  it.each([
    [
      'chart: web, helm: {valueFiles: [$values/apps/web/values.yaml]}',
      'set the chart\'s value for it under values in apps/web/app.yaml, to "{image quay.io/acme/web}"',
    ],
    ['path: deploy', 'add quay.io/acme/web to source.images in apps/web/app.yaml'],
  ])('images-come-from-mirrors says where an app names its images: %s', (source, hint) => {
    const objects = [
      deployment('web', pods({ app: 'web' }, { containers: [{ name: 'web', image: 'quay.io/acme/web:v1@sha256:1' }] })),
    ];
    const application = `apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: web, namespace: argocd}
spec:
  project: app-web
  sources: [{repoURL: https://example.com/web, targetRevision: 1.0.0, ${source}}]
  destination: {server: https://kubernetes.default.svc, namespace: web}
`;
    const tree = goodTree({ chart: 'web', objects }, { file: `${apps}/05-web.yaml`, text: application });
    const facts = { ...(tree.facts as ClusterFacts), imageMirrors: { 'quay.io': 'registry.example.com' } };
    const messages = mirrorRules.flatMap(({ check }) => check({ ...tree, facts })).map(({ message }) => message);
    expect(messages).toEqual([expect.stringContaining(hint)]);
  });
});
