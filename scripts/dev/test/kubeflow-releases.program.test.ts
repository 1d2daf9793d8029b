import { afterAll, describe, expect, it } from 'vitest';
import type { KubernetesObject } from '../../components/component.ts';
import { releases } from '../../components/kubeflow/releases.ts';
import { kubeflowParts } from '../../config/schema/component-facts.ts';
import { type KubeflowVersion, kubeflowVersions } from '../../config/schema/component-settings.ts';
import { checkTree } from '../../tree/rules/index.ts';
import { children, type ParsedTree, type Source } from '../../tree/rules/parsed-tree.ts';
import { configOptions } from './config-options.ts';
import { clusterOf, optionPairs, treeOf } from './option-clusters.ts';
import { openCopies } from './upstream-copies.ts';

/** Some 250 builds for each release. */
const long = { timeout: 3_600_000 };

const folder = process.env.BREAKWATER_UPSTREAM;
const skipped =
  folder === undefined ? ': SKIPPED, set BREAKWATER_UPSTREAM to a folder with clones of what it pins' : '';
const copies = folder === undefined ? undefined : openCopies(folder);

afterAll(() => copies?.remove());

const everyPart = (version: string) => ({
  name: `Kubeflow ${version}`,
  question: 'parts of Kubeflow',
  settings: { kubeflow: { version, components: [...kubeflowParts] } },
});

function kustomizations({ sources }: { sources: readonly Source[] }): Source[] {
  return sources.filter(({ path, ref, chart }) => path !== undefined && ref === undefined && chart === undefined);
}

function kubeflowOf(tree: ParsedTree) {
  return children(tree).filter(({ name }) => name.startsWith('kubeflow-'));
}

/** Builds all sources of Kubeflow's Applications. @returns the objects by Application, and what the copies lack */
async function builtFrom(tree: ParsedTree): Promise<{ rendered: Map<string, KubernetesObject[]>; missing: string[] }> {
  const rendered = new Map<string, KubernetesObject[]>();
  const missing: string[] = [];
  for (const application of kubeflowOf(tree))
    for (const source of kustomizations(application)) {
      const built = await copies?.build(source);
      if (built === undefined) continue;
      if ('missing' in built) missing.push(built.missing);
      else rendered.set(application.name, [...(rendered.get(application.name) ?? []), ...built.objects]);
    }
  return { rendered, missing: [...new Set(missing)] };
}

function treeWith(...options: Parameters<typeof clusterOf>[0]): ParsedTree | undefined {
  const cluster = clusterOf(options);
  return typeof cluster === 'string' ? undefined : treeOf(cluster).tree;
}

/** What the rules find only in what upstream's kustomizations are built to. */
async function foundWith(tree: ParsedTree): Promise<string[]> {
  const { rendered } = await builtFrom(tree);
  const known = new Set(checkTree(tree).map((finding) => JSON.stringify(finding)));
  return checkTree({ ...tree, rendered })
    .filter((finding) => !known.has(JSON.stringify(finding)))
    .map(({ rule, file, path, message }) => `${rule} ${file} ${path} ${message}`);
}

/** @returns the objects of a release with every part, by Application */
async function releaseOf(version: string): Promise<Map<string, KubernetesObject[]>> {
  const tree = treeWith(everyPart(version));
  if (tree === undefined) throw new Error('no tree');
  return (await builtFrom(tree)).rendered;
}

/** Every object of a release by what identifies it in a cluster, its version aside. */
async function objectsOf(version: string): Promise<Map<string, KubernetesObject>> {
  return new Map(
    [...(await releaseOf(version)).values()].flat().map((object) => {
      const { kind, metadata } = object;
      return [[kind, metadata.namespace, metadata.name].filter((part) => part !== undefined).join(' '), object];
    }),
  );
}

/** Fields that the API server never lets change. */
function immutable({ kind, ...object }: KubernetesObject): unknown {
  const spec = (object.spec ?? {}) as Record<string, unknown>;
  if (['Deployment', 'DaemonSet', 'ReplicaSet'].includes(kind)) return spec.selector;
  if (['RoleBinding', 'ClusterRoleBinding'].includes(kind)) return object.roleRef;
  if (kind === 'StatefulSet') return [spec.selector, spec.serviceName, spec.volumeClaimTemplates];
  if (kind === 'Job') return [spec.selector, spec.template];
  if (kind === 'PersistentVolumeClaim') return [spec.storageClassName, spec.accessModes];
  if (kind === 'Secret' || kind === 'StorageClass') return [object.type, object.provisioner];
  return undefined;
}

interface Schema {
  properties?: Readonly<Record<string, Schema>>;
  additionalProperties?: boolean | Schema;
  items?: Schema;
  'x-kubernetes-preserve-unknown-fields'?: boolean;
}

/** @returns paths of the fields that a CRD's schema does not declare */
function undeclared(value: unknown, schema: Schema, path = ''): string[] {
  if (Array.isArray(value)) return value.flatMap((item) => undeclared(item, schema.items ?? {}, `${path}[]`));
  if (typeof value !== 'object' || value === null || schema['x-kubernetes-preserve-unknown-fields']) return [];
  const { properties, additionalProperties } = schema;
  return Object.entries(value).flatMap(([key, item]) => {
    const more = typeof additionalProperties === 'object' ? additionalProperties : undefined;
    const declared = properties?.[key] ?? more;
    return declared === undefined ? [`${path}.${key}`] : undeclared(item, declared, `${path}.${key}`);
  });
}

