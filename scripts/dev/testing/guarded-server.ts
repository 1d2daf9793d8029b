import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Api } from '../../cluster/api.ts';
import { ApiError } from '../../cluster/api-error.ts';
import { applyObjects } from '../../cluster/apply.ts';
import { connect } from '../../cluster/connect.ts';
import type { KubernetesObject } from '../../components/component.ts';
import { startTestServer, type TestServer } from './api-server.ts';

const rbac = 'rbac.authorization.k8s.io';

/** An API server with active admission policies, and users with every right in RBAC except `manage` on `tenants`. */
export interface GuardedServer extends TestServer {
  /** The API as a user; "admin" is a cluster administrator. */
  user(name: string): Promise<Api>;
}

/** Objects created before the policies: namespaces by name, with labels and annotations. */
export type Namespaces = Readonly<Record<string, { labels?: object; annotations?: object }>>;

/**
 * Starts an API server with these policies, namespaces and CRDs, and waits until a probe is refused: the server's cache of policies
 * lags behind.
 *
 * @param probe an object that ann@example.com may not create
 */
export async function startGuardedServer(
  policies: readonly KubernetesObject[],
  namespaces: Namespaces,
  definitions: readonly KubernetesObject[],
  probe: KubernetesObject,
  options: Parameters<typeof startTestServer>[0] = {},
): Promise<GuardedServer> {
  const test = await startTestServer(options);
  const users = new Map<string, Promise<Api>>([['admin', Promise.resolve(test.connection.api)]]);
  const user = (name: string): Promise<Api> => {
    const known = users.get(name) ?? impersonating(test, name, users.size);
    users.set(name, known);
    return known;
  };
  try {
    await applyObjects(test.connection.api, [
      ...Object.entries(namespaces).map(([name, metadata]) => ({
        apiVersion: 'v1',
        kind: 'Namespace',
        metadata: { name, ...metadata } as KubernetesObject['metadata'],
      })),
      ...definitions,
      ...everybodyMayDoAll(definitions),
    ]);
    await applyObjects(test.connection.api, policies);
    await inForce(await user('ann@example.com'), probe);
  } catch (error) {
    await test.stop();
    throw error;
  }
  return { ...test, user };
}

/** By impersonation, as in Argo CD: the name of a service account is too long for a certificate. */
async function impersonating({ server }: TestServer, name: string, index: number): Promise<Api> {
  const config = JSON.parse(await readFile(server.kubeconfigPath, 'utf8'));
  config.users[0].user.as = name;
  const file = join(server.folder, `as-${index}.kubeconfig`);
  await writeFile(file, JSON.stringify(config), { mode: 0o600 });
  return (await connect({ context: server.contextName, environment: { KUBECONFIG: file } })).api;
}

/** All groups but ours, so that only admission can refuse a request. */
function everybodyMayDoAll(definitions: readonly KubernetesObject[]): KubernetesObject[] {
  const builtIn = ['', 'apps', 'batch', 'discovery.k8s.io', 'networking.k8s.io', rbac];
  const own = definitions.map(({ spec }) => (spec as { group: string }).group);
  const name = 'everything-but-tenants';
  return [
    {
      apiVersion: `${rbac}/v1`,
      kind: 'ClusterRole',
      metadata: { name },
      rules: [{ apiGroups: [...new Set([...builtIn, ...own])], resources: ['*'], verbs: ['*'] }],
    },
    {
      apiVersion: `${rbac}/v1`,
      kind: 'ClusterRoleBinding',
      metadata: { name },
      roleRef: { apiGroup: rbac, kind: 'ClusterRole', name },
      subjects: [{ apiGroup: rbac, kind: 'Group', name: 'system:authenticated' }],
    },
  ];
}

async function inForce(api: Api, probe: KubernetesObject): Promise<void> {
  for (let tries = 0; tries < 120; tries += 1) {
    if ((await created(api, probe)) !== undefined) return;
    await sleep(250);
  }
  throw new Error(`after 30 s still nothing refuses ${probe.kind} ${probe.metadata.name}`);
}

/**
 * Creates an object as a dry run.
 *
 * @returns the refusal; undefined if the server accepts it
 */
export function created(api: Api, object: KubernetesObject): Promise<string | undefined> {
  return refused(api, object, 'POST', 'All');
}

/**
 * Replaces an object.
 *
 * @param kept false: a dry run
 */
export async function replaced(api: Api, object: KubernetesObject, kept = false): Promise<string | undefined> {
  const live = await api.find({ ...object, metadata: { ...object.metadata } });
  const resourceVersion = live?.metadata.resourceVersion;
  const metadata = { ...object.metadata, ...(resourceVersion === undefined ? {} : { resourceVersion }) };
  return refused(api, { ...object, metadata }, 'PUT', kept ? undefined : 'All');
}

/** Deletes an object, as a dry run. */
export function deleted(api: Api, object: KubernetesObject): Promise<string | undefined> {
  return refused(api, object, 'DELETE', 'All');
}

async function refused(
  api: Api,
  object: KubernetesObject,
  method: 'POST' | 'PUT' | 'DELETE',
  dryRun: 'All' | undefined,
): Promise<string | undefined> {
  const { apiVersion, kind, metadata } = object;
  const resource = await api.findResource(apiVersion, kind);
  if (resource === undefined) return `the server does not know ${apiVersion} ${kind}`;
  const root = resource.group === '' ? `/api/${resource.version}` : `/apis/${resource.group}/${resource.version}`;
  const inside = resource.namespaced ? `/namespaces/${metadata.namespace}` : '';
  const name = method === 'POST' ? '' : `/${encodeURIComponent(metadata.name)}`;
  try {
    await api.request({
      method,
      path: `${root}${inside}/${resource.plural}${name}`,
      query: { fieldManager: 'test', ...(dryRun === undefined ? {} : { dryRun }) },
      ...(method === 'DELETE' ? {} : { body: object, contentType: 'application/json' }),
    });
    return undefined;
  } catch (error) {
    if (error instanceof ApiError) return error.message;
    throw error;
  }
}

/** A CRD that accepts anything, for one that no package contains. */
export function anyDefinition(
  group: string,
  kind: string,
  plural: string,
  { scope = 'Namespaced', version = 'v1' } = {},
): KubernetesObject {
  const anything = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: {
      name: `${plural}.${group}`,
      annotations: { 'api-approved.kubernetes.io': 'unapproved, for tests' },
    },
    spec: {
      group,
      scope,
      names: { kind, plural, singular: kind.toLowerCase(), listKind: `${kind}List` },
      versions: [{ name: version, served: true, storage: true, schema: { openAPIV3Schema: anything } }],
    },
  };
}
