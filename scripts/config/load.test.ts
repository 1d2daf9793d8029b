import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { components } from '../components/index.ts';
import { type ConfigRoot, configRoot, refused } from '../dev/test/config-root.ts';
import { embeddedRemoteUrl } from './cluster.ts';
import { listClusters, loadAllClusters, loadCluster } from './load.ts';
import { newClusterFile } from './new-cluster.ts';

let root: string;
let write: ConfigRoot['write'];
let remove: () => void;

beforeEach(() => {
  ({ root, write, remove } = configRoot());
});

afterEach(() => remove());

const header = 'apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\n';
const patchOf = (target: string) => `${header}patches:\n  - {${target}patch: "[{op: remove, path: /spec/replicas}]"}\n`;

describe('patches of one cluster', () => {
  it('are read by part, and stand in the sources of the part after those of all clusters', () => {
    write(
      'clusters/prod/overrides/kubeflow-notebooks/kustomization.yaml',
      patchOf('target: {kind: ConfigMap, name: x}, '),
    );
    const cluster = loadCluster(root, 'prod');
    const own = cluster.ownPatches.get('kubeflow-notebooks')?.[0];
    expect(own?.target).toEqual({ kind: 'ConfigMap', name: 'x' });
    const patches = components.flatMap((component) =>
      component.sources({ ...cluster, knownHost: 'x.example.com' }).flatMap((source) => {
        const list = source.kind === 'kustomize' ? source.patches : [];
        return list.includes(own as never) ? [`${component.name} ${list.indexOf(own as never) > 0}`] : [];
      }),
    );
    expect(patches).toEqual(Array(3).fill('kubeflow-notebooks true'));
  });

  it('are refused where nothing reads them, without a target, and with what only all clusters have', () => {
    write('clusters/prod/overrides/kubeflow-notebook/kustomization.yaml', patchOf('target: {kind: ConfigMap}, '));
    write('clusters/prod/overrides/dex/kustomization.yaml', patchOf('target: {kind: ConfigMap}, '));
    write('clusters/prod/overrides/kubeflow-katib/patch.yaml', '');
    write('clusters/prod/overrides/kubeflow-volumes/kustomization.yaml', `${patchOf('')}namespace: x\n`);
    write('clusters/prod/overrides/argocd/kustomization.yaml', 'kind: Kustomization\n');
    expect(
      refused(() => loadCluster(root, 'prod')).problems.map(({ file, path, message }) => [file, path, message]),
    ).toEqual([
      ['clusters/prod/overrides/argocd/kustomization.yaml', 'apiVersion', 'is missing'],
      ['clusters/prod/overrides/argocd/kustomization.yaml', 'patches', 'is missing'],
      [
        'clusters/prod/overrides/argocd/kustomization.yaml',
        'kind',
        'must be Component, but is the string "Kustomization"',
      ],
      ['clusters/prod/overrides/dex', '', 'does not belong to any component or app'],
      ['clusters/prod/overrides/kubeflow-katib/patch.yaml', '', 'is not read'],
      ['clusters/prod/overrides/kubeflow-notebook', '', 'does not belong to any component or app'],
      ['clusters/prod/overrides/kubeflow-volumes/kustomization.yaml', 'patches[0].target', 'is missing'],
      ['clusters/prod/overrides/kubeflow-volumes/kustomization.yaml', 'namespace', 'unknown key'],
    ]);
  });
});

