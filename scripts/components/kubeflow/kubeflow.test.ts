import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Cluster } from '../../config/cluster.ts';
import { loadCluster } from '../../config/load.ts';
import {
  componentNames,
  componentOfPart,
  type KubeflowPart,
  kubeflowParts,
} from '../../config/schema/component-facts.ts';
import { type KubeflowVersion, kubeflowVersions } from '../../config/schema/component-settings.ts';
import { application } from '../../tree/application.ts';
import { placeComponent } from '../../tree/place.ts';
import type { KustomizeSource } from '../component.ts';
import { isEnabled } from '../settings.ts';
import { signedOutPath } from '../signed-out-page.ts';
import { kubeflow as registry } from './index.ts';
import { oldNames } from './old-names.ts';
import { releases } from './releases.ts';

const kubeflow = Object.values(registry);
const root = resolve(import.meta.dirname, '../../..');
const demo = loadCluster(root, 'demo');

function withParts(...parts: readonly KubeflowPart[]): Cluster {
  return { ...demo, kubeflow: { ...demo.kubeflow, components: [...parts] } };
}

const everything = withParts(...kubeflowParts);

function kustomizations(cluster: Cluster): KustomizeSource[] {
  return kubeflow.flatMap((part) => part.sources(cluster).filter((source) => source.kind === 'kustomize'));
}

function patchFolders(): string[] {
  return [...demo.shared.patches.keys()].filter((folder) => folder.startsWith('apps/kubeflow/')).sort();
}

