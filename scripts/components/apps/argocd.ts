import type { App, Cluster, KustomizePatch } from '../../config/cluster.ts';
import { publicAddress } from '../address.ts';
import type { KubernetesObject, SecretSpec } from '../component.ts';
import { caCertificate, caSecrets, hasPrivateCa } from '../private-ca.ts';
import { yamlText } from '../yaml-text.ts';
import { appPlace } from './place.ts';

/** Client id of Argo CD at Dex. A public client (PKCE), so that no secret has to be in two namespaces. */
const argocdClientId = 'argo-cd';

const caSecret = 'argocd-platform-ca';
const caFolder = '/app/config/platform-ca';
const readable = { 'app.kubernetes.io/part-of': 'argocd' };

/** @returns true for the app that serves Argo CD's own pages */
export function isArgocd(app: App): boolean {
  return app.folder === 'apps/argocd';
}

/** @returns the Argo CD app of the cluster; undefined when it is not enabled, or while the host is not known */
export function argocdApp(cluster: Cluster): App | undefined {
  return cluster.knownHost === undefined ? undefined : cluster.runningApps.find(isArgocd);
}

/** @returns Argo CD's client for Dex, if the app is enabled */
export function argocdClients(cluster: Cluster): Record<string, unknown>[] {
  const app = argocdApp(cluster);
  if (app === undefined) return [];
  const { url } = appPlace(cluster, app);
  return [
    {
      id: argocdClientId,
      name: 'Argo CD',
      public: true,
      // The last one is for Argo CD's command line (argocd login --sso).
      redirectURIs: [`${url}/auth/callback`, `${url}/pkce/verify`, 'http://localhost:8085/auth/callback'],
    },
  ];
}

/**
 * Patches that serve Argo CD under a path and make it accept the platform's logins.
 *
 * @param audience client id that the gateway's tokens are issued for
 * @returns patches for Argo CD's manifests; none if the app is not enabled
 */
export function argocdPatches(cluster: Cluster, audience: string): KustomizePatch[] {
  const app = argocdApp(cluster);
  if (app === undefined) return [];
  const { url, path } = appPlace(cluster, app);
  const root = path.replace(/\/$/, '');
  const operations = [...(root === '' ? [] : rootPath(root)), ...(hasPrivateCa(cluster) ? restartWithTheCa() : [])];
  return [
    ...(cluster.shared.patches.get(app.folder) ?? []),
    settings(cluster, url, audience),
    ...(cluster.argocd.localAdmin === true ? [] : [nobodyByName]),
    ...(operations.length === 0 ? [] : [jsonPatch('apps', 'Deployment', 'argocd-server', [isServer, ...operations])]),
  ];
}

/**
 * Argo CD's built-in policy gives the name "admin" all rights: the local account, but also any group of this name. Where that account
 * is disabled, the name gets no rights. (assets/builtin-policy.csv; a deny policy wins)
 */
const nobodyByName: KustomizePatch = {
  target: { kind: 'ConfigMap', name: 'argocd-rbac-cm' },
  patch: yamlText({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'argocd-rbac-cm' },
    data: { 'policy.breakwater.csv': 'p, admin, *, *, *, deny\n' },
  }),
};

function settings(cluster: Cluster, url: string, audience: string): KustomizePatch {
  const oidc = {
    name: 'Login',
    issuer: `https://${publicAddress(cluster).authority}/dex`,
    clientID: argocdClientId,
    enablePKCEAuthentication: true,
    // Tokens from its own login, and tokens that the gateway forwards.
    allowedAudiences: [argocdClientId, audience],
    requestedScopes: ['openid', 'profile', 'email', 'groups'],
    // Argo CD resolves this placeholder.
    ...(hasPrivateCa(cluster) ? { rootCA: `$${caSecret}:ca.crt` } : {}),
  };
  const patch = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'argocd-cm' },
    data: {
      url,
      'admin.enabled': String(cluster.argocd.localAdmin ?? false),
      'oidc.config': yamlText(oidc),
    },
  };
  return { target: { kind: 'ConfigMap', name: 'argocd-cm' }, patch: yamlText(patch) };
}

/** One of https://www.rfc-editor.org/rfc/rfc6902 */
interface Operation {
  op: 'add' | 'replace' | 'test';
  path: string;
  value: unknown;
}

function jsonPatch(group: string, kind: string, name: string, operations: readonly Operation[]): KustomizePatch {
  return { target: { group, kind, name }, patch: yamlText(operations) };
}

const serverArguments = '/spec/template/spec/containers/0/args';
const isServer: Operation = { op: 'test', path: `${serverArguments}/0`, value: '/usr/local/bin/argocd-server' };

/** Uses arguments rather than the ConfigMap, since a change of arguments restarts it. */
function rootPath(root: string): Operation[] {
  return ['--rootpath', root].map((value): Operation => ({ op: 'add', path: `${serverArguments}/-`, value }));
}

/**
 * Argo CD's server creates its token verifier once, at start (util/session, NewSessionManager, as of 3.5.7), and keeps it through the internal
 * restart after a settings change. The CA's Secret arrives after the server, so the process has to exit
 * when the file appears or changes, and the kubelet restarts it.
 */
function restartWithTheCa(): Operation[] {
  const pod = '/spec/template/spec';
  // kill 0 ends the whole process group, including the server. Kubernetes would turn $$ into $.
  const script = `touch /tmp/started
while sleep 10; do
  if [ ${caFolder}/ca.crt -nt /tmp/started ]; then kill 0; fi
done &
exec "$0" "$@"
`;
  const volume = {
    name: caSecret,
    secret: { secretName: caSecret, optional: true, items: [{ key: 'ca.crt', path: 'ca.crt' }] },
  };
  return [
    // Each operation inserts before the previous one: sh -c SCRIPT /usr/local/bin/argocd-server …
    ...[script, '-c', 'sh'].map((value): Operation => ({ op: 'add', path: `${serverArguments}/0`, value })),
    { op: 'add', path: `${pod}/volumes/-`, value: volume },
    {
      op: 'add',
      path: `${pod}/containers/0/volumeMounts/-`,
      value: { name: caSecret, mountPath: caFolder, readOnly: true },
    },
  ];
}

/**
 * @returns a certificate that is never served. It copies the CA's certificate (ca.crt) into Argo CD's
 * namespace, with the label that lets Argo CD read it.
 */
export function argocdManifests(cluster: Cluster): KubernetesObject[] {
  if (!hasPrivateCa(cluster)) return [];
  const { namespace } = cluster.argocd;
  return caCertificate(cluster, { name: caSecret, namespace }, `argocd-server.${namespace}.svc`, readable);
}

/** @returns the same Secret, for certificates that the bootstrap writes */
export function argocdSecrets(cluster: Cluster): SecretSpec[] {
  return caSecrets(cluster, { name: caSecret, namespace: cluster.argocd.namespace, labels: readable });
}
