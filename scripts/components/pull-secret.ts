import type { Cluster, KustomizePatch } from '../config/cluster.ts';
import type { Component, SecretSpec } from './component.ts';

/** Secret with which the platform's pods pull their images, in each namespace of the platform. */
export const pullSecretName = 'platform-pull-secret';

/** @returns a chart's generated values with the pull secret, if cluster.yaml has one and the chart takes it */
export function withPullSecret(
  { mirrors }: Cluster,
  { pullSecretsIn }: Pick<Component, 'pullSecretsIn'>,
  values: Record<string, unknown>,
): Record<string, unknown> {
  if (mirrors.pullSecret === undefined || pullSecretsIn === undefined) return values;
  const imagePullSecrets = pullSecretsIn === 'global names' ? [pullSecretName] : [{ name: pullSecretName }];
  if (pullSecretsIn === 'imagePullSecrets') return { ...values, imagePullSecrets };
  return { ...values, global: { ...(values.global as object | undefined), imagePullSecrets } };
}

/** @returns patches for the pods of an upstream's kustomization. On their accounts it would miss those that run as "default". */
export function pullSecretPatches({ mirrors }: Cluster): KustomizePatch[] {
  if (mirrors.pullSecret === undefined) return [];
  const value = [{ name: pullSecretName }];
  const patch = JSON.stringify([{ op: 'add', path: '/spec/template/spec/imagePullSecrets', value }]);
  return [{ target: { kind: 'Deployment|StatefulSet|DaemonSet' }, patch }];
}

/**
 * Pull secrets for the platform's namespaces. Argo CD's own pods need one before Argo CD can read anything, so the bootstrap writes them all.
 *
 * @param namespaces the platform's namespaces
 */
export function pullSecrets({ mirrors }: Cluster, namespaces: readonly string[]): SecretSpec[] {
  const from = mirrors.pullSecret;
  if (from === undefined) return [];
  return namespaces.map((namespace) => ({
    name: pullSecretName,
    namespace,
    purpose: 'logins of image registries',
    type: 'kubernetes.io/dockerconfigjson',
    keys: { '.dockerconfigjson': { kind: 'reference', from, check: 'docker-config' } },
  }));
}