describe('the parts of Kubeflow', () => {
  it('are the components that the config knows under these names', () => {
    expect(kubeflow.map(({ name }) => name)).toEqual(componentNames.filter((name) => name.startsWith('kubeflow-')));
  });

  it('are each switched on by their own entry of kubeflow.components', () => {
    for (const part of kubeflowParts) {
      const on = kubeflow.filter((component) => isEnabled(withParts(part), component)).map(({ name }) => name);
      const others =
        { profiles: ['kubeflow-default-profile'], trainer: ['kubeflow-trainer-crds'] }[part as string] ?? [];
      expect(on.toSorted()).toEqual(['kubeflow-namespace', componentOfPart[part], ...others].toSorted());
    }
  });

  it('need no namespace where none of them runs', () => {
    expect(kubeflow.filter((component) => isEnabled(withParts(), component))).toEqual([]);
  });

  it('lay every folder of patches over exactly one source', () => {
    const used = kubeflow.flatMap((component) => {
      const patches = component.sources(everything).flatMap((source) => (source.kind === 'kustomize' ? [source] : []));
      return patchFolders().filter((folder) => {
        const own = demo.shared.patches.get(folder) ?? [];
        const starts = (source: KustomizeSource) =>
          own.every((patch, index) => source.patches[index] === patch) &&
          source.namespace === demo.shared.namespaces.get(folder);
        return (
          folder.startsWith(`${component.folder}/`) && component.folder !== 'apps/kubeflow' && patches.some(starts)
        );
      });
    });
    expect(used.toSorted()).toEqual(patchFolders());
    expect(kustomizations(everything)).toHaveLength(patchFolders().length);
  });

  it('have a folder of their own', () => {
    for (const { name, folder } of kubeflow) {
      expect(existsSync(join(root, folder))).toBe(true);
      if (name !== 'kubeflow-default-profile') expect(folder).toBe(`apps/kubeflow/${name.replace(/-crds$/, '')}`);
    }
    const folders = readdirSync(join(root, 'apps/kubeflow'), { withFileTypes: true }).filter((file) =>
      file.isDirectory(),
    );
    expect(kubeflow.map(({ folder }) => folder)).toEqual(
      expect.arrayContaining(folders.map(({ name }) => `apps/kubeflow/${name}`)),
    );
  });

  it('make each Secret that the patches take out of upstream', () => {
    const made = kubeflow.flatMap((part) => part.secrets?.(everything) ?? []).map(({ name }) => name);
    const deleted = [...demo.shared.patches.values()]
      .flat()
      .filter(({ patch }) => patch.includes('$patch: delete') && patch.includes('kind: Secret'))
      .map(({ patch }) => /name: (\S+)/.exec(patch)?.[1]);
    expect(deleted.length).toBeGreaterThan(0);
    expect(made).toEqual(expect.arrayContaining([...new Set(deleted)]));
  });

  it('hold back Pod Security where sidecars need an init container', () => {
    const without: Cluster = { ...demo, istio: { ...demo.istio, cni: { ...demo.istio.cni, enabled: false } } };
    const enforced = (cluster: Cluster) =>
      kubeflow
        .flatMap((part) => part.namespaces?.(cluster) ?? [])
        .filter(
          ({ labels }) => labels?.['istio-injection'] === 'enabled' && 'pod-security.kubernetes.io/enforce' in labels,
        )
        .map(({ name }) => name);
    expect(enforced(demo)).toEqual(['kubeflow', 'kubeflow-system', 'knative-serving']);
    expect(enforced(without)).toEqual([]);
    // The level that the profile controller puts on the namespaces that it makes is a choice between two paths of upstream.
    const paths = (cluster: Cluster) => kustomizations(cluster).map(({ path }) => path);
    expect(paths(demo)).toContain('applications/profiles/pss');
    expect(paths(without)).toContain('applications/profiles/upstream/overlays/kubeflow');
    expect(paths(without)).not.toContain('applications/profiles/pss');
  });

  it('name their host in place of "any host" in every patch that the cluster adds', () => {
    const texts = kustomizations(everything).flatMap((source) => source.patches.map(({ patch }) => patch));
    const hosts = texts.filter((text) => text.includes('/spec/hosts'));
    expect(hosts.length).toBeGreaterThan(0);
    for (const text of hosts) expect(text).toContain(demo.knownHost);
  });

  it('come from the folders of the release that the cluster pins, by its tag', () => {
    const at = (version: KubeflowVersion): Cluster => ({
      ...everything,
      kubeflow: { ...everything.kubeflow, version },
    });
    for (const version of kubeflowVersions) {
      const of = kustomizations(at(version)).filter(({ repository }) => repository.endsWith('/community-distribution'));
      expect(new Set(of.map((source) => `${source.version} ${source.commit}`))).toEqual(
        new Set([`${version} undefined`]),
      );
      const { paths } = releases[version];
      const all = Object.values(paths).filter(
        (path) => path !== paths['kubeflow-profiles/profiles-without-pod-security'],
      );
      expect(of.map(({ path }) => path).toSorted()).toEqual(all.toSorted());
    }
    const shared = kustomizations(everything).find(({ repository }) => repository.endsWith('/community-distribution'));
    expect(shared?.commit).toBe(releases[shared?.version as KubeflowVersion].commit);
    const names = (cluster: Cluster) =>
      kustomizations(cluster).flatMap(({ patches }) => patches.flatMap(({ target }) => target?.name ?? []));
    expect(names(at('26.03'))).toEqual(expect.arrayContaining(['centraldashboard', 'centraldashboard-config']));
    expect(names(at('26.03.1'))).toEqual(expect.arrayContaining(['dashboard', 'dashboard-config']));
    const jobset = (cluster: Cluster) =>
      kustomizations(cluster).find(({ repository }) => repository.endsWith('/jobset'))?.version;
    expect([jobset(at('26.03')), jobset(at('26.03.1'))]).toEqual(['v0.10.1', 'v0.11.1']);
  });

  it("lead to users' code at the host that it has", () => {
    const made = (cluster: Cluster) =>
      kustomizations(cluster).flatMap(({ patches }) => {
        const text = patches.map(({ patch }) => patch).join('\n');
        const told = /ISTIO_GATEWAY|ISTIO_HOST|ingressGateway|config-domain/.test(text);
        return told ? [text.replaceAll(/\s+/g, ' ')] : [];
      });
    const own = { ...everything, auth: { ...everything.auth, userCodeHost: true } };
    const host = `apps.${demo.knownHost}`;
    const [notebooks = '', viewers = '', tensorboards = '', serving = ''] = made(own);
    for (const text of [notebooks, tensorboards]) {
      expect(text).toContain(`op: replace path: /data/ISTIO_HOST value: ${host}`);
      expect(text).toContain('op: replace path: /data/ISTIO_GATEWAY value: ingress/user-code');
    }
    expect(viewers).toContain('/env/0/value value: ingress/user-code');
    expect(serving).toContain(`"ingressGateway": "ingress/user-code"`);
    expect(serving).toContain(`"ingressDomain": "${host}"`);
    expect(made(everything).join()).not.toContain('user-code');
  });

  it('leave none of the old names in what replaces them', () => {
    const replaced = kustomizations(everything).flatMap(({ patches }) =>
      patches.flatMap(({ patch }) => patch.split(/^- /m).filter((operation) => /^op: (add|replace)/.test(operation))),
    );
    for (const { text } of oldNames) expect(replaced.filter((operation) => operation.includes(text))).toEqual([]);
  });
});