/** @returns for each kind, as in an object's first two lines, the Application that brings its CRD, and the schema */
function definedIn(rendered: ReadonlyMap<string, readonly KubernetesObject[]>) {
  const found = new Map<string, { application: string; schema: Schema }>();
  for (const [application, objects] of rendered)
    for (const { spec } of objects.filter(({ kind }) => kind === 'CustomResourceDefinition')) {
      const { group, names, versions } = spec as {
        group: string;
        names: { kind: string };
        versions: { name: string; schema: { openAPIV3Schema: Schema } }[];
      };
      for (const { name, schema } of versions)
        found.set(`${group}/${name} ${names.kind}`, { application, schema: schema.openAPIV3Schema });
    }
  return found;
}

describe.each(kubeflowVersions)(`Kubeflow %s, built from upstream's own files${skipped}`, (version) => {
  const test = it.skipIf(copies === undefined);
  const base = everyPart(version);

  test('is built whole, as far as the copies go', long, async () => {
    const tree = treeWith(base);
    if (tree === undefined) throw new Error('no tree');
    const { rendered, missing } = await builtFrom(tree);
    for (const what of missing) console.log(`Kubeflow ${version}: NOT BUILT: ${what}`);
    // A large file may be absent from a partial copy; a repository that is absent altogether is a mistake in the variable.
    expect(missing.filter((what) => what.startsWith('no repository'))).toEqual([]);
    expect([...rendered.keys()].toSorted()).toEqual(
      kubeflowOf(tree)
        .filter((application) => kustomizations(application).length > 0)
        .map(({ name }) => name)
        .toSorted(),
    );
  });

  test('has no old names, no default passwords, and nothing else that a rule refuses', long, async () => {
    const tree = treeWith(base);
    expect(tree === undefined ? ['no tree'] : await foundWith(tree)).toEqual([]);
  });

  test('is built with each option and each pair of options', long, async () => {
    const failed: string[] = [];
    for (const pair of [...configOptions.map((option) => [option]), ...optionPairs]) {
      const tree = treeWith(base, ...pair);
      if (tree === undefined) continue;
      try {
        await builtFrom(tree);
      } catch (error) {
        failed.push(`${pair.map(({ name }) => name).join(' × ')}: ${String(error)}`);
      }
    }
    expect(failed).toEqual([]);
  });
});

describe(`An upgrade to the next release of Kubeflow${skipped}`, () => {
  const pairs = kubeflowVersions.slice(1).map((version, index) => [kubeflowVersions[index] ?? '', version] as const);

  it.skipIf(copies === undefined).each(pairs)(
    '%s → %s changes no field that cannot change, and its steps are what the releases hold',
    long,
    async (from, to) => {
      const [before, after] = [await objectsOf(from), await objectsOf(to)];
      const stuck = [...after].filter(([id, object]) => {
        const old = before.get(id);
        return old !== undefined && JSON.stringify(immutable(old)) !== JSON.stringify(immutable(object));
      });
      expect(stuck.map(([id]) => id)).toEqual([]);
      const built = new Set([...after.values()].map(({ metadata }) => metadata.name));
      for (const { kind, namespace, name, folder } of releases[to as KubeflowVersion].steps) {
        const [old, now] = name.map((one) => [kind, namespace, one].filter((part) => part !== undefined).join(' '));
        expect(before.has(old ?? ''), old).toBe(true);
        // Where the copy lacks the part, neither name is there.
        if (folder === 'kubeflow-serving/kserve' && !built.has('kserve-controller-manager')) continue;
        expect([after.has(old ?? ''), after.has(now ?? '')], now).toEqual([false, true]);
      }
    },
  );

  // Neither gets it: the one deletes it, or the other refuses to share it. Argo CD does not track CRDs.
  it.skipIf(copies === undefined).each(pairs)(
    '%s → %s hands no object to another Application',
    long,
    async (from, to) => {
      const homes = async (version: string) => {
        return new Map(
          [...(await releaseOf(version))].flatMap(([application, objects]) =>
            objects
              .filter(({ kind }) => kind !== 'CustomResourceDefinition')
              .map(
                ({ kind, metadata }) => [`${kind} ${metadata.namespace ?? ''}/${metadata.name}`, application] as const,
              ),
          ),
        );
      };
      const [before, after] = [await homes(from), await homes(to)];
      const moved = [...after].filter(([id, home]) => (before.get(id) ?? home) !== home);
      expect(moved).toEqual([]);
    },
  );

  // Argo CD cannot compare such an object until the new CRD is there, and syncs nothing of an Application that it cannot compare.
  it.skipIf(copies === undefined).each(pairs)(
    '%s → %s gives no object a field that only the new CRD of the same Application has',
    long,
    async (from, to) => {
      const [before, after] = [definedIn(await releaseOf(from)), await releaseOf(to)];
      const now = definedIn(after);
      const fresh = [...after].flatMap(([application, objects]) =>
        objects.flatMap(({ apiVersion, kind, metadata, ...rest }) => {
          const type = `${apiVersion} ${kind}`;
          const old = before.get(type);
          const fields = old === undefined ? [] : undeclared(rest, old.schema);
          return fields.map((field) => ({ what: `${kind} ${metadata.name} ${field}`, application, type }));
        }),
      );
      expect(fresh.map(({ what }) => what)).toContain(
        'ClusterTrainingRuntime torchtune-llama3.2-1b .spec.template.spec.volumeClaimPolicies',
      );
      expect(fresh.filter(({ type, application }) => now.get(type)?.application === application)).toEqual([]);
    },
  );

  it.skipIf(copies === undefined).each(kubeflowVersions)(
    '%s ships no Namespace and no Profile',
    long,
    async (version) => {
      const kinds = [...(await objectsOf(version)).values()].map(({ kind }) => kind);
      expect(kinds.filter((kind) => kind === 'Namespace' || kind === 'Profile')).toEqual([]);
    },
  );
});
