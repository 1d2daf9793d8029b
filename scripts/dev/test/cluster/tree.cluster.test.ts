import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { applyObjects } from '../../../cluster/apply.ts';
import { inParallel } from '../../../cluster/parallel.ts';
import type { KubernetesObject } from '../../../components/component.ts';
import { allObjects, children, listAt, nameOf, namespaceOf, rootOf } from '../../../tree/rules/parsed-tree.ts';
import { startTestServer, type TestServer } from '../../testing/api-server.ts';
import { checkRenderedTree } from '../../testing/tree-rules/index.ts';
import { refusal } from './accepted.ts';
import { renderUpstream } from './render-upstream.ts';
import { openScenario, type Scenario, scenarioNames } from './scenarios.ts';

/** Their upstream is in no package registry: the rehearsal, which has the network, renders the parts of Kubeflow. */
const notRendered = /^(kubeflow-.*|grafana|prometheus)$/;
/** Kinds whose CRDs come with these parts. */
const withoutDefinition = ['Profile'];

let server: TestServer;
/** CRDs and Namespaces that the server has, by name. */
const installed = new Set<string>();

beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server?.stop());

/** Makes really what others need to be there: CRDs and Namespaces. */
async function install(objects: readonly KubernetesObject[]): Promise<void> {
  const missing = new Map(objects.map((object) => [nameOf(object), object]));
  for (const name of installed) missing.delete(name);
  await applyObjects(server.connection.api, [...missing.values()], { force: true });
  for (const name of missing.keys()) installed.add(name);
}

describe.each(scenarioNames)('the tree of %s', (name) => {
  let scenario: Scenario;
  let rendered: Map<string, KubernetesObject[]>;

  beforeAll(async () => {
    scenario = await openScenario(name);
    rendered = await renderUpstream(scenario);
  });
  afterAll(() => scenario?.remove());

  it('renders by the values files that its Applications name', () => {
    const upstream = children(scenario.tree)
      .filter(({ sources }) =>
        sources.some(({ chart, path, ref }) => (chart ?? path) !== undefined && ref === undefined),
      )
      .map((child) => child.name);
    expect([...rendered.keys()].sort()).toEqual(upstream.filter((child) => !notRendered.test(child)).sort());
    expect(upstream).toContain('istiod');
  });

  it('keeps every rule with what it renders, and renders the same each time', async () => {
    // A chart that uses chance or the clock is out of sync after each comparison (argo-cd docs, user-guide/helm, random data).
    expect(await renderUpstream(scenario)).toEqual(rendered);
    const findings = checkRenderedTree({ ...scenario.tree, rendered });
    expect(findings.map(({ rule, file, path, message }) => `${rule}: ${file} ${path ?? ''}: ${message}`)).toEqual([]);
  });

  it("renders Istio's webhooks as istiod leaves them, so that they are not drift", () => {
    const webhooks = ['istio-base', 'istiod'].flatMap((application) =>
      (rendered.get(application) ?? [])
        .filter(({ kind }) => kind === 'ValidatingWebhookConfiguration')
        .flatMap((object) => listAt(object, 'webhooks')),
    );
    expect(webhooks).toHaveLength(2);
    for (const webhook of webhooks) expect(webhook).toMatchObject({ failurePolicy: 'Fail' });
  });

  it('is taken by the API server, object by object', async () => {
    const { api } = server.connection;
    const tree = { ...scenario.tree, rendered };
    const root = rootOf(tree);
    if (root === undefined) throw new Error('there is no root');
    const placed = [...allObjects(tree), { file: root.file, object: root.object, rendered: false }].filter(
      ({ object }) => !withoutDefinition.includes(object.kind),
    );
    const definitions = placed.map(({ object }) => object).filter(({ kind }) => kind === 'CustomResourceDefinition');
    const namespaces = new Set(placed.map(namespaceOf).filter((namespace) => namespace !== ''));
    await install([
      ...definitions,
      ...[...namespaces].map((namespace) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } })),
    ]);
    const refused = await inParallel(placed, 4, async (one) => {
      const problem = await refusal(api, one.object, namespaceOf(one) || 'default');
      return problem === undefined ? [] : [`${one.file} ${nameOf(one.object)}: ${problem}`];
    });
    expect(refused.flat()).toEqual([]);
    expect(placed.length).toBeGreaterThan(100);
  });
});
