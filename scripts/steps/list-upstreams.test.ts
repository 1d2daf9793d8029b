import { join } from 'node:path';
import { expect, it } from 'vitest';
import { mirrorImage, originalImage } from '../components/mirrors.ts';
import { loadCluster } from '../config/load.ts';
import { copyScript } from './list-upstreams.ts';

const digest = `sha256:${'a'.repeat(64)}`;
const upstreams = {
  images: [
    { image: `ghcr.io/dexidp/dex:v2.46.0@${digest}`, applications: ['dex'] },
    { image: `docker.io/library/busybox@${digest}`, applications: ['it'] },
  ],
  charts: [
    { repository: 'https://charts.dexidp.io', chart: 'dex', version: '0.24.0' },
    { repository: 'oci://ghcr.io/acme/charts', chart: 'it', version: '1.0.0' },
  ],
  git: [
    { repository: 'https://github.com/argoproj/argo-cd', version: 'v3.5.9' },
    { repository: 'https://github.com/argoproj/argo-cd', version: 'v3.5.8' },
  ],
  problems: [],
};

it('copies everything, and ends with the mirrors that lead to the copies', () => {
  const script = copyScript(upstreams, 'registry.example.com/mirror', 'https://git.example.com/mirror');
  expect(script.split('\n').slice(3)).toEqual([
    `crane copy ghcr.io/dexidp/dex:v2.46.0@${digest} registry.example.com/mirror/ghcr.io/dexidp/dex:v2.46.0`,
    `crane copy docker.io/library/busybox@${digest} registry.example.com/mirror/docker.io/library/busybox@${digest}`,
    'charts=$(mktemp -d)',
    'helm pull dex --repo https://charts.dexidp.io --version 0.24.0 --destination "$charts"',
    'helm pull oci://ghcr.io/acme/charts/it --version 1.0.0 --destination "$charts"',
    'for chart in "$charts"/*.tgz; do helm push "$chart" oci://registry.example.com/mirror/charts; done',
    'git clone --mirror https://github.com/argoproj/argo-cd "$charts/argoproj-argo-cd.git"',
    'git -C "$charts/argoproj-argo-cd.git" push --mirror https://git.example.com/mirror/argoproj-argo-cd.git',
    '# For cluster.yaml:',
    '# mirrors:',
    '#   charts:',
    '#     https://charts.dexidp.io: oci://registry.example.com/mirror/charts',
    '#     oci://ghcr.io/acme/charts: oci://registry.example.com/mirror/charts',
    '#   git:',
    '#     https://github.com/argoproj/argo-cd: https://git.example.com/mirror/argoproj-argo-cd.git',
    '#   images:',
    '#     ghcr.io: registry.example.com/mirror/ghcr.io',
    '#     docker.io: registry.example.com/mirror/docker.io',
  ]);
});

it('lists what a mirror copies under its original name', () => {
  const demo = loadCluster(join(import.meta.dirname, '../..'), 'demo');
  const images = { 'docker.io': 'registry.example.com/a', 'docker.io/istio': 'registry.example.com/a/b' };
  const cluster = { ...demo, mirrors: { ...demo.mirrors, images } };
  for (const image of ['docker.io/istio/pilot:1', 'docker.io/library/busybox:1', 'ghcr.io/x/y:2'])
    expect(originalImage(cluster, mirrorImage(cluster, image))).toBe(image);
});
