import type { App, Cluster, KustomizePatch } from '../../config/cluster.ts';
import { publicAddress } from '../address.ts';
import type { KubernetesObject } from '../component.ts';
import { caCertificate, hasPrivateCa } from '../private-ca.ts';
import { yamlText } from '../yaml-text.ts';
import { appPlace } from './place.ts';

/** Id under which Dex knows Argo CD. A public client (PKCE), so that no secret has to be in two namespaces. */
const argocdClientId = 'argo-cd';

const caSecret = 'argocd-platform-ca';
const caFolder = '/app/config/platform-ca';

/** @returns true for the app that is Argo CD's own pages */
export function isArgocd(app: App): boolean {
  return app.folder === 'apps/argocd';
}

/** @returns Argo CD as an app of the cluster; undefined when it is none, or while the host is not known */
export function argocdApp(cluster: Cluster): App | undefined {
  return cluster.knownHost === undefined ? undefined : cluster.runningApps.find(isArgocd);
}

/** @returns Argo CD's client of Dex, where it is an app */
export function argocdClients(cluster: Cluster): Record<string, unknown>[] {
  const app = argocdApp(cluster);
  if (app === undefined) return [];
  const { url } = appPlace(cluster, app);
  return [
    {
      id: argocdClientId,
      name: 'Argo CD',
      public: true,
      // The last one is that of its command line (argocd login --sso).
      redirectURIs: [`${url}/auth/callback`, `${url}/pkce/verify`, 'http://localhost:8085/auth/callback'],
    },
  ];
}

/**
 * What Argo CD's own objects need so that it is served under a path and takes the platform's logins.
 *
 * @param audience the client for which the gateway's tokens are issued
 * @returns patches of Argo CD's manifests; none where it is not an app
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
 * Argo CD's own policy makes an administrator of its local account "admin", and so of everybody in a group of this name. Where that account
 * is off, the name has no rights. (assets/builtin-policy.csv; a policy that denies wins)
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
    // Tokens that people bring from its own login, and those that the gateway sends along.
    allowedAudiences: [argocdClientId, audience],
    requestedScopes: ['openid', 'profile', 'email', 'groups'],
    // Filled in by Argo CD itself.
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

/** By arguments rather than by its ConfigMap: a change of these starts it again. */
function rootPath(root: string): Operation[] {
  return ['--rootpath', root].map((value): Operation => ({ op: 'add', path: `${serverArguments}/-`, value }));
}

/**
 * Argo CD verifies tokens with a client that it makes once, when its server starts (util/session, NewSessionManager, as of 3.5.7); what it calls
 * a restart when its settings change leaves that client as it is. The Secret with the CA comes after the server, so the process itself has to end
 * when the file appears or changes, and the kubelet starts it again.
 */
function restartWithTheCa(): Operation[] {
  const pod = '/spec/template/spec';
  // kill 0: the whole process group, the server with it. Kubernetes would make a single $ of $$.
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
    // Each goes in front of the one before: sh -c SCRIPT /usr/local/bin/argocd-server …
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
 * @returns objects beside the route: a certificate that is never served. It brings the CA's own certificate (ca.crt) into Argo CD's
 *   namespace, with the label by which Argo CD may read it.
 */
export function argocdManifests(cluster: Cluster): KubernetesObject[] {
  if (!hasPrivateCa(cluster)) return [];
  const { namespace } = cluster.argocd;
  const labels = { 'app.kubernetes.io/part-of': 'argocd' };
  return [caCertificate(cluster, { name: caSecret, namespace }, `argocd-server.${namespace}.svc`, labels)];
}
