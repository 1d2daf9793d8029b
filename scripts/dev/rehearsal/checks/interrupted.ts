import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isSettled } from '../applications.ts';
import { serveNextArgocd } from '../next-argocd.ts';
import { type ApplicationWatch, followApplications } from '../observe/follow.ts';
import { describeOvertakings, overtakings, passages } from '../observe/order.ts';
import type { RehearsalSite } from '../site.ts';
import type { Check } from './check.ts';
import { clusterYaml, gatewayMark, laterAt, namesOf, overrides, since } from './commits.ts';
import { application, argocd, hasPassed, passed, reaches } from './root.ts';
import { certManagerWith, presentImage, removeLeftovers, slowDeployment } from './slow-deployment.ts';

const group = 'Argo CD interrupted';

/** Context of a scenario: the site, and a running watch. */
interface Scene {
  site: RehearsalSite;
  watch: ApplicationWatch;
}

/** Argo CD itself, or a person, interrupts a sync. */
export const check: Check = {
  name: 'interrupted',
  title: 'Argo CD changed, killed and stopped in the middle of a sync',
  quick: false,
  run: async (site) => {
    const watch = await followApplications({ ...site, namespace: argocd.namespace });
    const scene: Scene = { site, watch };
    try {
      await site.record.phase('Argo CD changes itself', () => argocdChangesItself(scene));
      if (site.sandbox !== undefined) await site.record.phase('Argo CD is upgraded', () => argocdUpgraded(scene));
      await site.record.phase('the controller is killed', () => controllerKilled(scene));
      await site.record.phase('a person ends the operation', () => endedByAPerson(scene));
    } finally {
      await watch.end();
    }
  },
};

/** A patch that changes a setting and restarts Argo CD's controller and repository server. */
const ownSettings = `  - target: { kind: ConfigMap, name: argocd-cmd-params-cm }
    patch: |-
      apiVersion: v1
      kind: ConfigMap
      metadata:
        name: argocd-cmd-params-cm
      data:
        controller.status.processors: "21"
  - target: { kind: StatefulSet, name: argocd-application-controller }
    patch: &restart |-
      - op: add
        path: /spec/template/metadata/annotations
        value: {rehearsal/restarted: "yes"}
  - target: { kind: Deployment, name: argocd-repo-server }
    patch: *restart
`;

async function argocdChangesItself({ site, watch }: Scene): Promise<void> {
  const path = join('infrastructure', 'argocd', 'kustomization.yaml');
  const before = await controllerPod(site);
  const commit = await site.change('Change settings of Argo CD and the gateway', {
    [path]: (await readFile(join(site.root, path), 'utf8')) + ownSettings,
    [overrides(site, 'gateway')]: gatewayMark('with-argocd'),
  });
  const start = Date.now();
  await passed(site, commit);
  const after = await controllerPod(site);
  const wrong = overtakings(passages(watch.events), [commit]);
  site.record.check({
    group,
    name: 'Argo CD changes its own settings in one commit with another component',
    tried:
      "its controller and repository server start again in the middle of the root's sync; the gateway changes, too",
    expected: 'a new controller; all waves in order, all Healthy',
    got: `controller ${before === after ? 'not replaced' : 'replaced'}; all Healthy after ${since(start)}; ${describeOvertakings(wrong)}`,
    ok: before !== after && wrong.length === 0,
  });
  await passed(site, await site.revert(commit));
}

