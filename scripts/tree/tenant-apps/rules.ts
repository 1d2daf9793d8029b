import { type ServiceSpec, serviceRules } from '../../components/tenant-services.ts';
import type { KeyPath } from '../../config/paths.ts';
import type { DeniedKind } from '../../config/schema/denied.ts';
import type { Tenant } from '../../config/tenant.ts';
import { namespacesOf } from '../../config/tenant-rules.ts';
import { type Build, buildOf, isManifestFile } from '../directory-source.ts';
import type { RuleFinding } from '../rules/index.ts';
import { groupOf, isMap, nameOf, textsAt } from '../rules/parsed-tree.ts';
import { isClusterScoped } from '../rules/scope.ts';
import { secretShapes } from '../rules/secrets.ts';
import { type Manifest, readManifests } from './manifests.ts';
import { podFindings } from './pods.ts';

/** What the rules know beside a tenant's own files. */
export interface TenantBounds {
  tenant: Pick<Tenant, 'name' | 'namespaces' | 'network' | 'deny'>;
  /** Kinds that the platform alone writes (infrastructure/tenant/denied.yaml). */
  denied: readonly DeniedKind[];
  /** @returns true when the schema of the object's kind says that it lives in no namespace */
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
    "Argo CD refuses the kind in the tenant's AppProject, and then syncs nothing of the team's (infrastructure/tenant/denied.yaml).",
  check({ object }, { tenant, denied, isClusterKind }) {
    if (isClusterScoped(object) || isClusterKind(object))
      return [{ keys: ['kind'], message: 'lives in no namespace, and a tenant has nothing outside of its own' }];
    const named = (list: readonly { group: string; kind: string }[]) =>
      list.some(({ group, kind }) => group === groupOf(object) && (kind === '*' || kind === object.kind));
    if (named(denied)) return [{ keys: ['kind'], message: 'is a kind that the platform alone writes' }];
    if (named(tenant.deny ?? [])) return [{ keys: ['kind'], message: 'is a kind that tenant.yaml refuses (deny)' }];
    return [];
  },
};

const namespaces: ObjectRule = {
  name: 'tenant-namespaces',
  reason:
    "Argo CD applies a tenant's objects in its own namespaces only, and one for another stops the rest (argo-cd docs, user-guide/projects).",
  check({ object }, { tenant, isClusterKind }) {
    const own = namespacesOf(tenant);
    const namespace: unknown = object.metadata.namespace;
    if (namespace === undefined || namespace === null || isClusterScoped(object) || isClusterKind(object)) return [];
    if (typeof namespace === 'string' && own.includes(namespace)) return [];
    return [{ keys: ['metadata', 'namespace'], message: `must be one of its own: ${own.join(', ')}` }];
  },
};

const secrets: ObjectRule = {
  name: 'tenant-secrets',
  reason:
    'What was once in Git stays readable in its history. Make the Secret in the cluster (kubectl, External Secrets), and name it here.',
  check: ({ object }) =>
    object.kind !== 'Secret' || groupOf(object) !== ''
      ? []
      : ['data', 'stringData'].flatMap((field) => {
          const value = object[field];
          const filled = isMap(value) && Object.values(value).some((text) => text !== null && text !== '');
          return filled ? [{ keys: [field], message: 'holds the secret itself' }] : [];
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

const objectRules: readonly ObjectRule[] = [kinds, namespaces, secrets, services, pods];

/** The files of one tenant: what is wrong, and the objects that are left for the check of schemas. */
export interface TenantCheck {
  findings: RuleFinding[];
  manifests: Manifest[];
}

/**
 * Checks what Argo CD would apply of a tenant's own: tenants/<team>/apps/, read as plain manifests.
 *
 * @param files text by path, all files of the folder
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
  reason: 'Argo CD applies nothing of the folder when it cannot read one of its files (argoproj/argo-cd#24874).',
};

const builds: Readonly<Record<Exclude<Build, 'Jsonnet'>, string>> = {
  kustomization:
    'is a kustomization, and this folder is read as plain manifests: commit what "kubectl kustomize" prints, or keep it in a repository of the team\'s own (repositories in tenant.yaml)',
  chart:
    'is a Helm chart, and this folder is read as plain manifests: commit what "helm template" prints, or keep it in a repository of the team\'s own (repositories in tenant.yaml)',
};

/** Folders of charts: what is in them is not looked at. */
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

const plainReason = 'What is built from a base elsewhere is in no pull request (argo-cd docs, user-guide/directory).';

/** Files that look like manifests and are none for Argo CD, by their names. */
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
      reason: 'Argo CD reads *.yaml, *.yml and *.json of this folder, and passes over others without a word.',
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
      'Of an object that is there twice, Argo CD applies one, and says so only in a condition (RepeatedResourceWarning).';
    const message = `is there already, at ${file}:${line}:${column}`;
    return [{ rule: 'tenant-once', reason, ...manifest.placeOf([]), path: nameOf(object), message }];
  });
}