describe('a cluster', () => {
  it('is loaded with what all clusters share', () => {
    const cluster = loadCluster(root, 'prod');
    expect(cluster.folder).toBe('clusters/prod');
    expect(cluster.shared.upstream.get('infrastructure/dex')).toMatchObject({ chart: 'dex' });
    expect(cluster.shared.patches.get('infrastructure/argocd')?.[0]?.target).toMatchObject({ kind: 'Deployment' });
    expect(cluster.shared.namespaces.get('apps/kubeflow/kubeflow-trainer/jobset')).toBe('kubeflow-system');
    expect(cluster.shared.applicationHealth).toContain('return');
  });

  it('has no known host while it is auto and nothing was discovered', () => {
    expect(loadCluster(root, 'prod')).toMatchObject({ host: 'auto', knownHost: undefined, discovered: undefined });
  });

  it('has the discovered host when it is auto', () => {
    write('clusters/prod/discovered.yaml', 'host: 203.0.113.10\n');
    expect(loadCluster(root, 'prod')).toMatchObject({ host: 'auto', knownHost: '203.0.113.10' });
  });

  it.each(['lb.example.net', 'argocd.lb.example.net'])('cannot redirect to itself: %s', (name) => {
    write('clusters/prod/discovered.yaml', 'host: lb.example.net\n');
    const load = (names: string) => {
      write('clusters/prod/cluster.yaml', `${newClusterFile({ name: 'prod' })}\nredirectHosts: [${names}]\n`);
      return loadCluster(root, 'prod').redirectHosts;
    };
    expect(load('other-lb.example.net')).toHaveLength(1);
    expect(() => load(name)).toThrow(/a mistake/);
  });

  it('has the configured host whatever was discovered', () => {
    write('clusters/prod/cluster.yaml', newClusterFile({ name: 'prod', host: 'kubeflow.example.com' }));
    write('clusters/prod/discovered.yaml', 'host: 203.0.113.10\n');
    expect(loadCluster(root, 'prod').knownHost).toBe('kubeflow.example.com');
  });

  it('has the embedded remote without git.url, else the one spelling of its repository', () => {
    expect(loadCluster(root, 'prod')).toMatchObject({ embeddedRemote: true, repositoryUrl: embeddedRemoteUrl });
    write(
      'clusters/prod/cluster.yaml',
      newClusterFile({ name: 'prod', gitUrl: 'https://GitHub.com/acme/platform.git' }),
    );
    expect(loadCluster(root, 'prod')).toMatchObject({
      embeddedRemote: false,
      repositoryUrl: 'https://github.com/acme/platform.git',
    });
  });
});

describe('what is asked for', () => {
  it('is answered with the clusters that there are, and how to make one', () => {
    const error = refused(() => loadCluster(root, 'prdo'));
    expect(error.message).toContain('clusters/prdo/cluster.yaml does not exist');
    expect(error.hint).toBe('Did you mean "prod"? Clusters here: prod. To create it: npm run new -- prdo');
  });

  it('cannot lead out of clusters/', () => {
    write('elsewhere/cluster.yaml', newClusterFile({ name: 'elsewhere' }));
    expect(refused(() => loadCluster(root, '../elsewhere')).message).toContain('there is no cluster');
  });

  it('is only folders with a cluster.yaml, in the same order everywhere', () => {
    for (const name of ['b', 'a', 'Z']) write(`clusters/${name}/cluster.yaml`, newClusterFile({ name }));
    write('clusters/leftover/README.md', 'x');
    write('clusters/cluster.schema.json', '{}');
    expect(listClusters(root)).toEqual(['Z', 'a', 'b', 'prod']);
    rmSync(join(root, 'clusters'), { recursive: true });
    expect(listClusters(root)).toEqual([]);
    expect(refused(() => loadCluster(root, 'prod')).hint).toContain('There is no cluster yet.');
  });
});