/** A new version and a change to another component in one commit: Argo CD is replaced in the middle of the root's sync. */
async function argocdUpgraded({ site, watch }: Scene): Promise<void> {
  const { from, to } = await serveNextArgocd(site);
  const commit = await site.change(`Upgrade Argo CD to ${to}, and change the gateway`, {
    ...(await clusterYaml(site, { 'argocd.version': to })),
    [overrides(site, 'gateway')]: gatewayMark('with-upgrade'),
  });
  const start = Date.now();
  await passed(site, commit, { seconds: 600 });
  const images = await site.kubectl([
    ...['-n', argocd.namespace, 'get', 'pods', '--field-selector=status.phase=Running'],
    ...['-o', 'jsonpath={range .items[*]}{.spec.containers[0].image}{"\\n"}{end}'],
  ]);
  const old = images.split('\n').filter((image) => image.endsWith(`:${from}`)).length;
  const renewed = images.split('\n').filter((image) => image.endsWith(`:${to}`)).length;
  const wrong = overtakings(passages(watch.events), [commit]);
  site.record.check({
    group,
    name: "Argo CD changes its own version in one commit with another component's change",
    tried: `argocd.version: ${from} → ${to} (manifests and images of that tag; the program behind it is the same), and the gateway's pods`,
    expected: 'all of its pods are replaced, all waves in order, all Healthy',
    got: `all Healthy after ${since(start)}; ${renewed} pods of ${to}, ${old} of ${from}; ${describeOvertakings(wrong)}`,
    ok: renewed > 0 && old === 0 && wrong.length === 0,
  });
  await passed(site, await site.revert(commit), { seconds: 600 });
}

async function controllerPod(site: RehearsalSite): Promise<string> {
  const words = ['-n', argocd.namespace, 'get', 'pod', 'argocd-application-controller-0'];
  return await site.kubectl([...words, '-o', 'jsonpath={.metadata.uid}']);
}

async function controllerKilled({ site, watch }: Scene): Promise<void> {
  const commit = await site.change('Change the gateway', { [overrides(site, 'gateway')]: gatewayMark('killed') });
  await reaches(site, 'istio-base', commit);
  const start = Date.now();
  const pod = ['-n', argocd.namespace, 'delete', 'pod', 'argocd-application-controller-0'];
  await site.kubectl([...pod, '--grace-period=0', '--force', '--wait=false']);
  await passed(site, commit);
  const wrong = overtakings(passages(watch.events), [commit]);
  site.record.check({
    group,
    name: "the controller is killed in the middle of the root's sync",
    tried: 'its pod deleted by force when the root had reached istio-base',
    expected: 'the same commit continues through the waves, in order',
    got: `all Healthy ${since(start)} after the kill; ${describeOvertakings(wrong)}`,
    ok: wrong.length === 0 && isSettled(await application(site, 'gateway')),
  });
}

async function endedByAPerson({ site, watch }: Scene): Promise<void> {
  const image = await presentImage(site);
  const broken = await site.change('Give cert-manager a Deployment that never becomes ready, and time', {
    ...(await clusterYaml(site, { 'components.cert-manager.readyWithin': '20m' })),
    [overrides(site, 'cert-manager')]: certManagerWith([slowDeployment(image, { readyAfter: 0, broken: true })]),
  });
  await reaches(site, 'cert-manager', broken);
  // Not removed: cert-manager's Application does not prune, so the object would stay, broken (docs/waves.md).
  const fix = await site.change('Fix cert-manager', {
    [overrides(site, 'cert-manager')]: certManagerWith([slowDeployment(image, { readyAfter: 0 })]),
  });
  const start = Date.now();
  const words = ['sync', '--cluster', site.cluster, '--context', site.context, '--json'];
  const ended = await site.program(words);
  await passed(site, fix, { look: false });
  const root = await application(site, argocd.root);
  site.record.check({
    group,
    name: "a person ends the root's operation, and the newest commit is applied at once",
    tried: 'a component that never becomes ready within its 20 minutes; the fix is pushed; npm run sync',
    expected: 'all Healthy at the fix long before that; no later wave was at the broken commit',
    got: `exit ${ended.code}; all Healthy ${since(start)} after it; later waves at the broken commit: ${namesOf(laterAt(watch, 'cert-manager', broken))}`,
    ok: ended.code === 0 && hasPassed(root, fix) && laterAt(watch, 'cert-manager', broken).length === 0,
  });
  const before = await site.change('Take the rehearsal out of cert-manager and the gateway', {
    ...(await clusterYaml(site, { 'components.cert-manager': undefined })),
    [overrides(site, 'cert-manager')]: undefined,
    [overrides(site, 'gateway')]: undefined,
  });
  await passed(site, before);
  await removeLeftovers(site);
}