describe("the dashboard's menu", () => {
  const menu = (cluster: Cluster): string => {
    const dashboard = kubeflow.find(({ name }) => name === 'kubeflow-dashboard');
    const [source] = dashboard?.sources(cluster) ?? [];
    return source?.kind === 'kustomize' ? source.patches.map(({ patch }) => patch).join('\n') : '';
  };

  it('lists the parts that run, and no other', () => {
    const some = menu(withParts('central-dashboard', 'katib'));
    expect(some).toContain('/katib/');
    expect(some).not.toContain('/jupyter/');
    expect(menu(everything)).toContain('/jupyter/');
  });

  it('leaves out a part that is switched off by its component', () => {
    expect(menu({ ...everything, components: { 'kubeflow-katib': { enabled: false } } })).not.toContain('/katib/');
  });

  it('leads from signing out to the page that needs no login', () => {
    expect(menu(demo)).toContain(`/oauth2/sign_out?rd=${encodeURIComponent(signedOutPath)}`);
  });
});

describe('images of Kubeflow', () => {
  const imagesOf = (name: string, images: Readonly<Record<string, string>>): string => {
    const part = kubeflow.find((component) => component.name === name);
    if (part === undefined) throw new Error(`no ${name}`);
    const cluster = { ...everything, mirrors: { ...demo.mirrors, images } };
    return JSON.stringify(application(cluster, placeComponent(cluster, part, 9), true));
  };

  it('come from the mirror with the tag that they have', () => {
    expect(imagesOf('kubeflow-katib', { 'ghcr.io': 'mirror.test/ghcr' })).toContain(
      '"ghcr.io/kubeflow/katib/katib-ui=mirror.test/ghcr/kubeflow/katib/katib-ui:*"',
    );
  });

  it('come from the mirror of Docker Hub when they name no registry', () => {
    expect(imagesOf('kubeflow-katib', { 'docker.io': 'mirror.test/hub' })).toContain(
      '"mysql=mirror.test/hub/library/mysql:*"',
    );
  });

  it('keep the tag that we set when a mirror replaces them', () => {
    const jobset = 'us-central1-docker.pkg.dev/k8s-staging-images/jobset/jobset';
    expect(imagesOf('kubeflow-trainer', {})).toContain(`"${jobset}=registry.k8s.io/jobset/jobset:v0.10.1"`);
    expect(imagesOf('kubeflow-trainer', { 'registry.k8s.io': 'mirror.test/k8s' })).toContain(
      `"${jobset}=mirror.test/k8s/jobset/jobset:v0.10.1"`,
    );
  });
});

describe('a release of Kubeflow that the program does not know', () => {
  let copy: string;
  beforeAll(async () => {
    copy = await mkdtemp(join(tmpdir(), 'breakwater-'));
    for (const file of ['apps/kubeflow/upstream.yaml', 'clusters/demo/cluster.yaml']) {
      await mkdir(join(copy, file, '..'), { recursive: true });
      await writeFile(join(copy, file), readFileSync(join(root, file), 'utf8').replace('"26.03"', '"99.01"'));
    }
  });
  afterAll(() => rm(copy, { recursive: true, force: true }));

  it('is a mistake in upstream.yaml that names the file', () => {
    expect(() => loadCluster(copy, 'demo')).toThrow(
      expect.objectContaining({
        problems: expect.arrayContaining([
          expect.objectContaining({ file: 'apps/kubeflow/upstream.yaml', path: 'version' }),
        ]),
      }),
    );
  });
});
