import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Api } from '../../../cluster/api.ts';
import { applyObjects } from '../../../cluster/apply.ts';
import type { KubernetesObject } from '../../../components/component.ts';
import { checkObject } from '../../../schemas/check.ts';
import { allObjects } from '../../../tree/rules/parsed-tree.ts';
import { startTestServer, type TestServer } from '../../testing/api-server.ts';
import { refusal } from './accepted.ts';
import { renderUpstream } from './render-upstream.ts';
import { openScenario, type Scenario } from './scenarios.ts';

let server: TestServer;
let api: Api;
let scenario: Scenario;
let objects: KubernetesObject[];

beforeAll(async () => {
  server = await startTestServer();
  // Tries again without long pauses: the server answers 500 where a patch does not fit a schema.
  api = await server.through((transport) => transport);
  scenario = await openScenario('auto-metallb');
  const rendered = await renderUpstream(scenario, ['argocd', 'metallb', 'cert-manager', 'istio-base']);
  const definitions = [...rendered.values()].flat().filter(({ kind }) => kind === 'CustomResourceDefinition');
  await applyObjects(server.connection.api, definitions);
  objects = allObjects(scenario.tree).map(({ object }) => object);
});
afterAll(async () => {
  scenario?.remove();
  await server?.stop();
});

/** An object of the tree, broken at one place. */
function broken(
  kind: string,
  change: (spec: Record<string, never>, object: Record<string, unknown>) => void,
): KubernetesObject {
  const good = objects.find((object) => object.kind === kind);
  if (good === undefined) throw new Error(`the tree has no ${kind}`);
  const copy = structuredClone(good);
  delete copy.metadata.namespace;
  change(copy.spec as Record<string, never>, copy);
  return copy;
}

describe('our schemas and the API server', () => {
  it.each<[string, string, (spec: Record<string, never>, object: Record<string, unknown>) => void]>([
    ['a misspelt field', 'Application', (spec) => Object.assign(spec, { projekt: 'platform' })],
    ['a wrong type', 'Application', (spec) => Object.assign(spec, { revisionHistoryLimit: 'three' })],
    ['a missing field', 'AppProject', (_, object) => delete object.spec],
    [
      'a value that is not one of the choices',
      'Gateway',
      (spec) =>
        Object.assign(spec, {
          servers: [{ port: { number: 443, name: 'https', protocol: 'HTTPS' }, hosts: ['*'], tls: { mode: 'SIMPEL' } }],
        }),
    ],
    ['a misspelt field in a list', 'VirtualService', (spec) => Object.assign(spec, { http: [{ rout: [] }] })],
    ['a wrong type in a map', 'Certificate', (spec) => Object.assign(spec, { dnsNames: 'kubeflow.example.com' })],
    ['a missing field of a part', 'Certificate', (spec) => Object.assign(spec, { issuerRef: {} })],
    ['an unknown field', 'AuthorizationPolicy', (spec) => Object.assign(spec, { provider: { nme: 'login' } })],
    ['no pools', 'IPAddressPool', (_, object) => Object.assign(object, { spec: {} })],
    ['a number as a label', 'Namespace', (_, object) => Object.assign(object.metadata as object, { labels: { a: 1 } })],
    [
      'a name in upper case',
      'ClusterIssuer',
      (_, object) => Object.assign(object.metadata as object, { name: 'Platform' }),
    ],
  ])('both refuse %s: %s', async (_, kind, change) => {
    const object = broken(kind, change);
    expect(checkObject(object)).not.toEqual([]);
    expect(await refusal(api, object, 'default')).toMatch(/./);
  });

  it('both take the same objects unbroken', async () => {
    const kinds = [
      'Application',
      'AppProject',
      'Gateway',
      'VirtualService',
      'Certificate',
      'AuthorizationPolicy',
      'IPAddressPool',
      'Namespace',
      'ClusterIssuer',
    ];
    for (const kind of kinds) {
      const object = broken(kind, () => undefined);
      expect(checkObject(object), kind).toEqual([]);
      expect(await refusal(api, object, 'default'), kind).toBeUndefined();
    }
  });
});
