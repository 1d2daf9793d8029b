import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { UsageError } from '../report/errors.ts';
import { loadCluster } from './load.ts';
import { floors } from './version-floors.ts';

const repository = join(import.meta.dirname, '..', '..');
let root = '';

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'breakwater floors '));
  for (const folder of ['infrastructure', 'apps'])
    cpSync(join(repository, folder), join(root, folder), { recursive: true });
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

function write(file: string, text: string): void {
  mkdirSync(dirname(join(root, file)), { recursive: true });
  writeFileSync(join(root, file), text);
}

/** Each mistake as `file:line:column message`. */
function problems(cluster: string, auth = ''): string[] {
  write('clusters/prod/cluster.yaml', `name: prod\nauth: {users: [{email: ann@example.com}]${auth}}\n${cluster}`);
  try {
    loadCluster(root, 'prod');
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    return error.problems.map(({ file, line, column, message }) => `${file}:${line}:${column} ${message}`);
  }
  return [];
}

/** The same for an upstream.yaml with one text in place of another. */
function changed(component: string, from: RegExp, to: string): string[] {
  const file = `infrastructure/${component}/upstream.yaml`;
  const text = readFileSync(join(root, file), 'utf8');
  expect(text).toMatch(from);
  write(file, text.replace(from, to));
  return problems('');
}

const inCluster = 'clusters/prod/cluster.yaml';

describe('versions of one cluster', () => {
  it.each([
    ['argocd: {version: v2.9.3}\n', [`${inCluster}:3:19 is too old: argocd must be 3.5.4 or newer, because`]],
    [
      'components: {oauth2-proxy: {version: 6.0.0}}\n',
      [`${inCluster}:3:38 is too old: oauth2-proxy must be 10.4.0 or newer`],
    ],
    [
      'components: {cert-manager: {version: v1.9.0}}\n',
      [`${inCluster}:3:38 is too old: cert-manager must be 1.15.0 or newer`],
    ],
    [
      'components:\n  istiod: {version: 1.20.0}\n',
      [
        `${inCluster}:4:21 is too old: istiod must be 1.29.0`,
        `${inCluster}:4:21 istio-base`,
        `${inCluster}:4:21 istio-cni`,
        `${inCluster}:4:21 gateway`,
      ],
    ],
    ['components:\n  istiod: {version: 1.30.2}\n', [`${inCluster}:4:21 istio-cni`, `${inCluster}:4:21 gateway`]],
    ['components:\n  gateway: {version: 1.32.0}\n', [`${inCluster}:4:22 gateway 1.32.0 and istiod 1.31`]],
    ['components:\n  gateway: {version: 1.29.6}\n', [`${inCluster}:4:22 gateway 1.29.6 and istiod 1.31`]],
    ['components:\n  istio-base: {version: 1.30.1}\n', [`${inCluster}:4:25 istio-base 1.30.1`]],
    ['components: {cert-manager: {version: 1.19.x}}\n', [`${inCluster}:3:38 must be one version, such as 1.2.3`]],
    ['components: {cert-manager: {version: "1.19"}}\n', [`${inCluster}:3:38 must be one version, such as 1.2.3`]],
    ['components: {dex: {version: latest}}\n', [`${inCluster}:3:29 must be one version, such as 1.2.3`]],
    // Within one minor version, and nothing newer than istiod.
    ['components:\n  gateway: {version: 1.30.3}\n  istio-cni: {version: 1.30.3}\n', []],
    ['components:\n  istio-base: {version: 1.32.0}\n', []],
    ['istio: {cni: {enabled: false}}\ncomponents:\n  istiod: {version: 1.30.2}\n  gateway: {version: 1.30.2}\n', []],
  ])('%s', (cluster, expected) => {
    expect(problems(cluster)).toEqual(expected.map((start) => expect.stringContaining(start)));
  });

  it('an istiod that asks one check only, where two hosts have one each', () => {
    const istio =
      'host: platform.example.com\nistio: {cni: {enabled: false}}\ncomponents:\n  istiod: {version: 1.30.2}\n  gateway: {version: 1.30.2}\n';
    expect(problems(istio)).toEqual([]);
    expect(problems(istio, ', userCodeHost: true')).toEqual([
      expect.stringContaining(`${inCluster}:6:21 is too old for auth.userCodeHost: istiod must be 1.31.0 or newer`),
    ]);
  });
});

describe('versions of all clusters', () => {
  it.each([
    [
      'oauth2-proxy',
      /^ {2}version: .*/m,
      '  version: v7.6.0',
      ':10:12 is too old: oauth2-proxy must be 7.15.4 or newer',
    ],
    ['oauth2-proxy', /^version: .*/m, 'version: 6.0.0', ':5:10 is too old: oauth2-proxy must be 10.4.0'],
    ['dex', /^ {2}version: .*/m, '  version: v2.44.0', 'is too old: dex must be 2.45.0 or newer'],
    ['dex', /^image:\n(?: .*\n)+/m, '', "must set image: the chart's default can be older than 2.45.0"],
    ['argocd', /^version: .*/m, 'version: v3.4.4', ':5:10 is too old: argocd must be 3.5.4'],
    ['argocd', /^version: .*/m, 'version: stable', ':5:10 must be one version, not a branch'],
    ['gateway', /^version: .*/m, 'version: 1.32.0', ':5:10 gateway 1.32.0 and istiod'],
    ['cert-manager', /^version: .*/m, 'version: 1.19.x', ':5:10 must be one version'],
    ['cert-manager', /^version: .*/m, 'version: "*"', ':5:10 must be one version'],
  ])('%s %s %s', (component, from, to, expected) => {
    const [found, ...more] = changed(component, from, to);
    expect(found).toContain(`infrastructure/${component}/upstream.yaml:`);
    expect(found).toContain(expected);
    expect(more).toEqual([]);
  });

  it('are those that the repository holds', () => {
    expect(problems('')).toEqual([]);
  });
});

it('each floor says why, with its source', () => {
  for (const { because } of floors) expect(because).toMatch(/\(.+\)|#\d+/);
});
