import { groupOf } from '../../components/component.ts';
import { type ServiceSpec, serviceRules } from '../../components/tenant-services.ts';
import type { KeyPath } from '../../config/paths.ts';
import type { DeniedKind } from '../../config/schema/denied.ts';
import { cloudPrefixes } from '../../config/schema/tenant-workloads.ts';
import type { Tenant } from '../../config/tenant.ts';
import { namespacesOf } from '../../config/tenant-rules.ts';
import { type Build, buildOf, isManifestFile } from '../directory-source.ts';
import type { RuleFinding } from '../rules/index.ts';
import { isMap, nameOf, textsAt } from '../rules/parsed-tree.ts';
import { isClusterScoped } from '../rules/scope.ts';
import { hasContent, secretShapes } from '../rules/secrets.ts';
import { type Manifest, readManifests } from './manifests.ts';
import { podFindings } from './pods.ts';

/** What the rules need beside the tenant's files. */
export interface TenantBounds {
  tenant: Pick<Tenant, 'name' | 'namespaces' | 'network' | 'deny'>;
  /** Kinds that only the platform may write (infrastructure/tenant/denied.yaml). */
  denied: readonly DeniedKind[];
  /** @returns true when the object's kind is cluster-scoped by its schema */
  isClusterKind: (object: Manifest['object']) => boolean;
}

interface ObjectRule {
  name: string;
  reason: string;
  check(manifest: Manifest, bounds: TenantBounds): { keys: KeyPath; message: string }[];
}

const kinds: ObjectRule = {
  name: 'tenant-kinds',
  reason:
    "The tenant's AppProject denies the kind, and Argo CD then syncs none of the team's objects (infrastructure/tenant/denied.yaml).",
  check({ object }, { tenant, denied, isClusterKind }) {
    if (isClusterScoped(object) || isClusterKind(object))
      return [{ keys: ['kind'], message: 'is cluster-scoped, and a tenant has only objects in its own namespaces' }];
    const named = (list: readonly { group: string; kind: string }[]) =>
      list.some(({ group, kind }) => group === groupOf(object) && (kind === '*' || kind === object.kind));
    if (named(denied)) return [{ keys: ['kind'], message: 'is a kind that only the platform may write' }];
    if (named(tenant.deny ?? [])) return [{ keys: ['kind'], message: 'is a kind that tenant.yaml denies (deny)' }];
    return [];
  },
};

const namespaces: ObjectRule = {
  name: 'tenant-namespaces',
  reason:
    "Argo CD applies a tenant's objects only in the tenant's namespaces, and one for another namespace blocks all others (argo-cd docs, user-guide/projects).",
  check({ object }, { tenant, isClusterKind }) {
    const own = namespacesOf(tenant);
    const namespace: unknown = object.metadata.namespace;
    if (namespace === undefined || namespace === null || isClusterScoped(object) || isClusterKind(object)) return [];
    if (typeof namespace === 'string' && own.includes(namespace)) return [];
    return [{ keys: ['metadata', 'namespace'], message: `must be one of the tenant's: ${own.join(', ')}` }];
  },
};

const secrets: ObjectRule = {
  name: 'tenant-secrets',
  reason:
    'A secret in Git stays readable in its history. Create the Secret in the cluster (kubectl, External Secrets), and refer to it here.',
  check: ({ object }) =>
    object.kind !== 'Secret' || groupOf(object) !== ''
      ? []
      : ['data', 'stringData'].flatMap((field) => {
          return hasContent(object[field]) ? [{ keys: [field], message: 'contains the secret itself' }] : [];
        }),
};

const services: ObjectRule = {
  name: 'tenant-services',
  reason: 'The cluster refuses such a Service (admission policy breakwater-tenants-publish-by-the-gateway).',
  check({ object }, { tenant }) {
    if (object.kind !== 'Service' || groupOf(object) !== '') return [];
    const spec = isMap(object.spec) ? object.spec : {};
    const read: ServiceSpec = {
      ...(typeof spec.type === 'string' ? { type: spec.type } : {}),
      externalIPs: textsAt(spec, 'externalIPs'),
    };
    return serviceRules
      .filter((rule) => rule.breaks(read, tenant.network?.services ?? []))
      .map(({ message }) => ({ keys: ['spec', message.includes('externalIPs') ? 'externalIPs' : 'type'], message }));
  },
};

const pods: ObjectRule = {
  name: 'tenant-pods',
  reason: "The cluster refuses such a pod (Pod Security, and the admission policies for tenants' pods).",
  check: ({ object }) => podFindings(object),
};

const accounts: ObjectRule = {
  name: 'tenant-accounts',
  reason:
    'The cluster refuses such an account (admission policy breakwater-tenants-keep-their-cloud-role). Set serviceAccounts.annotations in tenant.yaml.',
  check({ object }) {
    if (object.kind !== 'ServiceAccount' || groupOf(object) !== '') return [];
    return Object.keys(object.metadata.annotations ?? {})
      .filter((key) => cloudPrefixes.some((prefix) => key.startsWith(prefix)))
      .map((key) => ({ keys: ['metadata', 'annotations', key], message: 'gives its pods a cloud role' }));
  },
};

