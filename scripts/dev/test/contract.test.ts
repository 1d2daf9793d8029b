import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Option } from 'commander';
import { describe, expect, it } from 'vitest';
import { commands } from '../../commands/index.ts';
import { components } from '../../components/index.ts';
import { profileName } from '../../components/kubeflow/default-profile.ts';
import { loadAllClusters, loadCluster } from '../../config/load.ts';
import {
  type ComponentName,
  componentFacts,
  componentNames,
  kubeflowParts,
} from '../../config/schema/component-facts.ts';
import { takenNamespaces } from '../../config/schema/reserved.ts';
import { checkCluster } from '../../steps/check-cluster.ts';
import { differences, planCluster } from '../../steps/plan-cluster.ts';
import { buildKustomization } from '../../tools/kustomize.ts';
import { placePlatform } from '../../tree/place.ts';
import { checkout } from './repository.ts';

const folders = (path: string) =>
  readdirSync(join(checkout, path), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name);

describe('the registry of components, their names in the schema, and their folders', () => {
  it('agree', () => {
    const names = components.map(({ name }) => name);
    expect(names).toEqual([...componentNames]);
    const wanted = new Set(components.map(({ folder }) => folder));
    const there = [
      ...folders('infrastructure').map((name) => `infrastructure/${name}`),
      ...folders('apps')
        .filter((name) => !existsSync(join(checkout, 'apps', name, 'app.yaml')))
        .map((name) => `apps/${name}`),
      ...folders('apps/kubeflow').map((name) => `apps/kubeflow/${name}`),
    ];
    expect([...wanted].toSorted()).toEqual(there.toSorted());
  });
});

describe('the registry of commands, package.json and docs/commands.md', () => {
  const names = commands.map(({ usage }) => usage.replace(/ .*/, ''));

  it('agree', () => {
    const { scripts } = JSON.parse(readFileSync(join(checkout, 'package.json'), 'utf8'));
    const started = Object.entries(scripts).filter(([, line]) => /^node scripts\/start\.mjs \S+$/.test(String(line)));
    expect(Object.fromEntries(started)).toEqual(
      Object.fromEntries(names.map((name) => [name, `node scripts/start.mjs ${name}`])),
    );
    const table =
      /\n## All of them\n([\s\S]*?)\n## /.exec(readFileSync(join(checkout, 'docs/commands.md'), 'utf8'))?.[1] ?? '';
    const rows = [...table.matchAll(/^\| `npm run ([a-z]+)/gm)].map((match) => match[1]);
    expect(rows.toSorted()).toEqual(names.toSorted());
  });

  it('also run as a program: npx breakwater', () => {
    const { bin } = JSON.parse(readFileSync(join(checkout, 'package.json'), 'utf8'));
    const help = execFileSync('npx', ['--no-install', ...Object.keys(bin), '--help'], {
      cwd: checkout,
      encoding: 'utf8',
    });
    for (const name of names) expect(help).toContain(`\n  ${name} `);
  });

  it.each(commands.map(({ usage, options }) => [usage, options] as const))(
    '%s: its options are read by the names that commander gives them',
    (_, options) => {
      const given = Object.values(options).map(({ flags }) => new Option(flags).attributeName());
      expect(Object.keys(options)).toEqual(given);
    },
  );
});

describe('the namespaces of the components, switched on or not', () => {
  const demo = loadCluster(checkout, 'demo');
  const everything = {
    ...demo,
    kubeflow: { ...demo.kubeflow, components: [...kubeflowParts] },
    loadBalancer: { ...demo.loadBalancer, metallb: { pools: [], address: undefined } },
  };

  it.each(components.map((component) => [component.name, component] as const))(
    '%s: as the schema reserves them',
    (_, component) => {
      // The default profile's name is the cluster's own choice; tenants.ts reserves it there.
      const reserved = (name: string) => name !== profileName(everything);
      const made = (component.namespaces?.(everything) ?? []).map(({ name }) => name).filter(reserved);
      expect(made.toSorted()).toEqual([...componentFacts[component.name as ComponentName].namespaces].toSorted());
      const used = [component.namespace(everything), ...(component.alsoWritesTo?.(everything) ?? [])];
      expect(used.filter(reserved).filter((namespace) => !takenNamespaces.includes(namespace))).toEqual([]);
    },
  );
});

describe('the clusters that the repository holds', () => {
  it('are as generated, and no check finds anything', async () => {
    const clusters = loadAllClusters(checkout);
    expect(clusters.map(({ name }) => name)).toContain('demo');
    for (const cluster of clusters) {
      expect(differences((await planCluster(checkout, placePlatform(cluster))).plan)).toEqual([]);
      expect(await checkCluster(checkout, placePlatform(cluster))).toEqual([]);
    }
  });
});

interface Source {
  repoURL: string;
  targetRevision: string;
  ref?: string;
}

describe('the root kustomization, built as Argo CD builds it at a commit', () => {
  it('pins the own source of every child to that commit, and nothing else', async () => {
    const commit = '0123456789abcdef0123456789abcdef01234567';
    const build = async (revision: string) => {
      const built = await buildKustomization(checkout, 'clusters/demo/apps', {
        commonAnnotations: { 'breakwater.dev/revision': revision },
      });
      const applications = built.filter(({ kind }) => kind === 'Application');
      return applications.map(({ metadata, spec }) => ({
        name: metadata.name,
        pin: metadata.annotations?.['breakwater.dev/revision'],
        sources: (spec as { sources: Source[] }).sources,
      }));
    };
    const [before, after] = [await build('main'), await build(commit)];
    const files = readdirSync(join(checkout, 'clusters/demo/apps')).filter((name) =>
      readFileSync(join(checkout, 'clusters/demo/apps', name), 'utf8').includes('\nkind: Application\n'),
    );
    expect(after.length).toBe(files.length);
    for (const [index, { name, pin, sources }] of after.entries()) {
      expect(pin, name).toBe(commit);
      const own = sources.filter(({ ref }) => ref === 'values');
      expect(own, name).toEqual([expect.objectContaining({ targetRevision: commit })]);
      const upstream = (list: readonly Source[] = []) => list.filter(({ ref }) => ref !== 'values');
      expect(upstream(sources), name).toEqual(upstream(before[index]?.sources));
    }
  });
});
