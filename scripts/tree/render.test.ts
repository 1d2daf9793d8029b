import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { Cluster } from '../config/cluster.ts';
import { embeddedRemoteUrl } from '../config/cluster.ts';
import { loadCluster } from '../config/load.ts';
import { parseClusterFile } from '../config/parse.ts';
import { runningAddOns, runningApps } from '../config/running-apps.ts';
import { parseGitUrl } from '../config/schema/git-url.ts';
import { platformPathOf } from '../config/schema/places.ts';
import { checkRenderedTree } from '../dev/testing/tree-rules/index.ts';
import { checkObject } from '../schemas/check.ts';
import { renderTree } from './render.ts';
import { parseTree } from './rules/parsed-tree.ts';

const golden = join(dirname(fileURLToPath(import.meta.url)), '../dev/golden');
const root = fileURLToPath(new URL('../..', import.meta.url));
const scenarios = readdirSync(golden)
  .filter((name) => name.endsWith('.cluster.yaml'))
  .map((name) => name.replace('.cluster.yaml', ''));

/** The scenario's cluster.yaml, with what the repository holds for every cluster. */
function scenario(name: string, discovered?: string): Cluster {
  const parsed = parseClusterFile(
    readFileSync(join(golden, `${name}.cluster.yaml`), 'utf8'),
    `${name}.cluster.yaml`,
    name,
  );
  if ('problems' in parsed) throw new Error(JSON.stringify(parsed.problems));
  const { url } = parsed.value.git;
  const address = url === undefined ? undefined : parseGitUrl(url);
  const { shared } = loadCluster(root, 'demo');
  return {
    ...parsed.value,
    folder: `clusters/${name}`,
    shared,
    discovered: discovered === undefined ? undefined : { host: discovered },
    memberGroups: [],
    runningApps: runningApps(parsed.value, shared.apps),
    addOns: runningAddOns(parsed.value, shared.apps),
    ownPatches: new Map(),
    secretFiles: { sealed: new Map(), sops: new Map() },
    knownHost: parsed.value.host === 'auto' ? discovered : parsed.value.host,
    repositoryUrl: address !== undefined && 'canonical' in address ? address.canonical : embeddedRemoteUrl,
    embeddedRemote: url === undefined,
  };
}

function oneFile(tree: ReadonlyMap<string, string>): string {
  return [...tree.keys()]
    .sort()
    .map((path) => `##### ${path}\n${tree.get(path)}`)
    .join('\n');
}

describe('the tree of', () => {
  it.each(scenarios)('%s is as its golden file', (name) => {
    const file = join(golden, `${name}.golden.txt`);
    const text = oneFile(renderTree(scenario(name)));
    if (process.env.UPDATE_GOLDEN === '1') writeFileSync(file, text);
    expect(text).toBe(readFileSync(file, 'utf8'));
  });

  it.each(scenarios)('%s breaks no rule, and each of its objects passes its schema', (name) => {
    const shared = new Map(
      ['gateway', 'istiod', 'istio-base', 'istio-cni', 'dex', 'oauth2-proxy', 'cert-manager', 'metallb'].map(
        (component) => {
          const path = `infrastructure/${component}/values.yaml`;
          return [path, readFileSync(join(root, path), 'utf8')];
        },
      ),
    );
    const tree = parseTree(name, new Map([...renderTree(scenario(name)), ...shared]));
    expect(checkRenderedTree(tree)).toEqual([]);
    for (const { objects } of tree.files.values()) {
      for (const object of objects)
        if (object.kind !== 'Kustomization')
          expect(checkObject(object), `${object.kind} ${object.metadata.name}`).toEqual([]);
    }
  });

  it.each(scenarios)('%s keeps no object that would leave the root out of sync when a component goes', (name) => {
    const { files } = parseTree(name, renderTree(scenario(name)));
    const roots = [...files].flatMap(([path, { objects }]) => (path.includes('/apps/') ? objects : []));
    const options = ({ metadata }: (typeof roots)[number], of: string) =>
      String(metadata?.annotations?.[`argocd.argoproj.io/${of}-options`]);
    const kept = roots.filter((object) => options(object, 'sync').includes('Prune=false'));
    expect(kept.map(({ kind }) => kind)).toContain('AppProject');
    expect(kept.filter((object) => !options(object, 'compare').includes('IgnoreExtraneous'))).toEqual([]);
  });

  it.each(scenarios)('%s routes no path of the host that an app could have, but for the apps', (name) => {
    const cluster = scenario(name);
    const tree = parseTree(name, renderTree(cluster));
    const routes = [...tree.files.values()].flatMap(({ objects }) =>
      objects
        .filter(({ kind, metadata }) => kind === 'VirtualService' && !metadata.name.startsWith('app-'))
        .flatMap(({ spec }) => JSON.stringify(spec).match(/(?<="(prefix|exact)":")\/[^"]+/g) ?? []),
    );
    // Without a host there is nothing to route yet.
    expect(routes.includes('/dex/')).toBe(cluster.knownHost !== undefined);
    expect(routes.includes('/hooks/argocd')).toBe(cluster.git.webhook);
    expect(routes.filter((path) => platformPathOf(path) === undefined)).toEqual([]);
  });

  it('demo is the same each time it is rendered', () => {
    const demo = loadCluster(root, 'demo');
    expect(oneFile(renderTree(demo))).toBe(oneFile(renderTree(loadCluster(root, 'demo'))));
  });

  it('an undiscovered host leaves out what needs it, and brings it once it is found', () => {
    const before = [...renderTree(scenario('auto-metallb')).keys()].join('\n');
    const after = [...renderTree(scenario('auto-metallb', '192.168.10.240')).keys()].join('\n');
    expect(before).not.toMatch(/dex|oauth2-proxy|kubeflow|certificate-ingress/);
    expect(before).toMatch(/04-gateway/);
    expect(after).toMatch(/dex/);
    expect(after).toMatch(/certificate-ingress-gateway-tls/);
  });
});