const objectRules: readonly ObjectRule[] = [kinds, namespaces, secrets, services, pods, accounts];

/** Findings about one tenant's files, and the objects whose schemas are still to be checked. */
export interface TenantCheck {
  findings: RuleFinding[];
  manifests: Manifest[];
}

/**
 * Checks the manifests that Argo CD would apply from tenants/<team>/apps/.
 *
 * @param files all files of the folder: text by path
 */
export function checkTenantApps(files: ReadonlyMap<string, string>, bounds: TenantBounds): TenantCheck {
  const findings: RuleFinding[] = [...builtFolders([...files.keys()]), ...unread([...files.keys()]), ...tokens(files)];
  const manifests: Manifest[] = [];
  const skipped = charts([...files.keys()]);
  for (const [file, text] of files) {
    if (!isManifestFile(file) || buildOf(file) !== undefined || skipped.some((chart) => file.startsWith(chart)))
      continue;
    const read = readManifests(file, text);
    findings.push(...read.problems.map(({ unreadable: _, ...problem }) => ({ ...readable, ...problem })));
    manifests.push(...read.manifests);
  }
  for (const manifest of manifests)
    for (const { name, reason, check } of objectRules)
      for (const { keys, message } of check(manifest, bounds))
        findings.push({ rule: name, reason, ...manifest.placeOf(keys), path: nameOf(manifest.object), message });
  return { findings: [...findings, ...repeated(manifests, bounds)], manifests };
}

const readable = {
  rule: 'tenant-readable',
  reason: 'Argo CD applies nothing from a folder when it cannot read one of its files (argoproj/argo-cd#24874).',
};

const builds: Readonly<Record<Exclude<Build, 'Jsonnet'>, string>> = {
  kustomization:
    'is a kustomization, but Argo CD reads this folder as plain manifests: commit the output of "kubectl kustomize", or use the team\'s own repository (repositories in tenant.yaml)',
  chart:
    'is a Helm chart, but Argo CD reads this folder as plain manifests: commit the output of "helm template", or use the team\'s own repository (repositories in tenant.yaml)',
};

/** Folders of charts, whose files are not checked. */
function charts(files: readonly string[]): string[] {
  return files.filter((file) => buildOf(file) === 'chart').map((file) => file.slice(0, -'Chart.yaml'.length));
}

function builtFolders(files: readonly string[]): RuleFinding[] {
  return files.flatMap((file) => {
    const build = buildOf(file);
    if (build === undefined || build === 'Jsonnet') return [];
    return [{ rule: 'tenant-plain-manifests', reason: plainReason, file, message: builds[build] }];
  });
}

const plainReason =
  'A pull request would not show objects that are built from a base elsewhere (argo-cd docs, user-guide/directory).';

/** Files that look like manifests, but that Argo CD ignores because of their names. */
function unread(files: readonly string[]): RuleFinding[] {
  return files
    .filter(
      (file) =>
        !isManifestFile(file) &&
        ['Jsonnet', undefined].includes(buildOf(file)) &&
        /\.(ya?ml|json|jsonnet|libsonnet)\b[^/]*$/i.test(file),
    )
    .map((file) => ({
      rule: 'tenant-unread',
      reason: 'Argo CD reads *.yaml, *.yml and *.json in this folder, and silently ignores everything else.',
      file,
      message: 'is not read: rename it, or move it out of apps/',
    }));
}

function tokens(files: ReadonlyMap<string, string>): RuleFinding[] {
  return [...files].flatMap(([file, text]) =>
    secretShapes.flatMap(({ what, pattern }) => {
      const at = text.search(pattern);
      if (at < 0) return [];
      const before = text.slice(0, at).split('\n');
      const place = { file, line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
      return [{ rule: secrets.name, reason: secrets.reason, ...place, message: `looks like ${what}` }];
    }),
  );
}

function repeated(manifests: readonly Manifest[], { tenant }: TenantBounds): RuleFinding[] {
  const first = new Map<string, Manifest>();
  return manifests.flatMap((manifest): RuleFinding[] => {
    const { object } = manifest;
    const namespace = object.metadata.namespace ?? tenant.name;
    const key = [groupOf(object), object.kind, namespace, object.metadata.name].join(' ');
    const earlier = first.get(key);
    if (earlier === undefined) first.set(key, manifest);
    if (earlier === undefined || object.metadata.name === undefined) return [];
    const { file, line, column } = earlier.placeOf([]);
    const reason =
      'Argo CD applies only one of two objects with the same name, and reports it only as a condition (RepeatedResourceWarning).';
    const message = `is already defined at ${file}:${line}:${column}`;
    return [{ rule: 'tenant-once', reason, ...manifest.placeOf([]), path: nameOf(object), message }];
  });
}
