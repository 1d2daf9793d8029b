import type { Cluster } from '../config/cluster.ts';
import { sopsPath } from '../config/secret-files.ts';
import type { Component, Generator, KubernetesObject, SecretSpec } from './component.ts';
import { early } from './domain.ts';

/** @returns true where the bootstrap writes the Secrets: it makes them, or decrypts them with SOPS */
export function bootstrapWrites({ secrets }: Cluster): boolean {
  return secrets.externalSecrets === undefined && secrets.sealedSecrets === undefined;
}

/** @returns the Secrets that the bootstrap writes, with the source of each value */
export function writtenSecrets(cluster: Cluster, specs: readonly SecretSpec[]): SecretSpec[] {
  if (!bootstrapWrites(cluster)) return [];
  if (cluster.secrets.sops === undefined) return [...specs];
  return specs.map((spec) => ({
    ...spec,
    keys: Object.fromEntries(Object.entries(spec.keys).map(([key, made]) => [key, fromSops(spec, key, made)])),
  }));
}

function fromSops({ namespace, name }: SecretSpec, key: string, made: Generator): Generator {
  const sops = { sops: `${namespace}/${name}`, key };
  switch (made.kind) {
    case 'constant':
      return made;
    case 'random':
      return { kind: 'reference', from: sops, check: 'not-empty' };
    case 'reference':
      return { ...made, from: sops };
    case 'password-hash':
      return { kind: 'password-hash', user: made.user, passwordHash: sops };
  }
}

/** @returns the keys that a source outside of the bootstrap has to bring; the others always have the same value */
function broughtKeys({ keys }: SecretSpec): string[] {
  return Object.entries(keys).flatMap(([key, { kind }]) => (kind === 'constant' ? [] : [key]));
}

function constants({ keys }: SecretSpec): Record<string, string> {
  return Object.fromEntries(
    Object.entries(keys).flatMap(([key, made]) => (made.kind === 'constant' ? [[key, made.value]] : [])),
  );
}

/** @returns the objects by which a component's Secrets come from elsewhere, applied before the rest of the component */
export function secretObjects(cluster: Cluster, component: Component): KubernetesObject[] {
  if (bootstrapWrites(cluster)) return [];
  return (component.secrets?.(cluster) ?? []).flatMap((spec) =>
    cluster.secrets.externalSecrets === undefined ? sealedSecret(cluster, spec) : externalSecret(cluster, spec),
  );
}

/** https://external-secrets.io/latest/api/externalsecret/ */
function externalSecret(cluster: Cluster, spec: SecretSpec): KubernetesObject[] {
  const { externalSecrets } = cluster.secrets;
  if (externalSecrets === undefined) return [];
  const { store, entry, refresh } = externalSecrets;
  const names: Readonly<Record<string, string>> = { cluster: cluster.name, namespace: spec.namespace, name: spec.name };
  const key = entry.replaceAll(/\{(\w+)\}/g, (_, name: string) => names[name] ?? '');
  const fixed = constants(spec);
  return [
    {
      apiVersion: 'external-secrets.io/v1',
      kind: 'ExternalSecret',
      metadata: { name: spec.name, namespace: spec.namespace, annotations: { ...early } },
      spec: {
        refreshInterval: refresh,
        secretStoreRef: { kind: store.kind, name: store.name },
        target: {
          name: spec.name,
          creationPolicy: 'Owner',
          // Without an answer of the store, people stay logged in.
          deletionPolicy: 'Retain',
          template: {
            type: spec.type ?? 'Opaque',
            ...(spec.labels === undefined ? {} : { metadata: { labels: { ...spec.labels } } }),
            ...(Object.keys(fixed).length === 0 ? {} : { mergePolicy: 'Merge', data: fixed }),
          },
        },
        data: broughtKeys(spec).map((property) => ({ secretKey: property, remoteRef: { key, property } })),
      },
    },
  ];
}

/** The SealedSecret that kubeseal made, with the type and labels that the platform needs. */
function sealedSecret({ secretFiles }: Cluster, spec: SecretSpec): KubernetesObject[] {
  const sealed = secretFiles.sealed.get(`${spec.namespace}/${spec.name}`);
  if (sealed === undefined) return [];
  const { name, namespace, labels, type = 'Opaque' } = spec;
  const fixed = constants(spec);
  return [
    {
      apiVersion: 'bitnami.com/v1alpha1',
      kind: 'SealedSecret',
      metadata: { name, namespace, annotations: { ...sealed.annotations, ...early } },
      spec: {
        encryptedData: sealed.data,
        template: {
          metadata: { name, namespace, ...(labels === undefined ? {} : { labels: { ...labels } }) },
          type,
          ...(Object.keys(fixed).length === 0 ? {} : { data: fixed }),
        },
      },
    },
  ];
}

/** A Secret, or a key of one, that no one makes. */
export interface Unmade {
  file: string;
  message: string;
}

/** @returns Secrets and keys that the encrypted files lack, and those that no component needs */
export function unmadeSecrets(cluster: Cluster, specs: readonly SecretSpec[]): Unmade[] {
  const { secrets, secretFiles, folder } = cluster;
  if (secrets.sops === undefined && secrets.sealedSecrets === undefined) return [];
  const known = secrets.sops === undefined ? secretFiles.sealed : secretFiles.sops;
  const lacking = specs.flatMap((spec): Unmade[] => {
    const id = `${spec.namespace}/${spec.name}`;
    const file =
      secrets.sops === undefined
        ? (secretFiles.sealed.get(id)?.file ?? `${folder}/secrets/${spec.namespace}.${spec.name}.yaml`)
        : `${folder}/${sopsPath}`;
    const keys =
      secrets.sops === undefined
        ? Object.keys(secretFiles.sealed.get(id)?.data ?? {})
        : (secretFiles.sops.get(id) ?? []);
    const missing = broughtKeys(spec).filter((key) => !keys.includes(key));
    if (missing.length === 0) return [];
    return [
      {
        file,
        message: `lacks ${missing.join(', ')} of Secret ${id} (${spec.purpose}), which no one else makes: ${howTo(cluster, spec, missing)}`,
      },
    ];
  });
  const needed = new Set(specs.map(({ namespace, name }) => `${namespace}/${name}`));
  const idle = [...known.keys()].filter((id) => !needed.has(id));
  return [
    ...lacking,
    ...idle.map((id) => ({
      file: secretFiles.sealed.get(id)?.file ?? `${folder}/${sopsPath}`,
      message: `has Secret ${id}, which no component of this cluster needs: remove it`,
    })),
  ];
}

function howTo({ folder, secrets }: Cluster, spec: SecretSpec, missing: readonly string[]): string {
  const { namespace, name } = spec;
  if (secrets.sops !== undefined)
    return missing
      .map((key) => `sops set ${folder}/${sopsPath} '["${namespace}/${name}"]["${key}"]' '"VALUE"'`)
      .join('; ');
  const values = broughtKeys(spec).map((key) => `--from-file=${key}=FILE`);
  return `kubectl -n ${namespace} create secret generic ${name} ${values.join(' ')} --dry-run=client -o yaml | kubeseal -o yaml > ${folder}/secrets/${namespace}.${name}.yaml`;
}