describe('files that are not what they should be', () => {
  const problemsOf = (load: () => unknown = () => loadAllClusters(root)) => refused(load).problems;

  it('are reported all at once, over all clusters and what they share', () => {
    write('clusters/prod/cluster.yaml', `${newClusterFile({ name: 'prod' })}\nhots: x\n`);
    write('clusters/test/cluster.yaml', newClusterFile({ name: 'tset' }));
    write('clusters/test/discovered.yaml', 'hots: 1.2.3.4\n');
    write('infrastructure/dex/upstream.yaml', 'chart: dex\nrepository: https://charts.dexidp.io\nversion: 1.10\n');
    write('apps/kubeflow/kubeflow-katib/katib/kustomization.yaml', 'kind: Component\npatches:\n  - ptach: x\n');
    const error = refused(() => loadAllClusters(root));
    expect(error.message).toBe('6 mistakes in 5 files');
    expect(error.problems.map(({ file, line, path, message, hint }) => [file, line, path, message, hint])).toEqual([
      [
        'infrastructure/dex/upstream.yaml',
        3,
        'version',
        'must be a string, but is a number (1.10)',
        'Quote it: "1.10"',
      ],
      [
        'apps/kubeflow/kubeflow-katib/katib/kustomization.yaml',
        1,
        'apiVersion',
        'is missing',
        'Write kustomize.config.k8s.io/v1alpha1.',
      ],
      [
        'apps/kubeflow/kubeflow-katib/katib/kustomization.yaml',
        3,
        'patches[0].ptach',
        'unknown key',
        'Did you mean "patch"?',
      ],
      ['clusters/prod/cluster.yaml', expect.any(Number), 'hots', 'unknown key', 'Did you mean "host"?'],
      [
        'clusters/test/cluster.yaml',
        4,
        'name',
        expect.stringContaining('test'),
        'Write name: test, or rename the folder.',
      ],
      ['clusters/test/discovered.yaml', 1, 'hots', 'unknown key', 'Did you mean "host"?'],
    ]);
  });

  it.each([
    ['a symbolic link', 'is a symbolic link', (path: string) => symlinkSync('/etc/passwd', path)],
    ['a folder', 'is a folder, not a file', (path: string) => mkdirSync(path)],
    [
      'a file of 10 MB',
      'is too large: 10000000 bytes, and the limit is 1048576',
      (path: string) => writeFileSync(path, Buffer.alloc(10_000_000, '#')),
    ],
    [
      'something else than UTF-8',
      'is not UTF-8 text',
      (path: string) => writeFileSync(path, Buffer.from([0xff, 0xfe, 0x00])),
    ],
    ['empty', 'is empty', (path: string) => writeFileSync(path, '')],
  ])('a cluster.yaml that is %s', (_, message, make) => {
    rmSync(join(root, 'clusters/prod/cluster.yaml'));
    make(join(root, 'clusters/prod/cluster.yaml'));
    expect(problemsOf()).toMatchObject([{ file: 'clusters/prod/cluster.yaml', message }]);
  });

  it('a folder of a cluster that is a symbolic link', () => {
    symlinkSync('prod', join(root, 'clusters/other'));
    expect(problemsOf()).toMatchObject([{ file: 'clusters/other', message: 'is a symbolic link' }]);
  });

  it('an override of a component that there is not', () => {
    write('clusters/prod/overrides/dex.yaml', 'a: 1\n');
    write('clusters/prod/overrides/oauth-proxy.yaml', 'a: 1\n');
    write('clusters/prod/overrides/istiod.yml', 'a: 1\n');
    expect(problemsOf()).toMatchObject([
      { file: 'clusters/prod/overrides/istiod.yml', hint: 'Name it istiod.yaml.' },
      { file: 'clusters/prod/overrides/oauth-proxy.yaml', hint: 'Did you mean "oauth2-proxy.yaml"?' },
    ]);
  });

  it("the list of the platform's kinds, which the project and the admission policy read", () => {
    const file = 'infrastructure/tenant/denied.yaml';
    write(
      file,
      '- {group: batch, kind: CronJob}\n- {group: istio.io, kind: "*", resource: gateways}\n- {grop: x, kind: "*"}\n',
    );
    expect(problemsOf()).toMatchObject([
      { file, line: 1, message: 'needs resource: the admission policy matches kinds by their plural' },
      { file, line: 2, path: '[1].resource', message: 'must be absent: "*" stands for all kinds' },
      { file, line: 3, hint: 'Did you mean "group"?' },
    ]);
    write(file, '[]\n');
    expect(problemsOf()).toMatchObject([{ file, message: "must name the platform's kinds" }]);
    rmSync(join(root, file));
    expect(problemsOf()).toMatchObject([{ file, message: 'there is no such file' }]);
  });

  it('an upstream that is absent, or describes something else', () => {
    rmSync(join(root, 'infrastructure/dex/upstream.yaml'));
    write(
      'infrastructure/istiod/upstream.yaml',
      'repository: https://github.com/istio/istio\npath: x\nversion: 1.31.0\n',
    );
    write('infrastructure/gateway/upsteam.yaml', 'x: 1\n');
    expect(problemsOf()).toMatchObject([
      { file: 'infrastructure/gateway/upsteam.yaml', hint: 'Did you mean "upstream.yaml"?' },
      { file: 'infrastructure/istiod/upstream.yaml', message: 'must describe a chart, but describes a kustomization' },
      { file: 'infrastructure/dex/upstream.yaml', message: 'there is no such file' },
    ]);
  });
});
