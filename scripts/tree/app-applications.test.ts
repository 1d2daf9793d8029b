import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { platformFacts } from '../components/tenants.ts';
import { loadCluster } from '../config/load.ts';
import { runningApps } from '../config/running-apps.ts';
import { placePlatform } from './place.ts';
import { renderTree } from './render.ts';

const demo = loadCluster(join(import.meta.dirname, '../..'), 'demo');
const apps = Object.fromEntries(['argocd', 'grafana', 'prometheus'].map((name) => [name, { enabled: true }]));
const cluster = {
  ...demo,
  knownHost: 'kubeflow.example.com',
  host: 'kubeflow.example.com',
  runningApps: runningApps({ ...demo, apps }, demo.shared.apps),
};
const tree = renderTree(cluster);
const objects = [...tree].flatMap(([path, text]) =>
  /\/apps\/\d.*\.yaml$/.test(path) && !path.endsWith('namespaces.yaml') ? [{ path, object: parse(text) }] : [],
);

function application(name: string) {
  const found = objects.find(({ object }) => object.kind === 'Application' && object.metadata.name === name);
  if (found === undefined) throw new Error(`there is no Application ${name}`);
  return { ...found.object.spec, wave: Number(found.object.metadata.annotations['argocd.argoproj.io/sync-wave']) };
}

function filesOf(name: string): string[] {
  return [...tree.keys()]
    .filter((path) => path.includes(`/manifests/${name}/`))
    .map((path) => path.split('/').at(-1) ?? '');
}

describe('the Applications of an app', () => {
  it("bound what its chart makes by its own namespace, and keep the gate's kinds from it", () => {
    const project = objects.find(
      ({ object }) => object.kind === 'AppProject' && object.metadata.name === 'app-grafana',
    );
    expect(project?.object.spec).toMatchObject({
      destinations: [{ server: 'https://kubernetes.default.svc', namespace: 'grafana' }],
      namespaceResourceBlacklist: expect.arrayContaining([{ group: 'networking.istio.io', kind: 'Gateway' }]),
    });
    expect(application('grafana')).toMatchObject({ project: 'app-grafana' });
    expect(filesOf('grafana')).toEqual([]);
  });

  it("leave its gate to the platform's project, before the app, which takes it over from earlier versions", () => {
    const gate = application('grafana-gate');
    expect(gate).toMatchObject({ project: 'platform', sources: [{ ref: 'values' }] });
    expect(gate.syncPolicy.syncOptions).not.toContain('FailOnSharedResource=true');
    expect(application('grafana').syncPolicy.syncOptions).toContain('FailOnSharedResource=true');
    expect(gate.wave).toBeLessThan(application('grafana').wave);
    expect(filesOf('grafana-gate')).toEqual(
      expect.arrayContaining([
        'envoyfilter-app-grafana.yaml',
        'authorizationpolicy-app-grafana.yaml',
        'networkpolicy-app-grafana.yaml',
        'virtualservice-app-grafana.yaml',
        'certificate-app-grafana-tls.yaml',
      ]),
    );
  });

  it('are one for what is installed already', () => {
    expect(application('argocd-app')).toMatchObject({ project: 'platform' });
    expect(objects.map(({ object }) => object.metadata.name)).not.toContain('app-argocd');
    expect(filesOf('argocd-app')).toContain('virtualservice-app-argocd.yaml');
  });
});

describe('an app without a page', () => {
  const [grafana] = runningApps({ ...demo, apps }, demo.shared.apps).filter(({ name }) => name === 'grafana');
  if (grafana === undefined) throw new Error('grafana is not there');
  const addOn = (after: 'start' | 'platform') => ({
    ...grafana,
    ...{ name: 'vault', application: 'vault', gate: 'vault', namespace: 'vault', after, values: {} },
    ...{ place: { none: true as const }, service: { name: '', port: 0, protocol: 'http' as const }, access: {} },
  });
  const placed = (after: 'start' | 'platform') => {
    const { placed: all } = placePlatform({ ...demo, host: 'auto', knownHost: undefined, addOns: [addOn(after)] });
    return new Map(all.map(({ component, wave }) => [component.name, wave]));
  };

  it('comes right after Argo CD with after: start, also before the host is known, and the rest waits for it', () => {
    const waves = placed('start');
    expect([waves.get('argocd'), waves.get('vault')]).toEqual([0, 1]);
    const others = [...waves].filter(([name]) => name !== 'argocd' && name !== 'vault');
    expect(others.length).toBeGreaterThan(3);
    expect(others.filter(([, wave]) => wave <= 1)).toEqual([]);
  });

  it('comes after the platform otherwise, has a project of its own, no gate and no sidecar, and its namespace is taken', () => {
    const files = renderTree({ ...cluster, runningApps: [], addOns: [addOn('platform')] });
    const named = [...files.keys()]
      .filter((path) => path.includes('vault'))
      .map((path) => path.split('/').slice(2).join('/'));
    expect(named.map((path) => path.replace(/\d+/, 'N')).sort()).toEqual([
      'apps/N-project-vault.yaml',
      'apps/N-vault.yaml',
      'values/vault.yaml',
    ]);
    const namespace = [...files.values()]
      .join('---\n')
      .split('---\n')
      .find((text) => /kind: Namespace\n(.*\n)*? {2}name: vault\n/.test(text));
    expect(namespace).toContain('pod-security.kubernetes.io/enforce: restricted');
    expect(namespace).not.toContain('istio-injection');
    const facts = platformFacts({ ...cluster, addOns: [addOn('platform')] });
    expect(facts.reserved).toContain('vault');
  });
});
